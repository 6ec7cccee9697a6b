"""Moving in at the desk: an export is looked through by the worker, then a person says yes."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path

from articles.importing import jobs
from articles.importing.items import UnreadableExportError
from articles.models import ImportJob
from trustsite.desk.publishing import may_publish

RECENT = 10
PIECE = 1 << 18
KINDS = [("draft", "Drafts"), ("stays", "There already"), ("left out", "Left out")]


class ImportForm(forms.Form):
    """An export of another site, and its pictures."""

    export = forms.FileField(
        label="Export",
        help_text="From WordPress the XML file of Tools, Export; from Ghost the JSON file of Settings, Import/Export.",
        error_messages={"empty": "This file is empty."},
    )
    pictures = forms.FileField(
        required=False,
        help_text="A ZIP file of the pictures, such as the folder wp-content/uploads or content/images. "
        "Nothing is fetched from the former site.",
        error_messages={"empty": "This file is empty."},
    )


class ImportMixin(admin.ModelAdmin):
    """The pages of the articles' admin on which another site is brought in."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_site), name="articles_article_import"),
            path("import/<int:pk>/", view(self.import_job), name="articles_article_import_job"),
            *super().get_urls(),
        ]

    def import_site(self, request: HttpRequest) -> HttpResponse:
        """Show the form for an export; a posted one is handed to the worker."""
        _refuse_who_may_not(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            export, pictures = form.cleaned_data["export"], form.cleaned_data["pictures"]
            pieces = pictures.chunks(PIECE) if pictures else None
            try:
                job = jobs.receive(export.name, export.chunks(PIECE), pieces, request.user.pk)
            except UnreadableExportError as error:
                form.add_error("export", str(error))
            else:
                return redirect("admin:articles_article_import_job", job.pk)
        context = {"title": "Move in from another site", "form": form}
        context["recent"] = ImportJob.objects.defer("outcomes")[:RECENT]
        return self._import_page(request, "import.html", context, 422 if form.errors else 200)

    def import_job(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how far an import has got and what becomes of each entry; say yes, or throw it away."""
        _refuse_who_may_not(request)
        job = get_object_or_404(ImportJob, pk=pk)
        if request.method == "POST":
            if "drop" in request.POST:
                jobs.drop(job)
                messages.success(request, "Thrown away. What had come in stays.")
            elif not jobs.say_yes(job):
                messages.warning(request, "It no longer waits for a word. Nothing has changed.")
            return redirect("admin:articles_article_import_job", pk)
        counted = [(label, job.counts.get(name, 0)) for name, label in KINDS]
        context = {"title": f"Moving in: {job.name}", "job": job, "counted": counted}
        return self._import_page(request, "import_job.html", context)

    def _import_page(
        self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/articles/article/{name}", context, status=status)


def _refuse_who_may_not(request: HttpRequest) -> None:
    """Raise PermissionDenied: who brings a site in makes drafts, pictures, topics and redirects."""
    names = ("articles.add_article", "articles.add_redirect", "articles.add_topic")
    if not (may_publish(request.user) and request.user.has_perms(names)):
        raise PermissionDenied
