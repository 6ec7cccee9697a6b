"""Looking up, one by one: a helpline, a source, an offer beside the page that says what is so.

What says that a person looked is set here and nowhere else: no form takes it, no action does many.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from prose.text_hash import text_hash
from trustsite.desk import openings
from trustsite.desk.publishing import PublishGuard, may_change

NOT_OPENED = "Open its page first: the link stands above. Nothing was entered."
OTHER_FACTS = "It has changed since you opened this page. Compare it once more."


class LookUpAdmin(PublishGuard):
    """An admin of rows that a person compares with a page of somebody else."""

    # What stands on that page; a change to one of these takes the check back.
    compared: ClassVar[tuple[str, ...]]

    def enter(self, row: Any) -> None:
        """Say in `row` that it was looked up now."""
        raise NotImplementedError

    def take_back(self, row: Any) -> None:
        """Say in `row` that nobody has looked it up as it stands."""
        raise NotImplementedError

    def unsure(self) -> QuerySet[Any]:
        """Return the rows that are to be looked up, in the order of the list."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:pk>/look-up/", view(require_safe(self.look_up)), name=f"{name}_look_up"),
            path("<int:pk>/open/", view(require_safe(self.open)), name=f"{name}_open"),
            path(
                "<int:pk>/looked-up/", view(require_POST(self.looked_up)), name=f"{name}_looked_up"
            ),
            *super().get_urls(),
        ]

    def may_look_up(self, request: HttpRequest, row: Any) -> bool:
        """Whether `request`'s user may say that they looked it up."""
        right = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return request.user.has_perm(right) and may_change(request.user, row, row.CHECK_FIELDS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        is_post = getattr(request, "guarded_by_form", None) is self.model
        return may and (obj is None or is_post or may_change(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *self.model.CHECK_FIELDS)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and set(form.changed_data) & set(self.compared):
            self.take_back(obj)
            address = self._address_of(obj, "look_up")
            words = "What readers rely on has changed, so it counts as not looked up. {}"
            link = format_html('<a href="{}">Look it up</a>', address)
            messages.info(request, format_html(words, link))
        super().save_model(request, obj, form, change)

    def look_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what we say, and the way to the page that must say the same."""
        row = self._row(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Look up “{row}”",
            "opts": self.opts,
            "original": row,
            "facts": list(self._facts(row)),
            "seen": self._seen(row),
            "has_opened": openings.has_opened(request, row, row.url),
            "is_unsure": self.unsure().filter(pk=row.pk).exists(),
            "left": self.unsure().count(),
            "may_look_up": self.may_look_up(request, row),
        }
        return render(request, "admin/articles/look_up.html", context)

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the page itself, and note that it was opened."""
        row = self._row(request, pk)
        if not row.url:
            raise Http404
        openings.note(request, row, row.url)
        return HttpResponseRedirect(row.url)

    def looked_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter that the page, opened by this person, says what we say; then lead to the next."""
        row = self._row(request, pk)
        if not self.may_look_up(request, row):
            raise PermissionDenied
        here = redirect(self._address_of(row, "look_up"))
        if request.POST.get("seen") != self._seen(row):
            messages.error(request, OTHER_FACTS)
            return here
        if row.url and not openings.has_opened(request, row, row.url):
            messages.error(request, NOT_OPENED)
            return here
        self.enter(row)
        row.save()
        self.log_change(request, row, f"Looked up: {self.summary(row)}.")
        messages.success(request, f"“{row}” is entered as looked up.")
        following = self.unsure().exclude(pk=row.pk).first()
        if following is None:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return redirect(self._address_of(following, "look_up"))

    @admin.display(description="look it up")
    def to_look_up(self, row: Any) -> str:
        """The way to the page where it is compared."""
        words = '<a href="{}">Look it up<span class="visually-hidden"> {}</span></a>'
        return format_html(words, self._address_of(row, "look_up"), row)

    def summary(self, row: Any) -> str:
        """Return what was looked up, for the history."""
        return str(row.url or "a work on paper")

    def _facts(self, row: Any) -> Iterator[tuple[str, Any]]:
        for name in self.compared:
            value = getattr(row, name)
            if name != "url" and value not in ("", None):
                yield str(self.opts.get_field(name).verbose_name), value  # type: ignore[union-attr]

    def _seen(self, row: Any) -> str:
        return text_hash(str(getattr(row, name)) for name in self.compared)

    def _address_of(self, row: Any, view: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}", args=[row.pk])

    def _row(self, request: HttpRequest, pk: int) -> Any:
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row
