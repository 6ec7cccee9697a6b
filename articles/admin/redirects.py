"""Addresses that lead elsewhere, set by hand; and who is named under texts that were checked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from articles.admin.delete_one_by_one import RowByRow
from articles.models import OldAddress, Redirect, Reviewer

MOST = 200  # old addresses shown


@admin.register(Redirect)
class RedirectAdmin(RowByRow):
    """Redirects. Those of renamed articles make themselves; the list shows them below, to be read."""

    list_display = ("path", "leads_to", "is_prefix", "note")
    search_fields = ("path", "target", "note")
    fields = ("path", "is_prefix", "target", "note")
    change_list_template = "admin/articles/redirect/change_list.html"

    @admin.display(description="leads to", ordering="target")
    def leads_to(self, row: Redirect) -> str:
        """Where it leads."""
        return row.target or "nowhere: gone for good"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        old = OldAddress.objects.select_related("article").order_by("-pk")
        shown = {"old_addresses": old[:MOST], "old_number": old.count()}
        return super().changelist_view(request, {**shown, **(extra_context or {})})


@admin.register(Reviewer)
class ReviewerAdmin(admin.ModelAdmin):
    """How somebody who signs off texts is named under them."""

    list_display = ("user", "name", "profession")
    list_select_related = ("user",)
    fields = ("user", "name", "profession")
