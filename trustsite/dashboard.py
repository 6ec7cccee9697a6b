"""The dashboard: the admin's first page, with what waits for the person who opens it.

Each app provides its own items (settings.DASHBOARD_PROVIDERS).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class DashboardItem:
    """One line: how many of what, and the list that shows just these.

    `number` is None where nothing is counted.
    """

    number: int | None
    text: str
    url: str
    is_urgent: bool = False


Provider = Callable[[HttpRequest], Iterable[DashboardItem]]


def dashboard_items(request: HttpRequest) -> list[DashboardItem]:
    """Return what waits for who asks, what is urgent first; nothing that they may not see."""
    items = []
    for path in settings.DASHBOARD_PROVIDERS:
        provider: Provider = import_string(path)
        items += [item for item in provider(request) if item.number != 0]
    return sorted(items, key=lambda item: not item.is_urgent)


def changelist_url(model: str, **filters: object) -> str:
    """Return the address of a filtered list of the admin: `changelist_url("articles_source",
    checked__exact=0)`.
    """
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
