"""What an article said before: each saved state, two of them side by side, and a way back that loses nothing."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from articles.models import Article
from articles.word_diff import Row, compare

# What a state of the text is made of, and what comes back when it is restored: never its state or address.
WORDS = (
    *("title", "dek", "description", "body", "takeaways", "content_note", "evidence", "evidence_note"),
    *("response", "related", "affiliate", "safety", "sign_up"),
)
MOST = 200  # states listed


class WithHistory(admin.ModelAdmin):
    """An admin whose history shows texts, not only that something was changed."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/history/compare/", view(self.compare), name="articles_article_compare"),
            path("<int:pk>/history/restore/", view(require_POST(self.restore)), name="articles_article_restore"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List every saved state, the newest first."""
        article = self._article(request, object_id)
        context = self._context(request, article, f"What “{article}” said before")
        states = list(article.history.select_related("history_user")[:MOST])
        return render(request, "admin/articles/article/history.html", context | {"states": states})

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show two states side by side; without a second one, a state beside the present text."""
        article = self._article(request, pk)
        before = self._state(article, request.GET.get("before"))
        after = self._state(article, request.GET.get("after")) if request.GET.get("after") else article.history.first()
        if before.history_date > after.history_date:
            before, after = after, before
        context = self._context(request, article, f"Two states of “{article}”")
        context |= {"before": before, "after": after, "differences": differences(before, after)}
        return render(request, "admin/articles/article/compare.html", context)

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Bring an earlier text back as a new state; the present one stays in the history."""
        article = self._article(request, pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        state = self._state(article, request.POST.get("state"))
        for name in WORDS:
            setattr(article, name, getattr(state, name))
        article.updated_at = timezone.now()
        article.save()
        when = f"{state.history_date:%-d %B %Y, %H:%M} UTC"
        self.log_change(request, article, f"Brought back the text of {when}.")
        messages.success(request, f"The text of {when} is back. What stood here before is in the history.")
        return redirect("admin:articles_article_change", pk)

    def _article(self, request: HttpRequest, pk: int | str) -> Article:
        article = get_object_or_404(Article, pk=pk)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        return article

    def _state(self, article: Article, number: str | None) -> Any:
        state = article.history.filter(pk=number).first() if number and number.isdecimal() else None
        if state is None:
            raise Http404
        return state

    def _context(self, request: HttpRequest, article: Article, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "original": article}


def differences(before: Any, after: Any) -> list[tuple[str, list[Row]]]:
    """Return, for each field in which two states differ, its label and both texts side by side."""
    found = []
    for name in (*WORDS, "slug", "state", "publish_at", "checked_on"):
        label = str(Article._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        if rows := compare(_text(getattr(before, name)), _text(getattr(after, name))):
            found.append((label[:1].upper() + label[1:], rows))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return {None: "", True: "yes", False: "no"}.get(value, str(value))
