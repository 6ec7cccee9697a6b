"""The delivery queue: mails are enqueued with what causes them, claimed by one worker, and marked.

What it promises: every mail is sent at least once; a crash costs at most one extra copy, with the
same Message-ID; only the worker that holds a mail may change it. Exactly once can't be had over
SMTP (RFC 1047). docs/decisions/0004 and 0011 have the measurements.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from analytics.api import SENT, count_mail
from newsletter.emails import welcome_series
from newsletter.models import Delivery, Subscriber, new_message_id
from newsletter.outbox import failpoints, queue_sql
from newsletter.outbox.group_commit import GroupCommit

LEASE = timedelta(minutes=5)
CLOCK_SKEW = timedelta(minutes=1)  # by which a lease may be longer than ours gives
MAX_CRASHES = 2  # forgiven; the next time a person must look
REQUEUED = [
    "state",
    "attempts",
    "crashes",
    "smtp_reply",
    "sent_at",
    "message_id",
    "not_before",
    "changed_at",
]
# Mails whose end is recorded with their person too.
UPDATES_SUBSCRIBER = [Delivery.Kind.GUIDE, Delivery.Kind.GOODBYE]

State = Delivery.State
logger = logging.getLogger(__name__)
# SQLite lets its writers in one after the other and has them sleep in between. The connections of
# one worker take turns here instead.
_turn = threading.RLock()


def enqueue(kind: Delivery.Kind, subscriber: Subscriber) -> None:
    """Have a mail sent, in the transaction of what causes it.

    One of its kind that is still on its way stays the only one.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "A mail and its cause belong into one transaction."
        )
    delivery, is_new = Delivery.objects.get_or_create(kind=kind, subscriber=subscriber)
    if not is_new:
        requeue(delivery)


def requeue(delivery: Delivery) -> bool:
    """Put a finished mail into the queue anew, as a new message with a Message-ID of its own."""
    with transaction.atomic():
        return bool(requeue_all([delivery.pk]))


def requeue_all(pks: list[int]) -> int:
    """Put a batch of finished mails into the queue anew; return how many there were."""
    now = timezone.now()
    rows = list(Delivery.objects.finished().filter(pk__in=pks).select_for_update())
    for row in rows:
        row.state, row.attempts, row.crashes, row.smtp_reply = State.QUEUED, 0, 0, ""
        row.sent_at, row.message_id = None, new_message_id()
        row.not_before = row.changed_at = now
    Delivery.objects.bulk_update(rows, REQUEUED, batch_size=100)
    return len(rows)


def claim(*, high_only: bool = False) -> Delivery | None:
    """Take the mail that has been due longest, as it and its person are now; None if nothing is."""
    now, priority = timezone.now(), Delivery.HIGH if high_only else Delivery.BULK
    with _turns(), transaction.atomic(savepoint=False):
        _, claimed = queue_sql.record_and_claim([], now, _claim_of(1, priority, now))
    return claimed[0] if claimed else None


def _claim_of(number: int, priority: int, now: datetime) -> queue_sql.Claim:
    return queue_sql.Claim(number, secrets.token_hex(16), now + LEASE, now, priority)


def mark(delivery: Delivery, state: Delivery.State, **values: Any) -> bool:
    """Set the mail's state if we still hold it. A worker that was too slow changes nothing."""
    ours = Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, worker_token=delivery.worker_token
    )
    values |= {
        "state": state,
        "worker_token": "",
        "lease_until": None,
        "changed_at": timezone.now(),
    }
    if not ours.update(**values):
        _log_lost_lease(delivery, state)
        return False
    if delivery.kind == Delivery.Kind.GOODBYE and state not in Delivery.OPEN:
        _erase_after_goodbye(delivery)
    return True


@dataclass
class Sent:
    """A mail that the server took, and the next one of its connection, if that may have one."""

    delivery: Delivery
    # Asked within the transaction: the priority up to which the next one may be claimed.
    may_claim: Callable[[], int | None] = lambda: None
    following: Delivery | None = None


def mark_sent(
    delivery: Delivery, may_claim: Callable[[], int | None] = lambda: None
) -> Delivery | None:
    """Record that the server took the mail; claim the next in the same transaction, return that."""
    sent = Sent(delivery, may_claim)
    if connection.in_atomic_block:
        _record_all([sent])
    else:
        _TOGETHER.store(sent)
    failpoints.hit("after-commit")
    return sent.following


