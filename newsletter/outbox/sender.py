"""The outbox: how a mail gets from a row to a mail server. The numbers are the rules it keeps.

What it promises: every mail is sent at least once; a crash costs at most one extra copy, with the same Message-ID; nobody
who left before a mail was taken up receives it. Exactly once can't be had over SMTP (RFC 1047).
docs/decisions/0004 and 0011 have the measurements.
"""

import logging
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from newsletter import suppression
from newsletter.emails import messages, welcome_series
from newsletter.inbound import bounces
from newsletter.models import Delivery, Letter, Subscriber, new_message_id
from newsletter.outbox import personalise, queue_sql, smtp_backend
from newsletter.outbox.send_rate import Pace
from newsletter.outbox.smtp_errors import Verdict, judge_connecting, judge_sending

LEASE = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(minutes=1)  # by which a lease may be longer than ours gives
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 4 * 60, 12 * 60)]
SPREAD = 0.2  # pauses vary by a fifth either way, so that mails put off together don't come back together
CRASHES_FORGIVEN = 2
TELLING = [
    Delivery.Kind.GUIDE,
    Delivery.Kind.GOODBYE,
]  # mails whose end is noted with their person too
LOOK_AGAIN = timedelta(minutes=1)  # for a mail whose letter was paused while we held it

State = Delivery.State
logger = logging.getLogger(__name__)


class NotLetIn(Exception):  # noqa: N818  a state of the world, not a mistake
    """The mail server doesn't accept our name and password: nothing can be sent until somebody looks."""


def reached(stage: str) -> None:
    """Name the point a mail has got to. Does nothing; tests make the process die here."""


# 1 -- a mail is written into the outbox in the same transaction as what causes it


