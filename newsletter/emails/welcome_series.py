"""The welcome series: four e-mails after the guide, for who ticked the box, each once for ever.

They are enqueued all at once, in the transaction that marks the guide as sent, so that whatever
becomes of their person becomes of them: leaving takes them along, moving brings them along, a pause
puts them off.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from newsletter.models import Delivery, EmailWords, Subscriber

AFTER = {
    Delivery.Kind.WELCOME_1: timedelta(days=2),
    Delivery.Kind.WELCOME_2: timedelta(days=5),
    Delivery.Kind.WELCOME_3: timedelta(days=9),
    Delivery.Kind.WELCOME_4: timedelta(days=14),
}

A_DAY = timedelta(days=1)


def guide_went_out(subscriber_pk: int, at: datetime) -> None:
    """Record that the guide went out at `at`, and enqueue the series of who asked for it.

    Only the first guide after a confirmation, or after agreeing to the letters, counts. So another
    copy of the guide never starts the series again, not even when the rows of the first one have
    been erased, and somebody who ticks the box later gets it then.
    """
    first = Q(guide_sent_at=None) | Q(guide_sent_at__lt=F("confirmed_at"))
    first |= Q(guide_sent_at__lt=F("letters_agreed_at"))
    if not Subscriber.objects.filter(first, pk=subscriber_pk).update(guide_sent_at=at):
        return
    subscriber = Subscriber.objects.get(pk=subscriber_pk)
    if subscriber.wants_letters:
        _queue(subscriber, max(at, subscriber.paused_until or at))


def _queue(subscriber: Subscriber, start: datetime) -> None:
    rows = [
        Delivery(kind=kind, subscriber=subscriber, not_before=start + after, priority=Delivery.BULK)
        for kind, after in plan().items()
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def plan() -> dict[Delivery.Kind, timedelta]:
    """Return which notes there are, and how long after the guide each goes: an editor's days."""
    days = dict(AFTER)
    for words in EmailWords.objects.filter(kind__in=AFTER).only("kind", "day", "is_sent"):
        kind = Delivery.Kind(words.kind)
        if not words.is_sent:
            del days[kind]
        elif words.day:
            days[kind] = timedelta(days=words.day)
    return days


def waiting(subscriber: Subscriber) -> QuerySet[Delivery]:
    """Return the welcome e-mails that are still to come."""
    return Delivery.objects.filter(
        subscriber=subscriber, kind__in=AFTER, state__in=Delivery.WAITING
    )


def gives_way(delivery: Delivery) -> bool:
    """Whether this is a welcome e-mail and an issue comes, or came, to the same person today.

    Two mails on one day are too many.
    """
    if delivery.kind not in AFTER:
        return False
    issues = Delivery.objects.filter(subscriber=delivery.subscriber_id, kind=Delivery.Kind.LETTER)
    came = Q(sent_at__gt=timezone.now() - A_DAY * 0.8)
    comes = Q(state__in=[*Delivery.WAITING, Delivery.State.SENDING])
    return issues.filter(came | comes).exists()


def shift(subscriber: Subscriber, by: timedelta) -> None:
    """Put the remaining e-mails off, or bring them forward, all by the same time."""
    waiting(subscriber).update(not_before=F("not_before") + by)


def stop(subscriber: Subscriber) -> None:
    """Send the remaining e-mails no more. Their rows say so for as long as rows are kept."""
    waiting(subscriber).update(state=Delivery.State.SUPPRESSED, changed_at=timezone.now())
