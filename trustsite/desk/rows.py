"""Rows at the desk: where one is changed, its other pages, and what is looked up for all rows of a list at once."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse


def change_url(row: Model) -> str:
    """Return the address of the page on which a row is changed, or read by who may not change it."""
    return desk_url(row, "change")


def desk_url(row: Model, page: str) -> str:
    """Return the address of a page of the desk about one row, such as its review."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


class RowNotesMixin(admin.ModelAdmin):
    """An admin whose list shows of each row what no column says, looked up for all of them together."""

    def note_rows(self, rows: list[Any]) -> None:
        """Write on each row what the list shows of it. A mixin that notes something calls the next one's as well."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, whose rows have what `note_rows` wrote on them."""
        listed = super().get_changelist_instance(request)
        listed.result_list = list(listed.result_list)
        self.note_rows(listed.result_list)
        return listed
