"""Admin views of a quiz version.

Its points in one grid, taking a draft, releasing, retiring, copying, export and import as TOML.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from quiz import content_files, views
from quiz.lint import point_sums
from quiz.models import LastVersionError, NotReadyError, Option, Quiz, Version
from quiz.version_cache import CachedVersion
from trustsite.desk.publishing import may_publish
from trustsite.desk.writing.admin import WritingMixin
from trustsite.web.form_guard import same_origin_required

MAX_BYTES = 256 * 1024  # of a file to read
PUBLISHERS = "What readers are shown is decided by somebody who may publish. Nothing has changed; ask one of them."
WEIGHT = forms.NumberInput(attrs={"min": 0, "max": 3, "class": "points__weight"})
PointsFormSet = modelformset_factory(
    Option,
    fields=["position", "text", "fight", "flight", "freeze", "fawn", "calm"],
    widgets={
        "position": forms.NumberInput(attrs={"min": 0, "class": "points__weight"}),
        "text": forms.Textarea(attrs={"rows": 1, "class": "points__text"}),
        **dict.fromkeys(["fight", "flight", "freeze", "fawn"], WEIGHT),
    },
    extra=0,
)


# Of a drawing 300 wide: where the tick stands, and where a line ends at the latest.
TICK, FURTHEST = 270, 298
LINES = {
    "fight": "M2 24h40l8-20 14 34 12-26 8 12h54",
    "flight": "M2 30h30l14-8 16 4 18-12 18 3 20-13h20",
    "freeze": "M2 24h34l6-14 6 20 4-6h86",
    "fawn": "M2 24h24c16 0 16-16 32-16s16 24 32 24 14-8 24-8h24",
}


class ImportForm(forms.Form):
    """Import form: a file to make a draft of."""

    quiz = forms.ChoiceField(choices=Quiz.Slug)
    file = forms.FileField(help_text="TOML, as “Export” writes it.")

    def clean_file(self) -> str:
        """Return the file's text."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError("This file is too large to be a quiz.")
        try:
            text: str = file.read().decode()
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This file isn’t text in UTF-8.") from error
        return text


@dataclass(frozen=True)
class Total:
    """The most points that one person can reach for a response, drawn as its own line out to the sum."""

    name: str
    offered: int
    most: int
    path: str
    end: int  # where the line ends; the tick that all should reach stands at TICK
    more: int  # than the sum most of them have


def totals(version: Version) -> list[Total]:
    """Return the sums of a version’s points, each against the sum that most of them have."""
    sums = point_sums(version.definition())
    reached = [each.reachable for each in sums.values()]
    common = max(reached, key=lambda sum_: (reached.count(sum_), sum_))
    found = []
    for name, each in sums.items():
        end = TICK * each.reachable // common if common else 0
        end = min(max(end, 140), FURTHEST)
        more = each.reachable - common
        found.append(Total(name, each.offered, each.reachable, LINES[name], end, more))
    return found


