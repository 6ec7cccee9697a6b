"""The sender: one claimed mail, checked, rendered, handed to the mail server and marked.

Whether a mail is still wanted is asked after it was claimed, so nobody who left before receives it.
A mail that can't be rendered fails and holds nobody up. A refusal for now is tried again, later
each time; one for good is final; a wrong password stops the worker.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from newsletter.bounces import bounces, return_path
from newsletter.emails import messages
from newsletter.models import Delivery
from newsletter.outbox import failpoints, personalise, queue, smtp_backend
from newsletter.outbox.circuit_breaker import CircuitBreaker
from newsletter.outbox.eligibility import is_wanted, wait_until
from newsletter.outbox.send_rate import RateLimiter
from newsletter.outbox.smtp_errors import (
    Classification,
    classify_connection_error,
    classify_send_error,
)

BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 4 * 60, 12 * 60)]
# A server that is away costs a mail neither patience nor tries: it goes within this time of the
# first connection that works. One that lets us in and then takes nothing is waited for as long as
# a relay would keep a mail, or a single mail that it can't bear would be tried for ever.
AFTER_AWAY = timedelta(minutes=1)
LONGEST_AWAY = timedelta(days=3)
# Pauses vary by a fifth either way, so that mails put off together don't come back together.
JITTER = 0.2
SHORT = 2.0  # seconds that a mail in hand waits for its turn; for longer it goes back

State = Delivery.State
logger = logging.getLogger(__name__)


class SmtpAuthenticationRejected(Exception):  # noqa: N818  a state of the world, not a mistake
    """The mail server refuses our name and password: nothing can be sent until somebody looks."""


def deliver(
    delivery: Delivery,
    backend: BaseEmailBackend,
    limiter: RateLimiter | None = None,
    on_sent: Callable[[Delivery], object] | None = None,
    breaker: CircuitBreaker | None = None,
) -> Classification | None:
    """Send a mail that `queue.claim` returned. Return what went wrong, if anything did.

    When the server has taken it, `on_sent` is called, which must call `queue.mark_sent`; that is
    the default. `breaker` knows whether the server takes nothing at all.
    """
    failpoints.hit("after-claim")
    send = _prepare(delivery, backend, limiter)
    if send is None:
        return None
    failpoints.hit("after-render")
    classify = classify_connection_error
    try:
        backend.open()
        failpoints.hit("after-connect")
        classify = classify_send_error
        if limiter and not _wait_for_turn(delivery, limiter):
            return None
        send()
    except Exception as error:
        close(backend)
        failure = classify(error)
        return handle_failure(delivery, breaker.judge(failure) if breaker else failure)
    (on_sent or queue.mark_sent)(delivery)
    return None


def watch(backend: BaseEmailBackend, is_stopping: Callable[[], bool]) -> None:
    """Let a backend that waits long for an answer see that the worker is asked to stop."""
    if isinstance(backend, smtp_backend.Backend):
        backend.is_stopping = is_stopping


def _wait_for_turn(delivery: Delivery, limiter: RateLimiter) -> bool:
    """Wait until the rate limit lets the mail go; put it back when that takes long."""
    while pause := limiter.take(delivery):
        if pause > SHORT:
            not_before = timezone.now() + timedelta(seconds=pause)
            queue.mark(delivery, _waiting_state(delivery), not_before=not_before)
            return False
        time.sleep(pause)
    delivery.is_counted = True
    return True


def _prepare(
    delivery: Delivery, backend: BaseEmailBackend, limiter: RateLimiter | None
) -> Callable[[], object] | None:
    """Return what sends the mail; None, with the mail marked, when it isn't to be sent now."""
    not_before = wait_until(delivery, limiter)
    if not_before:
        queue.mark(delivery, _waiting_state(delivery), not_before=not_before)
        return None
    if not is_wanted(delivery):
        queue.mark(delivery, State.SUPPRESSED)
        return None
    try:
        return _render(delivery, backend)
    except Exception as error:
        logger.exception("Delivery %d could not be rendered.", delivery.pk)
        reply = f"The mail could not be made: {type(error).__name__}"
        queue.mark(delivery, State.FAILED, smtp_reply=reply)
        return None


def _render(delivery: Delivery, backend: BaseEmailBackend) -> Callable[[], object]:
    """Render the mail; return what sends it."""
    if isinstance(backend, smtp_backend.Backend):
        backend.on_silence = partial(queue.extend_lease, delivery)
        raw = personalise.raw_bytes(delivery)
        if raw:
            sender = return_path.address(delivery)
            return partial(backend.send_raw, sender, delivery.subscriber.address, raw)
    message = messages.render(delivery)
    if isinstance(backend, smtp_backend.Backend):
        return_path.put_on(message, delivery)
    return partial(backend.send_messages, [message])


def close(backend: BaseEmailBackend) -> None:
    """Close the connection, whatever state it is in."""
    with suppress(OSError):
        backend.close()


def handle_failure(delivery: Delivery, failure: Classification) -> Classification:
    """Act on what the server, or the way to it, answered; return it as it ended for the mail.

    Raises SmtpAuthenticationRejected when nothing can be sent at all.
    """
    log = logger.error if failure.alert else logger.warning
    log("Delivery %d: %s", delivery.pk, failure.reply)
    if failure.stop:
        queue.mark(delivery, _waiting_state(delivery), smtp_reply=failure.reply)
        raise SmtpAuthenticationRejected(failure.reply)
    if failure.state == State.RETRY and not is_exhausted(delivery, failure):
        schedule_retry(delivery, failure)
        return failure
    if failure.state == State.RETRY:
        failure = replace(failure, state=State.FAILED)
    queue.mark(delivery, failure.state, smtp_reply=failure.reply, attempts=delivery.attempts + 1)
    if failure.state == State.FAILED and failure.refused:
        bounces.refused(delivery.subscriber.fingerprint, failure.meaning, delivery.message_id)
    return failure


def is_exhausted(delivery: Delivery, failure: Classification) -> bool:
    """Whether a mail has been tried often enough."""
    return delivery.attempts >= len(BACK_OFF) and not is_spared(delivery, failure)


def is_spared(delivery: Delivery, failure: Classification) -> bool:
    """Whether a try doesn't count, because it was the server that was away."""
    is_waited_for = timezone.now() - delivery.created_at < LONGEST_AWAY
    return failure.away and (is_waited_for or not failure.opened)


def schedule_retry(delivery: Delivery, failure: Classification) -> None:
    """Try again after the next pause of BACK_OFF. A server that is away uses up no attempt."""
    spared = is_spared(delivery, failure)
    attempts = delivery.attempts if spared else delivery.attempts + 1
    pause = BACK_OFF[min(delivery.attempts + failure.slow, len(BACK_OFF) - 1)]
    if spared:
        pause = AFTER_AWAY / (1 + JITTER)
    not_before = timezone.now() + pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    queue.mark(
        delivery,
        State.RETRY,
        smtp_reply=failure.reply,
        attempts=attempts,
        not_before=not_before,
    )


def _waiting_state(delivery: Delivery) -> Delivery.State:
    return State.RETRY if delivery.attempts else State.QUEUED
