"""The public interface of the counting: all that other apps may ask of it.

What a reader does is said where it is done, by `trustsite.web.serving.page_cache.counts_as`; whether
that visit may be counted is decided at the edge. A mail has no visitor, so it is counted here.
"""

from datetime import date
from functools import partial

from django.db import transaction
from django.db.models import Sum

from analytics import kinds
from analytics.counting import COUNTING
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
    RETURNED,
    SEARCH,
    SENT,
    SOURCE,
    WITH_LETTERS,
)
from analytics.models import DailySum

__all__ = [
    "ALL",
    "ASKED",
    "CONFIRMED",
    "FINISHED",
    "GUIDE",
    "LEFT",
    "LETTERS",
    "NOTHING",
    "OFFER",
    "OUTCOME",
    "QUIZ",
    "RETURNED",
    "SEARCH",
    "SENT",
    "SOURCE",
    "WITH_LETTERS",
    "count_mail",
    "mails_sent",
    "stop",
    "tick",
]


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


def tick() -> None:
    """Write what may be written; for processes that have no thread for it."""
    COUNTING.tick()


def stop() -> None:
    """Leave what isn't written for the next process."""
    COUNTING.stop()