class VersionViewsAdmin(WritingMixin):
    """Admin views of a version beside the form that Django makes."""

    def get_urls(self) -> list[URLPattern]:
        view, prefix = self.admin_site.admin_view, "quiz_version_"
        return [
            path("read/", view(self.read), name=f"{prefix}read"),
            path("<int:pk>/points/", view(self.points), name=f"{prefix}points"),
            # Scored and forgotten like the readers' form, and guarded like it.
            path("<int:pk>/try/", view(same_origin_required(self.try_out)), name=f"{prefix}try"),
            path("<int:pk>/export/", view(require_GET(self.export)), name=f"{prefix}export"),
            path("<int:pk>/copy/", view(require_POST(self.copy)), name=f"{prefix}copy"),
            path("<int:pk>/release/", view(require_POST(self.release)), name=f"{prefix}release"),
            path("<int:pk>/retire/", view(require_POST(self.retire)), name=f"{prefix}retire"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if object_id.isdecimal():
            version = Version.objects.with_questions().filter(pk=object_id).first()
            if version:
                context.setdefault("problems", version.problems())
        return super().change_view(request, object_id, form_url, context)

    def points(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show every answer of a version with its points, in order; for a draft, save them."""
        version = self._get(request, pk)
        may_change = self.has_change_permission(request, version)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        options = Option.objects.filter(question__version=version).select_related(
            "question__version"
        )
        rows = options.order_by("question__position", "question_id", "position", "pk")
        stored: BaseModelFormSet = PointsFormSet(queryset=rows)
        if request.method == "POST" and (answer := self.join_rows(request, version, stored)):
            return answer
        formset: BaseModelFormSet = PointsFormSet(request.POST or None, queryset=rows)
        if request.method == "POST" and formset.is_valid():
            formset.save()
            self.log_change(request, version, "Changed answers and points.")
            messages.success(request, "The answers and points were saved.")
            return redirect("admin:quiz_version_points", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Answers and points: {version}",
            "opts": self.opts,
            "original": version,
            "formset": formset,
            "note": self.note_of_rows(request, version, stored),
            "may_change": may_change,
            "totals": totals(version),
            "problems": version.problems(),
        }
        return render(request, "admin/quiz/version/points.html", context)

    def try_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a version, draft or not, by the readers' own pages."""
        version = CachedVersion(self._get(request, pk))
        if request.method != "POST":
            return views.never_cache(views.show_questions(request, version))
        data = views.read_post(request)
        if isinstance(data, HttpResponse):
            return views.never_cache(data)
        return views.never_cache(views.show_result(request, version, data))

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a version as a file."""
        version = self._get(request, pk)
        response = HttpResponse(
            content_files.write(version), content_type="application/toml; charset=utf-8"
        )
        response.headers["Content-Disposition"] = (
            f'attachment; filename="{version.quiz.slug}-v{version.number}.toml"'
        )
        return response

    def read(self, request: HttpRequest) -> HttpResponse:
        """Make a draft of a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                draft = content_files.read(form.cleaned_data["quiz"], form.cleaned_data["file"])
            except content_files.ContentError as error:
                form.add_error("file", f"This file can’t be read: {error}.")
            else:
                return self._open_draft(request, draft, "Read from a file.")
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a version",
            "opts": self.opts,
            "form": form,
        }
        return render(request, "admin/quiz/version/read.html", context)

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a new draft that holds what a version holds."""
        version = self._get(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._open_draft(
            request, content_files.copy(version), f"Copied from version {version.number}."
        )

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a draft to readers, if nothing is wrong with it."""
        version = self._get(request, pk)
        if not self.has_change_permission(request, version):
            raise PermissionDenied
        if not may_publish(request.user):
            return self._refuse(request, pk, PUBLISHERS)
        try:
            version.release()
        except NotReadyError:
            messages.error(
                request, "This version can’t be released yet. What to change stands below."
            )
        else:
            self.log_change(request, version, "Released.")
            messages.success(request, "Readers see this version now.")
        return redirect("admin:quiz_version_change", pk)

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a live version to nobody new."""
        version = self._get(request, pk)
        if not (super().has_change_permission(request) and version.is_live):
            raise PermissionDenied
        if not may_publish(request.user):
            return self._refuse(request, pk, PUBLISHERS)
        if version.quiz.is_longer and "sure" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": f"Retire {version}?",
                "opts": self.opts,
                "original": version,
            }
            return render(request, "admin/quiz/version/retire.html", context)
        try:
            version.retire()
        except LastVersionError as error:
            return self._refuse(request, pk, str(error))
        self.log_change(request, version, "Retired.")
        messages.success(
            request, "This version is retired. Pages that are open are still scored for a year."
        )
        return redirect("admin:quiz_version_change", pk)

    def _refuse(self, request: HttpRequest, pk: int, why: str) -> HttpResponse:
        messages.error(request, why)
        return redirect("admin:quiz_version_change", pk)

    def _get(self, request: HttpRequest, pk: int) -> Version:
        version = get_object_or_404(Version.objects.with_questions(), pk=pk)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

    def _open_draft(self, request: HttpRequest, draft: Version, how: str) -> HttpResponse:
        self.log_addition(request, draft, how)
        messages.success(
            request, f"Version {draft.number} is a draft. Readers see it once it is released."
        )
        return redirect("admin:quiz_version_change", draft.pk)
