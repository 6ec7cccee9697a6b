"""The dashboard: the admin's first page, with what waits for the person who opens it.

Each app provides its own items (settings.DASHBOARD_PROVIDERS).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from trustsite.desk import days
from trustsite.desk.marks import Mark


@dataclass(frozen=True)
class DashboardItem:
    """One line: how many of what, and the list that shows just these.

    `number` is None where nothing is counted.
    """

    number: int | None
    text: str
    url: str
    is_urgent: bool = False


@dataclass(frozen=True)
class OwnText:
    """A text that who looks has worked on, and when they last did."""

    title: str
    url: str
    mark: Mark
    at: datetime

    @property
    def when(self) -> str:
        """The moment, as a list says it."""
        return days.said(self.at)


@dataclass(frozen=True)
class Dated:
    """What goes out or falls due on a day: its title leads there, its mark says what it is."""

    day: date
    title: str
    url: str
    mark: Mark


@dataclass(frozen=True)
class DigestLine:
    """One thing that somebody is told in the morning, and the desk's page for it."""

    text: str
    url: str


@dataclass(frozen=True)
class DigestPart:
    """A part of the mail of the morning (accounts/digest/). Each app provides its own (settings.DIGEST_PROVIDERS)."""

    heading: str
    lines: list[DigestLine]


@dataclass(frozen=True)
class Day:
    """A day of the calendar with what stands on it."""

    date: date
    shown: list[Dated]
    more: int  # that aren't shown
    is_today: bool
    is_past: bool


Provider = Callable[[HttpRequest], Iterable[DashboardItem]]
OWN_SHOWN = 6


def dashboard_items(request: HttpRequest) -> list[DashboardItem]:
    """Return what waits for who asks, what is urgent first; nothing that they may not see."""
    items = []
    for path in settings.DASHBOARD_PROVIDERS:
        provider: Provider = import_string(path)
        items += [item for item in provider(request) if item.number != 0]
    return sorted(items, key=lambda item: not item.is_urgent)


def own_texts(request: HttpRequest) -> list[OwnText]:
    """Return what who asks worked on, the newest first."""
    found: list[OwnText] = []
    for path in settings.OWN_TEXT_PROVIDERS:
        found += import_string(path)(request, OWN_SHOWN)
    return sorted(found, key=lambda text: text.at, reverse=True)[:OWN_SHOWN]


def calendar(request: HttpRequest, first: date, number: int, most: int) -> list[Day]:
    """Return `number` days from `first` on, with at most `most` that goes out or falls due on each."""
    found: list[Dated] = []
    for path in settings.CALENDAR_PROVIDERS:
        found += import_string(path)(request, first, first + timedelta(days=number - 1))
    today = timezone.localdate()
    shown = []
    for day in (first + timedelta(days=one) for one in range(number)):
        dated = [one for one in found if one.day == day]
        more = max(0, len(dated) - most)
        shown.append(Day(day, dated[:most], more, day == today, day < today))
    return shown


def changelist_url(model: str, **filters: object) -> str:
    """Return the address of a filtered list of the admin: `changelist_url("articles_source",
    checked__exact=0)`.
    """
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"
