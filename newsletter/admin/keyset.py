"""Keyset paging: long lists a page at a time by their keys, without counting or skipping a row."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

BEFORE = "before"  # the key below which the page begins
COUNTED = 1000  # rows; more are “more than 1,000”


class KeysetChangeList(ChangeList):
    """The newest rows first. Page 1,500 costs what page 1 does."""

    older = ""  # the address of the next page
    is_later_page = False

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Leave out the place in the list: it filters nothing."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(BEFORE, None)
        return found

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Order by key alone: what an index has in order."""
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and one row more to know whether another follows."""
        rows = self.queryset
        before = request.GET.get(BEFORE, "")
        if before.isdecimal() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
            self.is_later_page = True
        found = list(rows[: self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        if len(found) > self.list_per_page:
            self.older = self.get_query_string({BEFORE: self.result_list[-1].pk})
        self.result_count = len(self.result_list)
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = Paginator(self.result_list, self.list_per_page)


def counted(rows: QuerySet[Any]) -> int:
    """Count rows, and stop soon after COUNTED."""
    return rows.order_by()[: COUNTED + 1].count()
