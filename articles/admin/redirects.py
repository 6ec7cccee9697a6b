"""Addresses that lead elsewhere, set by hand; and who is named under texts that were checked."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from articles.admin.uses import UsesMixin
from articles.linking import redirect_uses, redirects
from articles.linking.redirect_uses import USES
from articles.models import Redirect, Reviewer, SlugRedirect
from trustsite.desk.publishing import PublishGuard

MOST = 200  # old addresses shown


class RedirectForm(forms.ModelForm):
    """A redirect, with what the site's other addresses say of it."""

    def clean(self) -> dict[str, Any]:
        """Refuse an address that isn't one, a page it would stand before, a chain, a loop."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        row = Redirect(**{name: data[name] for name in ("path", "is_prefix", "target")})
        row.take_out_control()
        for name, message in redirects.problems(row).items():
            self.add_error(name, message)
        return data


class UsedFilter(admin.SimpleListFilter):
    """Redirects by whether readers still come by them."""

    title, parameter_name = "used", "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, label) for name, (label, _) in USES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Redirect]) -> QuerySet[Redirect]:
        value = self.value() or ""
        return queryset.filter(USES[value][1]()) if value in USES else queryset


@admin.register(Redirect)
class RedirectAdmin(UsesMixin, PublishGuard):
    """Redirects.

    Those of renamed articles make themselves; the list shows them below, to be read.
    """

    form = RedirectForm
    list_display = ("path", "leads_to", "is_prefix", "how_often", "last_used", "note", "uses_count")
    list_filter = (UsedFilter,)
    search_fields = ("path", "target", "note")
    entered = ("path", "is_prefix", "target", "note")
    change_list_template = "admin/articles/redirect/change_list.html"

    def get_fields(self, request: HttpRequest, obj: Redirect | None = None) -> tuple[str, ...]:
        asked = ("links",) if self._asks_of_links(obj) else ()
        return (*self.entered, *asked, *(("used_in",) if obj else ()))

    @admin.display(description="leads to", ordering="target")
    def leads_to(self, row: Redirect) -> str:
        """Where it leads."""
        return row.target or "nowhere: gone for good"

    @admin.display(description="used in 90 days", ordering="used")
    def how_often(self, row: Redirect) -> str:
        """How often readers came by it."""
        return redirect_uses.how_often(row)

    @admin.display(description="last used", ordering="last_used_on")
    def last_used(self, row: Redirect) -> str:
        """When one last did."""
        return redirect_uses.last_used(row)

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        if change and "path" in form.changed_data:
            redirect_uses.begin_anew(obj)
        super().save_model(request, obj, form, change)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        old = SlugRedirect.objects.select_related("article").order_by("-pk")
        listed = [
            (row, redirect_uses.how_often(row), redirect_uses.last_used(row)) for row in old[:MOST]
        ]
        shown = {"old_addresses": listed, "old_number": old.count()}
        return super().changelist_view(request, {**shown, **(extra_context or {})})


@admin.register(Reviewer)
class ReviewerAdmin(admin.ModelAdmin):
    """How somebody who signs off texts is named under them."""

    list_display = ("user", "name", "profession")
    list_select_related = ("user",)
    fields = ("user", "name", "profession")
