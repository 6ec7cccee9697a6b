"""The admin's page "Numbers": the report with its charts, and as files. No single sum has a page: it could be a small one."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from analytics import charts, export, report
from analytics.disclosure import SMALLEST
from analytics.models import DailySum

DEFAULT = 28
WORDS = {7: "7 days", 28: "28 days", 365: "365 days"}


@admin.register(DailySum)
class NumbersAdmin(admin.ModelAdmin):
    """Shows what was counted to who may see it: owners, and whom they let."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.page)), name="analytics_dailysum_changelist"),
            path("numbers.csv", view(require_safe(self.csv)), name="analytics_dailysum_csv"),
            path("numbers.json", view(require_safe(self.json)), name="analytics_dailysum_json"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page(self, request: HttpRequest) -> HttpResponse:
        """Show the report."""
        length, tables = self._asked(request)
        first, last = report.first_and_last(length)
        context = {
            **self.admin_site.each_context(request),
            "title": "Numbers",
            "opts": self.opts,
            "length": length,
            "windows": WORDS.items(),
            "first": first,
            "last": last,
            "smallest": SMALLEST,
            "tables": [(table, charts.draw(table)) for table in tables],
        }
        return TemplateResponse(request, "admin/analytics/dailysum/numbers.html", context)

    def csv(self, request: HttpRequest) -> HttpResponse:
        """Return the report as CSV."""
        length, tables = self._asked(request)
        return _file(export.as_csv(tables), "text/csv", f"numbers-{length}-days.csv")

    def json(self, request: HttpRequest) -> HttpResponse:
        """Return the report as JSON."""
        length, tables = self._asked(request)
        text = export.as_json(tables, *report.first_and_last(length))
        return _file(text, "application/json", f"numbers-{length}-days.json")

    def _asked(self, request: HttpRequest) -> tuple[int, list[report.Table]]:
        """Return how many days were asked for, and their tables."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("days", "")
        length = next((days for days in report.WINDOWS if str(days) == asked), DEFAULT)
        return length, report.make(length)


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
