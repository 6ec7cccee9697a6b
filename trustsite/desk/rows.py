"""Rows at the desk: where one is changed."""

from django.db.models import Model
from django.urls import reverse


def change_url(row: Model) -> str:
    """Return the address of the page on which a row is changed, or read by who may not change it."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
