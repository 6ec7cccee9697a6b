"""Mail connection: one open connection to the mail server, with at most one mail in hand.

A worker has several, each in a thread with a database connection of its own, and grows from one to
as many as are allowed while mails wait. Each mail is claimed, sent and marked on its own, so a
crash costs at most one extra copy a connection. Limits, pauses and refusals are counted over all.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from django.core.mail import get_connection

from newsletter.models import Delivery
from newsletter.outbox import queue, sender
from newsletter.outbox.circuit_breaker import CircuitBreaker
from newsletter.outbox.clock_watch import ClockWatch
from newsletter.outbox.send_rate import RateLimiter
from newsletter.outbox.smtp_errors import Classification

POLL = 1.0  # seconds between two rounds when nothing is due
LONGEST_SLEEP = 0.2  # so that a signal is heard soon

logger = logging.getLogger("newsletter.work")


class Refusals(Protocol):
    """Who counts how copies of an issue end (newsletter/issues/refusals.py)."""

    def record_sent(self, delivery: Delivery) -> None: ...

    def record(self, delivery: Delivery, failure: Classification) -> None: ...


@dataclass
class Shared:
    """What the connections of one worker have in common."""

    refusals: Refusals
    limiter: RateLimiter = field(default_factory=RateLimiter.from_settings)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    clock: ClockWatch = field(default_factory=ClockWatch)
    stopping: bool = False  # a signal asked to
    paused: bool = False  # a person has stopped all sending
    bulk_paused: bool = False  # letters and notes are held back (bounces/reputation.py)
    failed: BaseException | None = None  # what ended one connection ends the others

    def may_send(self) -> bool:
        """Whether nobody wants us to stop, the mail server isn't away and the clock is right."""
        stops = self.stopping or self.paused or self.failed is not None
        return not (stops or self.breaker.is_open()) and self.clock.is_trusted()

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for a signal."""
        until = time.monotonic() + seconds
        while not self.stopping:
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, LONGEST_SLEEP))


class MailConnection:
    """A connection that stays open while there is work."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.backend = get_connection()
        sender.watch(self.backend, lambda: shared.stopping)
        self.claimed: Delivery | None = None  # not yet tried
        self.unmarked: Delivery | None = None  # sent, but the database would not record it
        self.has_place = False  # in the rate limit, for a mail claimed along with a record
        self.is_busy = False  # it found another mail after its first

    def drain(
        self, timers: Callable[[], None] | None = None, is_due: Callable[[], bool] | None = None
    ) -> bool:
        """Send what is due, one mail after the other, as long as we may; whether anything was.

        `timers` are run in between, when the worker has no thread to spare for them: between two
        mails while we wait, and in the place of the next claim when `is_due` says so.
        """
        self.timers, self.is_due = timers or (lambda: None), is_due or (lambda: False)
        sent = False
        while delivery := self.claimed or self.next_delivery():
            self.claimed = None
            try:
                failure = sender.deliver(
                    delivery,
                    self.backend,
                    self.shared.limiter,
                    self.mark_sent,
                    self.shared.breaker,
                )
            finally:
                if not delivery.is_counted:
                    self.shared.limiter.give_back()
            if failure:
                self.shared.breaker.record(failure)
                self.shared.refusals.record(delivery, failure)
            sent = True
            if not self.claimed:
                self.timers()
        if sent:
            # An idle connection would be closed by the other side, and the next mail fail.
            self.close()
        return sent

    def close(self) -> None:
        """Close the connection to the mail server."""
        sender.close(self.backend)

    def next_delivery(self) -> Delivery | None:
        """Claim the next mail when the rate limit allows one; until then nothing is held."""
        limiter = self.shared.limiter
        while self.shared.may_send():
            pause = limiter.reserve(Delivery.BULK)
            if not pause:
                return self._claim()
            if not limiter.reserve(Delivery.HIGH):
                delivery = self._claim(high_only=True)
                if delivery:
                    return delivery
            self.rest(pause)
        return None

    def rest(self, seconds: float) -> None:
        """Wait for the rate limit, at most until the next poll."""
        if seconds > POLL:
            self.close()
        self.shared.wait(min(seconds, POLL))
        self.timers()

    def mark_sent(self, delivery: Delivery) -> None:
        """Record in one transaction that a mail has gone and that the next is ours.

        One wait for the disk a mail, or less: connections share them.
        """
        self.unmarked, self.has_place = delivery, False
        self.claimed = queue.mark_sent(delivery, self.reserve_along)
        self.unmarked = None
        self.is_busy = self.claimed is not None
        if self.has_place and not self.claimed:
            self.shared.limiter.give_back()
        self.shared.refusals.record_sent(delivery)
        away_since = self.shared.breaker.record_sent()
        if away_since:
            queue.release_put_off(away_since)

    def mark_again(self) -> None:
        """Record what could not be recorded: before anything else, or it would be sent again."""
        if self.unmarked:
            queue.mark_sent(self.unmarked)
            self.unmarked = None

    def reserve_along(self) -> int | None:
        """Reserve a place for the next mail, unless something comes first: an end, the timers, the
        rate limit. Return the priority up to which it may be claimed.
        """
        if self.is_due() or not self.shared.may_send():
            return None
        if self.shared.limiter.reserve(Delivery.BULK):
            return None
        self.has_place = True
        return Delivery.HIGH if self.shared.bulk_paused else Delivery.BULK

    def _claim(self, *, high_only: bool = False) -> Delivery | None:
        """Claim a mail for the place that was reserved; give the place back if there is none."""
        delivery = queue.claim(high_only=high_only or self.shared.bulk_paused)
        if delivery is None:
            self.shared.limiter.give_back()
        return delivery
