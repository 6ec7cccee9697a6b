"""The calendar of the desk: what goes out, what is planned and what falls due, a month at a time."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from trustsite import dashboard

WEEK = timedelta(days=7)
MOST = 8  # shown of a day


def monday(of: date) -> date:
    """Return the first day of a week."""
    return of - timedelta(days=of.weekday())


@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """Show the month that `?month=2026-12` names, or this one, in whole weeks."""
    first = _first_day(request.GET.get("month", ""))
    start, following = monday(first), (first + timedelta(days=32)).replace(day=1)
    number = (monday(following - timedelta(days=1)) + WEEK - start).days
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{first:%B %Y}",
        "days": dashboard.calendar(request, start, number, MOST),
        "first": first,
        "before": first - timedelta(days=1),
        "following": following,
    }
    return render(request, "admin/calendar.html", context)


def _first_day(named: str) -> date:
    if not named:
        return timezone.localdate().replace(day=1)
    try:
        found = date.fromisoformat(f"{named}-01")
    except ValueError as error:
        raise BadRequest("A month is written as 2026-12.") from error
    if not 2000 <= found.year < 2200:
        raise BadRequest("A month is written as 2026-12.")
    return found
