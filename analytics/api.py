"""The public interface of the counting: all that other apps may ask of it.

What a reader does is said where it is done, by `trustsite.web.serving.page_cache.counts_as`; whether
that visit may be counted is decided at the edge. A mail has no visitor, so it is counted here.
"""

from datetime import date
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum

from analytics import kinds
from analytics.counting import COUNTING
from analytics.disclosure import shown
from analytics.kinds import (
    ALL,
    ASKED,
    CONFIRMED,
    FINISHED,
    GUIDE,
    LEFT,
    LETTERS,
    NOTHING,
    OFFER,
    OUTCOME,
    QUIZ,
    REDIRECT,
    RETURNED,
    SEARCH,
    SENT,
    SOURCE,
    WITH_LETTERS,
)
from analytics.models import KEEP, DailySum

__all__ = [
    "ALL",
    "ASKED",
    "CONFIRMED",
    "FINISHED",
    "GUIDE",
    "KEEP",
    "LEFT",
    "LETTERS",
    "NOTHING",
    "OFFER",
    "OUTCOME",
    "QUIZ",
    "REDIRECT",
    "RETURNED",
    "SEARCH",
    "SENT",
    "SOURCE",
    "WITH_LETTERS",
    "Counted",
    "count_mail",
    "counted_since",
    "is_counting",
    "mails_sent",
    "shown",
    "stop",
    "tick",
]


class Counted(NamedTuple):
    """How often something was counted in some days, and on which of them last."""

    number: int
    last_on: date


def count_mail(event: str, *, letters: bool) -> None:
    """Count what became of a mail, or of a place on the list, once this transaction commits.

    `letters`: whether it is about the letters, or else the guide.
    """
    kind = kinds.LETTERS if letters else kinds.GUIDE
    transaction.on_commit(partial(COUNTING.add, kind, event))


def mails_sent(since: date) -> int:
    """Return how many mails have gone out since a day, as far as they are written down."""
    sent = DailySum.objects.filter(day__gte=since, kind__in=[GUIDE, LETTERS], name=SENT)
    return int(sent.aggregate(all=Sum("count"))["all"] or 0)


def is_counting() -> bool:
    """Whether anything is counted here."""
    return str(settings.COUNT_VISITS) != "off"


def counted_since(kind: str, first: date) -> dict[str, Counted]:
    """Return by name what was counted of a kind since a day, as far as it is written down.

    To be shown as `shown` has it, and no more exactly.
    """
    sums = DailySum.objects.filter(day__gte=first, kind=kind).order_by().values_list("name")
    return {name: Counted(*of) for name, *of in sums.annotate(Sum("count"), Max("day"))}


def tick() -> None:
    """Write what may be written; for processes that have no thread for it."""
    COUNTING.tick()


def stop() -> None:
    """Leave what isn't written for the next process."""
    COUNTING.stop()
