"""Uses of redirects: how often each was used in 90 days, and when last. Sums of days, of nobody.

An answer is counted where reads are (analytics): in memory, and written some seconds later with all
else. The worker brings the sums to the rows now and then, for a list to sort and narrow by them.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from analytics import api as analytics
from analytics.api import Counted
from articles.linking.link_targets import batched
from articles.models import Redirect, SlugRedirect
from articles.models.redirects import ARTICLES

WINDOW = timedelta(days=90)
EVERY = 600.0  # seconds from one look of the worker to the next
SOME = 500  # rows in a statement
_looked_at = -EVERY


def follow() -> None:
    """Part of the worker's round."""
    global _looked_at
    if time.monotonic() - _looked_at >= EVERY:
        _looked_at = time.monotonic()
        bring_up_to_date()


def bring_up_to_date() -> None:
    """Let each row say what was counted of it; where nothing is counted, let none say anything."""
    if not analytics.is_counting():
        for model in (Redirect, SlugRedirect):
            known = model._default_manager.exclude(counted_since=None)
            known.update(used=0, last_used_on=None, counted_since=None)
        return
    today = timezone.now().date()
    found = analytics.counted_since(analytics.REDIRECT, today - WINDOW)
    slugs = {path[len(ARTICLES) : -1]: of for path, of in found.items() if _is_article(path)}
    _note(Redirect, "path", found, today)
    _note(SlugRedirect, "slug", slugs, today)


def _is_article(path: str) -> bool:
    return path.startswith(ARTICLES) and path.endswith("/")


def _note(model: Any, key: str, found: dict[str, Counted], today: date) -> None:
    rows = model._default_manager
    rows.filter(counted_since=None).update(counted_since=today)
    rows.filter(last_used_on__lt=today - analytics.KEEP).update(last_used_on=None)
    for named in batched(found, SOME):
        changed = []
        for row in rows.filter(**{f"{key}__in": named}).only(key, "used", "last_used_on"):
            number, last_on = found[getattr(row, key)]
            if (row.used, row.last_used_on) != (number, last_on):
                row.used, row.last_used_on = number, last_on
                changed.append(row)
        rows.bulk_update(changed, ["used", "last_used_on"])
    for row in rows.filter(used__gt=0).only(key).iterator(chunk_size=SOME):
        if getattr(row, key) not in found:
            rows.filter(pk=row.pk).update(used=0)


def begin_anew(row: Redirect) -> None:
    """Part of saving a row under another address: what was counted of the former isn't its own."""
    row.used, row.last_used_on, row.counted_since = 0, None, timezone.localdate()


def never_used() -> Q:
    """Counted for 90 days, and not used in them."""
    return Q(used=0, counted_since__lte=timezone.localdate() - WINDOW)


def how_often(row: Redirect | SlugRedirect) -> str:
    """Return how often an address was used in 90 days, no more exactly than numbers are shown."""
    if row.counted_since is None:
        return "not counted"
    if not row.used:
        return "never" if row.counted_since <= timezone.localdate() - WINDOW else "not yet"
    number = analytics.shown(row.used)
    return "fewer than ten times" if number is None else f"{number:,} times"


def last_used(row: Redirect | SlugRedirect) -> str:
    """Return when it was last used: the day where enough came by it, or else the month."""
    if row.last_used_on is None:
        return ""
    is_told = analytics.shown(row.used) is not None
    return f"{row.last_used_on:%-d %B %Y}" if is_told else f"{row.last_used_on:%B %Y}"


Condition = Callable[[], Q]
USES: dict[str, tuple[str, Condition]] = {
    "never": ("Never in 90 days", never_used),
    "used": ("In the last 90 days", lambda: Q(used__gt=0)),
}