def _record_all(all_sent: list[Sent]) -> None:
    """Record what several connections have sent, and claim a mail for each that may have one.

    In one transaction; none of them goes on before it's over.
    """
    more = any(sent.delivery.kind in UPDATES_SUBSCRIBER for sent in all_sent)
    if connection.vendor == "postgresql" and not more:
        # A transaction by itself: BEGIN and COMMIT would be two more journeys to the server.
        failpoints.hit("before-commit")
        _record_and_claim(all_sent)
        return
    with _turns(), transaction.atomic():
        _record_and_claim(all_sent)
        failpoints.hit("before-commit")


def _record_and_claim(all_sent: list[Sent]) -> None:
    now = timezone.now()
    deliveries = [sent.delivery for sent in all_sent]
    _lock_subscribers(deliveries)
    priorities = [sent.may_claim() for sent in all_sent]
    allowed = [priority for priority in priorities if priority is not None]
    claim = _claim_of(len(allowed), min(allowed), now) if allowed else None
    recorded, claimed = queue_sql.record_and_claim(deliveries, now, claim)
    for delivery in deliveries:
        _follow_up(delivery, delivery.pk in recorded, now)
    for sent, priority in zip(all_sent, priorities, strict=True):
        if priority is not None and claimed:
            sent.following = claimed.pop(0)


def _follow_up(delivery: Delivery, is_ours: bool, now: datetime) -> None:
    """Do what a mail's end brings with it."""
    if not is_ours:
        _log_lost_lease(delivery, State.SENT)
    elif delivery.kind == Delivery.Kind.LETTER:
        count_mail(SENT, letters=True)
    elif delivery.kind == Delivery.Kind.GUIDE:
        count_mail(SENT, letters=False)
        welcome_series.guide_went_out(delivery.subscriber_id, now)
    elif delivery.kind == Delivery.Kind.GOODBYE:
        _erase_after_goodbye(delivery)


# Connections share waits for the disk and journeys to the server; SQLite lets one writer in anyway.
_TOGETHER = GroupCommit[Sent](_record_all)


def extend_lease(delivery: Delivery) -> None:
    """Keep a mail whose server takes its time to answer."""
    ours = Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, worker_token=delivery.worker_token
    )
    ours.update(lease_until=timezone.now() + LEASE)


def release_expired() -> int:
    """Free the mails whose worker died while it held them. Return how many there were."""
    now = timezone.now()
    # A lease from the future was taken by a clock that had jumped ahead. It ends as if it were
    # taken now, no sooner: its worker may well be sending.
    ahead = Delivery.objects.filter(state=State.SENDING, lease_until__gt=now + LEASE + CLOCK_SKEW)
    ahead.update(lease_until=now + LEASE)
    expired = Delivery.objects.filter(state=State.SENDING, lease_until__lt=now)
    free: dict[str, Any] = {
        "worker_token": "",
        "lease_until": None,
        "crashes": F("crashes") + 1,
        "changed_at": now,
    }
    given_up = expired.filter(crashes__gte=MAX_CRASHES).update(state=State.UNKNOWN, **free)
    freed = expired.update(state=State.RETRY, not_before=now, **free)
    if freed or given_up:
        logger.warning(
            "%d mails of a worker that died come free, %d more need a person's look.",
            freed,
            given_up,
        )
    return freed + given_up


def release_put_off(since: datetime) -> int:
    """Make due what was put off since a moment, now that the server takes mail again.

    While it takes none, hardly any mail is tried, so these are few.
    """
    now = timezone.now()
    put_off = Delivery.objects.filter(
        state=State.RETRY, changed_at__gte=since - CLOCK_SKEW, not_before__gt=now
    )
    return put_off.update(not_before=now)


def _turns() -> AbstractContextManager[object]:
    return _turn if connection.vendor == "sqlite" else nullcontext()


def _lock_subscribers(deliveries: list[Delivery]) -> None:
    """Lock people's rows before their mails', as everywhere, so that there is no deadlock."""
    pks = [one.subscriber_id for one in deliveries if one.kind in UPDATES_SUBSCRIBER]
    if pks:
        people = Subscriber.objects.select_for_update().filter(pk__in=pks).order_by("pk")
        list(people.values_list("pk"))


def _erase_after_goodbye(delivery: Delivery) -> None:
    Subscriber.objects.filter(pk=delivery.subscriber_id, state=Subscriber.State.LEAVING).delete()


def _log_lost_lease(delivery: Delivery, state: Delivery.State) -> None:
    logger.warning("Delivery %d was no longer ours when it ended as “%s”.", delivery.pk, state)
