"""What a text said before.

Each saved state, two of them side by side, and a way back that loses nothing.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from articles.editing import checks
from prose.text_diff import Row, compare
from trustsite.desk import days

MOST = 200  # states listed


class SavedByChangeList(ChangeList):
    """A list that knows, of the rows on its page, who saved each last."""

    def get_results(self, request: HttpRequest) -> None:
        """Ask for the rows of this page alone, however long the list is."""
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        states = self.model.history.order_by()  # type: ignore[attr-defined]
        newest = states.filter(id__in=[row.pk for row in rows]).values("id")
        last = newest.annotate(last=Max("history_id")).values("last")
        saved = states.filter(history_id__in=last)
        by = dict(saved.values_list("id", "history_user__username"))
        for row in rows:
            row.last_saved_by = by.get(row.pk) or ""
        self.result_list = rows


class HistoryMixin(admin.ModelAdmin):
    """An admin whose history shows texts, not only that something was changed, and whose list says
    who saved each last. What changed last stands first.
    """

    ordering = ("-changed_at", "-pk")

    # What a state of the text is made of, and what comes back when it is restored: never its state
    # or address.
    restored: tuple[str, ...] = ("title", "standfirst", "description", "body")
    also_compared: tuple[str, ...] = ("slug", "checked_on")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SavedByChangeList

    @admin.display(description="last change", ordering="changed_at")
    def last_change(self, row: Any) -> str:
        """When it was last saved, and by whom."""
        who = getattr(row, "last_saved_by", "")
        return format_html("{} <small>{}</small>", days.said(row.changed_at), who)

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:pk>/history/compare/", view(self.compare), name=f"{name}_compare"),
            path(
                "<int:pk>/history/restore/",
                view(require_POST(self.restore)),
                name=f"{name}_restore",
            ),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List every saved state, the newest first."""
        text = self._text(request, unquote(object_id))
        context = self._context(request, text, f"What “{text}” said before")
        states = list(text.history.select_related("history_user").defer("body")[:MOST])
        return render(request, "admin/articles/article/history.html", context | {"states": states})

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show two states side by side; without a second one, a state beside the present text."""
        text = self._text(request, pk)
        before = self._state(text, request.GET.get("before"))
        after = (
            self._state(text, request.GET.get("after"))
            if request.GET.get("after")
            else text.history.first()
        )
        if (before.history_date, before.pk) > (after.history_date, after.pk):
            before, after = after, before
        context = self._context(request, text, f"Two states of “{text}”")
        context |= {
            "before": before,
            "after": after,
            "differences": self._differences(before, after),
        }
        context |= {"may_restore": self.has_change_permission(request, text)}
        return render(request, "admin/articles/article/compare.html", context)

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Bring an earlier text back as a new state; the present one stays in the history."""
        text = self._text(request, pk)
        if not self.has_change_permission(request, text):
            raise PermissionDenied
        state = self._state(text, request.POST.get("state"))
        for name in self.restored:
            setattr(text, name, getattr(state, name))
        text.updated_at = timezone.now()
        when = f"{timezone.localtime(state.history_date):%-d %B %Y, %H:%M %Z}"
        if results := checks.blocking_errors(text):
            messages.error(request, f"The text of {when} can’t come back as it is. {results[0]}")
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_history", pk)
        text.save()
        self.log_change(request, text, f"Brought back the text of {when}.")
        messages.success(
            request, f"The text of {when} is back. What stood here before is in the history."
        )
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)

    def _text(self, request: HttpRequest, pk: int | str) -> Any:
        text = self.get_object(request, str(pk))
        if text is None:
            raise Http404
        if not self.has_view_permission(request, text):
            raise PermissionDenied
        return text

    def _state(self, text: Any, number: str | None) -> Any:
        state = text.history.filter(pk=number).first() if number and number.isdecimal() else None
        if state is None:
            raise Http404
        return state

    def _context(self, request: HttpRequest, text: Any, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": text,
        }

    def _differences(self, before: Any, after: Any) -> list[tuple[str, list[Row]]]:
        """Return, for each field in which two states differ, its label and both texts side by side."""
        results = []
        for name in (*self.restored, *self.also_compared):
            label = str(self.opts.get_field(name).verbose_name)  # type: ignore[union-attr]
            if rows := compare(_said(getattr(before, name)), _said(getattr(after, name))):
                results.append((label[:1].upper() + label[1:], rows))
        return results


def _entry(item: Any) -> str:
    return " ".join(map(str, item.values())) if isinstance(item, dict) else str(item)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_entry, value))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%-d %B %Y, %H:%M %Z}"
    return {None: "", True: "yes", False: "no"}.get(value, str(value))
