"""Rows at the desk: where one is changed, and its other pages."""

from django.db.models import Model
from django.urls import reverse


def change_url(row: Model) -> str:
    """Return the address of the page on which a row is changed, or read by who may not change it."""
    return desk_url(row, "change")


def desk_url(row: Model, page: str) -> str:
    """Return the address of a page of the desk about one row, such as its review."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])
