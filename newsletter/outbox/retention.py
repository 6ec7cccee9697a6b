"""Retention: how long things are kept, and what erases them; the privacy page says the same."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from newsletter import suppression
from newsletter.models import Bounce, Delivery, FormMailCount, FormRequest, Subscriber, Suppression
from newsletter.tokens import CONFIRM_WITHIN

PENDING = CONFIRM_WITHIN
GUIDE_ONLY = timedelta(days=7)  # after delivery; after confirming when it could not be delivered
DELIVERIES = timedelta(days=90)
FORM_MAILS = timedelta(days=30)
BOUNCES = timedelta(days=90)
RETURNED = timedelta(days=30)
LEAVING = timedelta(days=3)  # at the latest; mostly until the goodbye has gone out
BATCH, FEW = 1000, 200  # rows in one transaction; people, whose mails go with them

logger = logging.getLogger(__name__)


def prune() -> dict[str, int]:
    """Erase all that is past its retention; return how many rows of each sort went."""
    erased: Counter[str] = Counter()
    for what, number in batches():
        erased[what] += number
    return dict(erased)


def batches() -> Iterator[tuple[str, int]]:
    """Erase what is past its retention, a batch a turn; yield its sort and how many rows went.

    Each batch is a short transaction; whoever iterates does other things in between.
    """
    now = timezone.now()
    total = 0
    sorts: list[tuple[str, Callable[[], Iterator[int]]]] = [
        ("requests", partial(_rows, FormRequest.objects.filter(asked_at__lt=now - PENDING))),
        ("pending", partial(_people, lambda: _pending(now - PENDING))),
        ("guide only", partial(_people, lambda: _had_the_guide(now - GUIDE_ONLY))),
        ("returned", partial(_forget_returned, now - RETURNED)),
        ("deliveries", partial(_deliveries, now - DELIVERIES)),
        ("leaving", partial(_people, lambda: _has_left(now - LEAVING))),
        ("bounces", partial(_rows, Bounce.objects.filter(at__lt=now - BOUNCES))),
        ("form mails", partial(_rows, FormMailCount.objects.filter(at__lt=now - FORM_MAILS))),
        ("pauses", partial(_end_pauses, now)),
    ]
    for what, erase in sorts:
        for number in erase():
            total += number
            yield what, number
    truncate_journal()
    if total:
        logger.info("Erased what had been kept long enough: %d rows.", total)


def truncate_journal() -> None:
    """Move SQLite's journal into the database and empty it: it still holds erased rows."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _pending(before: datetime) -> QuerySet[Subscriber]:
    return Subscriber.objects.filter(state=Subscriber.State.PENDING, asked_at__lt=before)


def _had_the_guide(before: datetime) -> QuerySet[Subscriber]:
    """Return who asked for the guide alone, and had it or couldn't be given it before a moment."""
    is_done = Q(guide_sent_at__lt=before) | Q(guide_sent_at=None, confirmed_at__lt=before)
    on_its_way = Delivery.objects.filter(state__in=Delivery.OPEN).values("subscriber")
    confirmed = Subscriber.objects.filter(state=Subscriber.State.CONFIRMED, wants_letters=False)
    return confirmed.filter(is_done).exclude(pk__in=on_its_way)


def _has_left(before: datetime) -> QuerySet[Subscriber]:
    """Return who has left and whose goodbye isn't on its way, or has been for too long."""
    on_its_way = Delivery.objects.filter(
        kind=Delivery.Kind.GOODBYE, state__in=Delivery.OPEN
    ).values("subscriber")
    leaving = Subscriber.objects.filter(state=Subscriber.State.LEAVING)
    return leaving.exclude(pk__in=on_its_way, asked_at__gte=before)


def _forget_returned(before: datetime) -> Iterator[int]:
    """Erase who has rested since before a moment.

    Each is asked again first: they may have answered.
    """
    rested = Subscriber.objects.filter(state=Subscriber.State.RETURNED, returned_at__lt=before)
    while pks := list(rested.order_by("pk").values_list("pk", flat=True)[:FEW]):
        for pk in pks:
            yield _forget(rested, pk)


@transaction.atomic
def _forget(rested: QuerySet[Subscriber], pk: int) -> int:
    person = rested.select_for_update().filter(pk=pk).first()
    if person is None:
        return 0
    suppression.forget(person.fingerprint, Suppression.Reason.BOUNCED)
    return 1


def _people(outdated: Callable[[], QuerySet[Subscriber]]) -> Iterator[int]:
    """Erase people with their mails."""
    erased = FEW
    while erased == FEW:
        with transaction.atomic():
            # Locked, so that nobody confirms between the look and the end.
            locked = outdated().order_by("pk").select_for_update(of=("self",))
            pks = list(locked.values_list("pk", flat=True)[:FEW])
            Subscriber.objects.filter(pk__in=pks).delete()
        erased = len(pks)
        yield erased


def _deliveries(before: datetime) -> Iterator[int]:
    """Erase finished mails, walking from the oldest row until one is younger than `before`."""
    last = 0
    while True:
        rows = Delivery.objects.filter(pk__gt=last).order_by("pk")[:BATCH]
        found = list(rows.values_list("pk", "created_at"))
        old = [pk for pk, created_at in found if created_at < before]
        if not old:
            return
        outdated = Delivery.objects.finished().filter(changed_at__lt=before)
        yield outdated.filter(pk__gt=last, pk__lte=old[-1]).delete()[0]
        last = old[-1]


def _rows(outdated: QuerySet[Any]) -> Iterator[int]:
    """Erase rows that nothing hangs on."""
    erased = BATCH
    while erased == BATCH:
        erased = outdated.filter(pk__in=outdated.order_by("pk").values("pk")[:BATCH]).delete()[0]
        yield erased


def _end_pauses(now: datetime) -> Iterator[int]:
    over = Subscriber.objects.filter(paused_until__lt=now)
    ended = BATCH
    while ended == BATCH:
        batch = over.filter(pk__in=over.order_by("pk").values("pk")[:BATCH])
        ended = batch.update(paused_until=None)
        yield ended