def enqueue(kind: Delivery.Kind, subscriber: Subscriber) -> None:
    """Have a mail sent to `subscriber`. One of its kind that is still on its way stays the only one."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "A mail and its cause belong into one transaction."
        )
    delivery, new = Delivery.objects.get_or_create(kind=kind, subscriber=subscriber)
    if not new:
        send_again(delivery)


def send_again(delivery: Delivery) -> bool:
    """Put a finished mail into the queue anew. It is a new message, so it gets a Message-ID of its own."""
    values = {"state": State.QUEUED, "attempts": 0, "crashes": 0, "smtp_reply": "", "sent_at": None}
    values |= {
        "message_id": new_message_id(),
        "not_before": timezone.now(),
        "changed_at": timezone.now(),
    }
    return bool(Delivery.objects.finished().filter(pk=delivery.pk).update(**values))


# 2 -- a worker takes one mail at a time, by compare-and-set, for as long as a lease lasts


def claim(*, prompt_only: bool = False) -> Delivery | None:
    """Take the mail that has been due longest, as it and its person are now; None when nothing is due."""
    now, rank = timezone.now(), Delivery.PROMPT if prompt_only else Delivery.PATIENT
    with transaction.atomic(savepoint=False):
        return queue_sql.take(secrets.token_hex(16), now + LEASE, now, rank)


# 3 -- whether it is still wanted is asked after it was taken


def is_wanted(delivery: Delivery) -> bool:
    """Whether this mail may still go to this person."""
    subscriber = delivery.subscriber
    suppressed_as = _suppressed_as(subscriber)
    is_refused = suppressed_as is not None and suppressed_as not in suppression.LIFTED
    if delivery.kind in Delivery.ASKING:
        return (
            subscriber.state in {Subscriber.State.PENDING, Subscriber.State.RETURNED}
            and not is_refused
        )
    if delivery.kind == Delivery.Kind.GOODBYE:
        return subscriber.state == Subscriber.State.LEAVING and not is_refused
    if subscriber.state != Subscriber.State.CONFIRMED or suppressed_as:
        return False
    if delivery.letter and delivery.letter.state not in {
        Letter.State.SENDING,
        Letter.State.SENT,
    }:  # sent: sent again
        return False
    if delivery.letter and subscriber.paused_until and subscriber.paused_until > timezone.now():
        return False  # letters aren't saved up; the notes wait (sequence.py)
    return subscriber.wants_letters or delivery.kind not in Delivery.BY_WISH


def _suppressed_as(subscriber: Subscriber) -> str | None:
    if hasattr(subscriber, "suppressed_as"):  # read with the claim
        return subscriber.suppressed_as  # type: ignore[no-any-return]
    return suppression.reason(subscriber.fingerprint)


# 4, 5 -- it is rendered, sent and marked; a mail that can't be rendered fails and holds nobody up


def deliver(
    delivery: Delivery,
    backend: BaseEmailBackend,
    pace: Pace | None = None,
    then: Callable[[Delivery], object] | None = None,
) -> Verdict | None:
    """Send a mail that `claim` returned. Return what went wrong, if anything did.

    When the server has taken it, `then` is called, which must call `mark_sent`; that is the default.
    """
    reached("after-claim")
    if wait_until := must_wait_until(delivery, pace):
        mark(delivery, State.RETRY if delivery.attempts else State.QUEUED, not_before=wait_until)
        return None
    if not is_wanted(delivery):
        mark(delivery, State.SUPPRESSED)
        return None
    try:
        send = _made(delivery, backend)
    except Exception as error:
        logger.exception("Delivery %d could not be rendered.", delivery.pk)
        mark(
            delivery, State.FAILED, smtp_reply=f"The mail could not be made: {type(error).__name__}"
        )
        return None
    reached("after-render")
    judge = judge_connecting
    try:
        backend.open()
        reached("after-connect")
        judge = judge_sending
        if pace:
            pace.count(delivery)
        send()
    except Exception as error:
        hang_up(backend)
        return settle(delivery, judge(error))
    (then or mark_sent)(delivery)
    return None


def _made(delivery: Delivery, backend: BaseEmailBackend) -> Callable[[], object]:
    """Make the mail; return what sends it."""
    if isinstance(backend, smtp_backend.Backend) and (wire := personalise.wire(delivery)):
        return partial(backend.send_wire, delivery.subscriber.address, wire)
    return partial(backend.send_messages, [messages.render(delivery)])


def must_wait_until(delivery: Delivery, pace: Pace | None) -> datetime | None:
    """Return when to come back to a mail that may go, but not yet. Waiting uses up none of its tries."""
    now, paused_until = timezone.now(), delivery.subscriber.paused_until
    if delivery.letter and delivery.letter.state == Letter.State.PAUSED:
        return (
            now + LOOK_AGAIN
        )  # paused after we took it. Not HELD, for the letter may be going on again by now
    if (
        paused_until
        and paused_until > now
        and delivery.kind in Delivery.BY_WISH
        and not delivery.letter
    ):
        return paused_until
    if welcome_series.gives_way(delivery):
        return now + welcome_series.A_DAY
    seconds = pace.put_off(delivery) if pace else 0
    return now + timedelta(seconds=seconds) if seconds else None


def mark_sent(
    delivery: Delivery, and_take: Callable[[], Delivery | None] | None = None
) -> Delivery | None:
    """Note that the server has taken the mail, and take up the next one in the same transaction. Return that."""
    now = timezone.now()
    with transaction.atomic():
        if (
            delivery.kind in TELLING
        ):  # the person's row first, as everywhere, so that nobody waits in a circle
            list(
                Subscriber.objects.select_for_update()
                .filter(pk=delivery.subscriber_id)
                .values_list("pk")
            )
        if not queue_sql.mark_sent(delivery, now):
            _no_longer_ours(delivery, State.SENT)
        elif delivery.kind == Delivery.Kind.GUIDE:
            welcome_series.guide_went_out(delivery.subscriber_id, now)
        elif delivery.kind == Delivery.Kind.GOODBYE:
            _end_goodbye(delivery)
        following = and_take() if and_take else None
        reached("before-commit")
    reached("after-commit")
    return following


def hang_up(backend: BaseEmailBackend) -> None:
    """Close the connection, whatever state it is in."""
    with suppress(OSError):
        backend.close()


# 6 -- a no for now is tried again, later each time; a no for good is final; a wrong password stops the worker


def settle(delivery: Delivery, verdict: Verdict) -> Verdict:
    """Act on what the server, or the way to it, answered. Raises NotLetIn when nothing can be sent at all."""
    log = logger.error if verdict.alert else logger.warning
    log("Delivery %d: %s", delivery.pk, verdict.reply)
    if verdict.stop:
        mark(delivery, State.RETRY if delivery.attempts else State.QUEUED, smtp_reply=verdict.reply)
        raise NotLetIn(verdict.reply)
    if verdict.state == State.RETRY and not is_tired(delivery, verdict):
        put_off(delivery, verdict)
        return verdict
    state = State.FAILED if verdict.state == State.RETRY else verdict.state
    mark(delivery, state, smtp_reply=verdict.reply, attempts=delivery.attempts + 1)
    if state == State.FAILED and verdict.refused:
        bounces.refused(delivery.subscriber.fingerprint, verdict.meaning, delivery.message_id)
    return verdict


def is_tired(delivery: Delivery, verdict: Verdict) -> bool:
    """Whether a mail has been tried often enough. A server that is away uses up no patience."""
    return delivery.attempts >= len(BACK_OFF) and not verdict.away


def put_off(delivery: Delivery, verdict: Verdict) -> None:
    """Try again after the next pause of BACK_OFF."""
    tried = delivery.attempts
    pause = BACK_OFF[min(tried + verdict.slow, len(BACK_OFF) - 1)]
    not_before = timezone.now() + pause * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311
    mark(delivery, State.RETRY, smtp_reply=verdict.reply, attempts=tried + 1, not_before=not_before)


# 7 -- what a dead worker held comes free when its lease ends; the third time a person must look


def reap() -> int:
    """Free the mails whose worker died while it held them. Return how many there were."""
    now = timezone.now()
    # A lease from the future was taken by a clock that had jumped ahead. It ends as if it were taken now, no sooner:
    # its worker may well be sending.
    ahead = Delivery.objects.filter(
        state=State.SENDING, lease_until__gt=now + LEASE + CLOCKS_DIFFER
    )
    ahead.update(lease_until=now + LEASE)
    lost = Delivery.objects.filter(state=State.SENDING, lease_until__lt=now)
    free: dict[str, Any] = {
        "worker_token": "",
        "lease_until": None,
        "crashes": F("crashes") + 1,
        "changed_at": now,
    }
    given_up = lost.filter(crashes__gte=CRASHES_FORGIVEN).update(state=State.UNKNOWN, **free)
    freed = lost.update(state=State.RETRY, not_before=now, **free)
    if freed or given_up:
        logger.warning(
            "%d mails of a worker that died come free, %d more need a person's look.",
            freed,
            given_up,
        )
    return freed + given_up


# 8 -- only the worker that holds a mail may change it


def mark(delivery: Delivery, state: Delivery.State, **values: Any) -> bool:
    """Set the mail's state if we still hold it. A worker that was too slow changes nothing."""
    held = Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, worker_token=delivery.worker_token
    )
    values |= {
        "state": state,
        "worker_token": "",
        "lease_until": None,
        "changed_at": timezone.now(),
    }
    if not held.update(**values):
        _no_longer_ours(delivery, state)
        return False
    if delivery.kind == Delivery.Kind.GOODBYE and state not in Delivery.OPEN:
        _end_goodbye(delivery)
    return True


def _end_goodbye(delivery: Delivery) -> None:
    Subscriber.objects.filter(pk=delivery.subscriber_id, state=Subscriber.State.LEAVING).delete()


def _no_longer_ours(delivery: Delivery, state: Delivery.State) -> None:
    logger.warning("Delivery %d was no longer ours when it ended as “%s”.", delivery.pk, state)
