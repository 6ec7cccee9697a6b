"""The four notes that follow the guide, for who ticked the box: the same for everybody, each at most once for ever.

They are written into the outbox all at once, in the transaction that marks the guide as sent, so that whatever becomes of
their person becomes of them: leaving takes them along, moving brings them along, a pause puts them off.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from newsletter.models import Delivery, Subscriber

AFTER = {
    Delivery.Kind.WELCOME_1: timedelta(days=2),
    Delivery.Kind.WELCOME_2: timedelta(days=5),
    Delivery.Kind.WELCOME_3: timedelta(days=9),
    Delivery.Kind.WELCOME_4: timedelta(days=14),
}

A_DAY = timedelta(days=1)


def guide_went_out(subscriber_pk: int, at: datetime) -> None:
    """Note that the guide went out at `at`, and queue the notes of who asked for them.

    Only the first guide after a confirmation counts. So another copy of the guide never starts the notes again, not even
    when the rows of the first ones have been swept up, and somebody who ticks the box later gets them then.
    """
    first = Q(guide_sent_at=None) | Q(guide_sent_at__lt=F("confirmed_at"))
    if not Subscriber.objects.filter(first, pk=subscriber_pk).update(guide_sent_at=at):
        return
    subscriber = Subscriber.objects.get(pk=subscriber_pk)
    if subscriber.wants_letters:
        _queue(subscriber, max(at, subscriber.paused_until or at))


def _queue(subscriber: Subscriber, start: datetime) -> None:
    rows = [
        Delivery(kind=kind, subscriber=subscriber, not_before=start + after, rank=Delivery.PATIENT)
        for kind, after in AFTER.items()
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def waiting(subscriber: Subscriber) -> QuerySet[Delivery]:
    """Return the notes that are still to come."""
    return Delivery.objects.filter(
        subscriber=subscriber, kind__in=AFTER, state__in=Delivery.WAITING
    )


def gives_way(delivery: Delivery) -> bool:
    """Whether this is a note and a letter comes, or came, to the same person today: two mails on one day are too many."""
    if delivery.kind not in AFTER:
        return False
    letters = Delivery.objects.filter(subscriber=delivery.subscriber_id, kind=Delivery.Kind.LETTER)
    today = Q(sent_at__gt=timezone.now() - A_DAY * 0.8) | Q(
        state__in=[*Delivery.WAITING, Delivery.State.SENDING]
    )
    return letters.filter(today).exists()


def shift(subscriber: Subscriber, by: timedelta) -> None:
    """Put the remaining notes off, or bring them forward, all by the same time."""
    waiting(subscriber).update(not_before=F("not_before") + by)


def stop(subscriber: Subscriber) -> None:
    """Send the remaining notes no more. Their rows say so for as long as rows are kept."""
    waiting(subscriber).update(state=Delivery.State.SUPPRESSED, changed_at=timezone.now())
