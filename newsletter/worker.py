"""The mail worker: the one long-running process. It decides what forms took, sends what is due and
erases what is outdated.

Above issues, subscribing and outbox, because it does the work of all three. `run_mail_worker` runs it.
"""

import logging
import signal
import time
from types import FrameType

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, close_old_connections, connection
from django.utils.module_loading import import_string

from analytics import api as analytics
from articles import api as articles
from newsletter.inbound import mailbox
from newsletter.issues import lifecycle, scheduling
from newsletter.issues.refusals import RefusalMonitor
from newsletter.models import HEARTBEAT_EVERY, Delivery, Heartbeat
from newsletter.outbox import queue, retention, sender
from newsletter.outbox.circuit_breaker import CircuitBreaker
from newsletter.outbox.clock_watch import ClockWatch
from newsletter.outbox.send_rate import RateLimiter, is_paused
from newsletter.subscribing import intake

POLL = 1.0  # seconds between two rounds when nothing is due
LONGEST_SLEEP = 0.2  # so that a signal is heard soon
PRUNE_EVERY = 3600.0
ISSUES_EVERY = 2.0
INTAKE_EVERY = 1.0  # somebody looks into their inbox
AFTER_DATABASE_ERROR, LONGEST_PAUSE = 1.0, 60.0

logger = logging.getLogger("newsletter.work")


class Worker:
    """One worker: a mail connection that stays open while there is work, and its timers."""

    def __init__(self) -> None:
        self.backend = get_connection()
        self.breaker = CircuitBreaker()
        self.refusals = RefusalMonitor()
        self.clock = ClockWatch()
        self.limiter = RateLimiter.from_settings()
        self.intake = intake.Decider()
        self.mailbox = mailbox.Poll()
        self.stopping = self.paused = False
        self.claimed: Delivery | None = None  # not yet tried
        self.unmarked: Delivery | None = None  # sent, but the database would not record it
        self.next_beat = self.next_prune = self.next_issues = self.next_poll = 0.0
        self.next_intake = 0.0

    def run_until_stopped(self) -> None:
        """Work until a signal asks to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = AFTER_DATABASE_ERROR
        while not self.stopping:
            try:
                self.round()
                pause = AFTER_DATABASE_ERROR
                self.wait(POLL)
            except DatabaseError:
                # A full disk, a lock, a database that restarts: whatever it is, it isn't mended by
                # trying faster.
                logger.exception(
                    "The database did not answer; the next try comes in %d seconds.", pause
                )
                self.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ask for an end after the mail in hand.

        A second signal ends at once; the lease lets the mail be found again.
        """
        self.stopping = True
        signal.signal(number, signal.SIG_DFL)

    def close(self) -> None:
        """Close the connection to the mail server."""
        sender.close(self.backend)

    def finish(self) -> None:
        """End what runs beside: after the mail in hand when a signal asked to stop."""
        self.mailbox.close(at_once=self.stopping)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for a signal."""
        until = time.monotonic() + seconds
        while not self.stopping:
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, LONGEST_SLEEP))

    def round(self) -> None:
        """Do all that is due."""
        if not connection.in_atomic_block:
            close_old_connections()
        if self.unmarked:  # before anything else, or it would be sent again
            queue.mark_sent(self.unmarked)
            self.unmarked = None
        self.run_timers()
        self.send_due()
        articles.prepare_next_picture()

    def run_timers(self) -> None:
        """Beat, free what dead workers held, decide what forms took, start issues and prune: each at
        its own interval.
        """
        now = time.monotonic()
        if now >= self.next_poll:
            self.paused = is_paused()
            self.next_poll = now + POLL
        if now >= self.next_beat:
            Heartbeat.beat(self.breaker.trouble or lifecycle.trouble())
            queue.release_expired()
            analytics.tick()
            self.next_beat = now + HEARTBEAT_EVERY.total_seconds()
        if now >= self.next_intake:
            more_waits = self.intake.tick()
            self.next_intake = now if more_waits else now + INTAKE_EVERY
        self.mailbox.tick()
        if not self.clock.is_trusted():
            return  # what begins or is erased by a wrong clock can't be taken back
        if now >= self.next_issues:
            scheduling.tick()
            self.next_issues = now + ISSUES_EVERY
            self.run_others()
        if now >= self.next_prune:
            retention.prune()
            self.next_prune = now + PRUNE_EVERY

    def run_others(self) -> None:
        """Do what other apps have the worker do: each is short, and what breaks there stops no mail."""
        for path in settings.WORKER_TIMERS:
            try:
                import_string(path)()
            except DatabaseError:
                raise
            except Exception:
                logger.exception("What %s does could not be done.", path)

    def send_due(self) -> None:
        """Send every mail that is due, one at a time, as long as we may."""
        sent = False
        while delivery := self.claimed or self.next_delivery():
            self.claimed = None
            failure = sender.deliver(delivery, self.backend, self.limiter, self.mark_sent)
            self.breaker.record(failure)
            self.refusals.record(delivery, failure)
            sent = True
            if not self.claimed:
                self.run_timers()
        if sent:
            lifecycle.finish_sent()
            # An idle connection would be closed by the other side, and the next mail fail.
            self.close()

    def may_send(self) -> bool:
        """Whether nobody wants us to stop, the mail server isn't away and the clock is right."""
        is_held = self.stopping or self.paused or self.breaker.is_open()
        return not is_held and self.clock.is_trusted()

    def next_delivery(self) -> Delivery | None:
        """Claim the next mail when the rate limit allows one; until then nothing is held."""
        while self.may_send():
            if not self.limiter.wait(Delivery.BULK):
                return queue.claim()
            if not self.limiter.wait(Delivery.HIGH):
                delivery = queue.claim(high_only=True)
                if delivery:
                    return delivery
            self.rest(self.limiter.wait(Delivery.BULK))
        return None

    def rest(self, seconds: float) -> None:
        """Wait for the rate limit, at most until the next poll."""
        if seconds > POLL:
            self.close()
        self.wait(min(seconds, POLL))
        self.run_timers()

    def mark_sent(self, delivery: Delivery) -> None:
        """Record in one transaction that a mail has gone and that the next is ours.

        One wait for the disk a mail.
        """
        self.unmarked = delivery
        self.claimed = queue.mark_sent(delivery, self.claim_along)
        self.unmarked = None
        self.refusals.record_sent(delivery)

    def claim_along(self) -> Delivery | None:
        """Claim the next mail, unless something comes first: an end, the timers, the rate limit."""
        is_due_elsewhere = time.monotonic() >= self.next_poll
        if is_due_elsewhere or self.limiter.wait(Delivery.BULK) or not self.may_send():
            return None
        return queue.claim()
