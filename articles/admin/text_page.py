"""Texts at the desk: the preview by the page's own template, and what to look at, while they are typed."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from articles.admin import checks
from articles.editing import unsaved
from trustsite.desk.writing import form_note
from trustsite.desk.writing.admin import WritingMixin
from trustsite.web.security_headers import admin_policy, page_policy

# Of the writing page, one a behaviour; it works without.
SCRIPTS = ("toolbar", "insert", "slash", "paste", "preview", "findings")


class TextPageMixin(WritingMixin):
    """An admin of texts in markdown, each of which is a page."""

    change_form_template = "admin/articles/article/change_form.html"
    preview_template = ""

    class Media:
        js = [forms.Script(f"admin/{name}.js", type="module") for name in SCRIPTS]

    def preview_context(self, text: Any) -> dict[str, Any]:
        """Return what the page's template shows of a text."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        findings, preview = view(require_POST(self.findings)), view(require_POST(self.preview))
        return [
            path("findings/", findings, name=self._name("findings")),
            path("preview/", preview, name=self._name("preview")),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add where the page's scripts ask, and what is found in the text as the form shows it."""
        for name in ("findings", "preview"):
            context[f"{name}_url"] = reverse(f"admin:{self._name(name)}")
        if text := kwargs.get("obj"):
            shown = text if request.method == "GET" else self._unsaved(request)
            context |= checks.of_text(shown)
        return super().render_change_form(request, context, *args, **kwargs)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the posted form as its page, by the reader's template; nothing is saved."""
        context = self.preview_context(self._unsaved(request)) | {"preview": True}
        response = render(request, self.preview_template, context)
        return _framed(response, page_policy(response.content, frame="'self'"))

    def findings(self, request: HttpRequest) -> HttpResponse:
        """Show what is found in the posted form, as a part for the script or as a page for the
        preview's frame.
        """
        text = self._unsaved(request)
        is_long = len(text.body) > checks.LONGEST
        found = checks.too_long() if is_long else checks.of_text(text)
        name = "findings" if "part" in request.POST else "findings_page"
        response = render(request, f"admin/articles/article/{name}.html", found)
        return _framed(response, admin_policy(response.content, frame="'self'"))

    def _unsaved(self, request: HttpRequest) -> Any:
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        text = unsaved.text_of(self.get_form(request)(request.POST))
        note = form_note.read(request.POST.get(form_note.NAME, ""))
        text.pk = int(note.row) if note and note.row.isdecimal() else None
        return text


def _framed(response: HttpResponse, policy: str) -> HttpResponse:
    response.headers["Content-Security-Policy"] = f"{policy}; sandbox allow-same-origin"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
