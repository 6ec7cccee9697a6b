"""What to look at before publishing, of the text as it stands in the form.

Asked for while it is typed.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from articles.editing import autosave, checks
from articles.editing.article_form import read_form_token
from articles.models import Article
from prose.finding import Finding
from trustsite.web.security_headers import admin_policy

MOST = 100  # findings shown
# Characters looked through while they are typed; the longest of our articles has a fifth of that.
LONGEST = 100_000
TOO_LONG = (
    "This text is too long to look through while you write. It is looked through when you save it."
)


class ChecksMixin(admin.ModelAdmin):
    """An admin whose writing page says what to look at (static/admin/findings.js), or shows it by
    the button “Check”.
    """

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.findings))
        return [path("findings/", view, name="articles_article_findings"), *super().get_urls()]

    def findings(self, request: HttpRequest) -> HttpResponse:
        """Show what is found in the posted form, as a part for the script or as a page for the
        preview's frame.
        """
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
        return {"findings": [Finding(0, TOO_LONG)], "number": 1}
    article = autosave.unsaved(posted)
    _, article.pk, _ = read_form_token(posted.get("form_token", ""))
    return of_article(article)


def of_article(article: Article) -> dict[str, Any]:
    """Return what findings.html shows of an article."""
    findings = checks.run(article)
    return {
        "findings": findings[:MOST],
        "number": len(findings),
        "more": max(0, len(findings) - MOST),
        "words": article.words,
        "minutes": article.minutes,
    }
