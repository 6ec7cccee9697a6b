"""What the desk does to several rows at once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class DeleteOneByOneMixin(admin.ModelAdmin):
    """Deletes chosen rows one by one, so that each renews the pages it stood on."""

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            row.delete()
