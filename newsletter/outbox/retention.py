"""Retention: how long things are kept, and what erases them; the privacy page says the same."""

import logging
from datetime import datetime, timedelta

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

logger = logging.getLogger(__name__)


def prune() -> dict[str, int]:
    """Erase what is past its retention; return how many rows of each sort went."""
    now = timezone.now()
    erased = {
        "requests": FormRequest.objects.filter(asked_at__lt=now - PENDING).delete()[0],
        "pending": _erase(
            Subscriber.objects.filter(state=Subscriber.State.PENDING, asked_at__lt=now - PENDING)
        ),
        "guide only": _erase(_had_the_guide(now - GUIDE_ONLY)),
        "returned": _forget_returned(now - RETURNED),
        "deliveries": Delivery.objects.finished()
        .filter(changed_at__lt=now - DELIVERIES)
        .delete()[0],
        "leaving": _erase(_has_left(now - LEAVING)),
        "bounces": Bounce.objects.filter(at__lt=now - BOUNCES).delete()[0],
        "form mails": FormMailCount.objects.filter(at__lt=now - FORM_MAILS).delete()[0],
    }
    Subscriber.objects.filter(paused_until__lt=now).update(paused_until=None)
    truncate_journal()
    if any(erased.values()):
        logger.info("Erased what had been kept long enough: %s.", erased)
    return erased


def truncate_journal() -> None:
    """Move SQLite's journal into the database and empty it: it still holds erased rows."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


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


def _forget_returned(before: datetime) -> int:
    """Erase who has rested since before a moment; return how many.

    Each is asked again first: they may have answered.
    """
    rested = Subscriber.objects.filter(state=Subscriber.State.RETURNED, returned_at__lt=before)
    return sum(_forget(rested, pk) for pk in list(rested.values_list("pk", flat=True)))


@transaction.atomic
def _forget(rested: QuerySet[Subscriber], pk: int) -> bool:
    person = rested.select_for_update().filter(pk=pk).first()
    if person is None:
        return False
    suppression.forget(person.fingerprint, Suppression.Reason.BOUNCED)
    return True


def _erase(people: QuerySet[Subscriber]) -> int:
    return people.delete()[1].get("newsletter.Subscriber", 0)
