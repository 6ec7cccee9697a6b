"""How long things are kept, and the broom that keeps to it. The privacy page says the same numbers."""

import logging
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from newsletter.models import Delivery, FormMail, Subscriber
from newsletter.tokens import CONFIRM_WITHIN

PENDING = CONFIRM_WITHIN
GUIDE_ONLY = timedelta(days=7)  # after delivery; after confirming when it could not be delivered
DELIVERIES = timedelta(days=90)
FORM_MAILS = timedelta(days=30)

logger = logging.getLogger(__name__)


def prune() -> dict[str, int]:
    """Erase what has been kept long enough; return how many rows of each sort went. Twice is harmless."""
    now = timezone.now()
    done = {
        "pending": _erase(Subscriber.objects.filter(state=Subscriber.State.PENDING, asked_at__lt=now - PENDING)),
        "guide only": _erase(_had_the_guide(now - GUIDE_ONLY)),
        "deliveries": Delivery.objects.finished().filter(changed_at__lt=now - DELIVERIES).delete()[0],
        "form mails": FormMail.objects.filter(at__lt=now - FORM_MAILS).delete()[0],
    }
    empty_journal()
    if any(done.values()):
        logger.info("Erased what had been kept long enough: %s.", done)
    return done


def empty_journal() -> None:
    """Move SQLite's journal into the database and empty it, for it still holds the pages that erased rows stood on."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _had_the_guide(before: datetime) -> QuerySet[Subscriber]:
    """Return who asked for the guide alone and had it, or could not be given it, before a moment."""
    done = Q(guide_sent_at__lt=before) | Q(guide_sent_at=None, confirmed_at__lt=before)
    on_its_way = Delivery.objects.filter(state__in=Delivery.OPEN).values("subscriber")
    confirmed = Subscriber.objects.filter(state=Subscriber.State.CONFIRMED, wants_letters=False)
    return confirmed.filter(done).exclude(pk__in=on_its_way)


def _erase(people: QuerySet[Subscriber]) -> int:
    return people.delete()[1].get("newsletter.Subscriber", 0)
