"""What to look at before publishing, of the text as it stands in the form: asked for while it is typed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from articles.admin import autosave
from articles.admin.article_form import read_note
from articles.editing import checks
from articles.editing.checks import Finding
from articles.models import Article
from trustsite.web.security_headers import admin_policy

MOST = 100  # findings shown
LONGEST = 100_000  # characters looked through while they are typed; the longest of our articles has a fifth of that
TOO_LONG = (
    "This text is too long to look through while you write. It is looked through when you save it."
)


class WithFindings(admin.ModelAdmin):
    """An admin whose writing page says what to look at (static/admin/findings.js), or shows it by the button “Check”."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.findings))
        return [path("findings/", view, name="articles_article_findings"), *super().get_urls()]

    def findings(self, request: HttpRequest) -> HttpResponse:
        """Show what is found in the posted form, as a part for the script or as a page for the preview's frame."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        name = "findings" if "part" in request.POST else "findings_page"
        response = render(request, f"admin/articles/article/{name}.html", of_posted(request.POST))
        response.headers["Content-Security-Policy"] = (
            admin_policy(response.content, frame="'self'") + "; sandbox allow-same-origin"
        )
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response


def of_posted(posted: QueryDict) -> dict[str, Any]:
    """Return what findings.html shows of a posted form. Nothing is saved."""
    if len(posted.get("body", "")) > LONGEST:
        return {"findings": [Finding(TOO_LONG)], "number": 1}
    article = autosave.unsaved(posted)
    _, article.pk, _ = read_note(posted.get("opened", ""))
    return of_article(article)


def of_article(article: Article) -> dict[str, Any]:
    """Return what findings.html shows of an article."""
    found = checks.inspect(article)
    return {
        "findings": found[:MOST],
        "number": len(found),
        "more": max(0, len(found) - MOST),
        "words": article.words,
        "minutes": article.minutes,
    }
