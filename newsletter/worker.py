"""The mail worker: the one long-running process. It decides what forms took, sends what is due and
erases what is outdated.

Above issues, subscribing and outbox, because it does the work of all three. `run_mail_worker` runs it.
"""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils.module_loading import import_string

from analytics import api as analytics
from articles import api as articles
from newsletter.bounces import reputation
from newsletter.inbound import mailbox
from newsletter.issues import copies, lifecycle, scheduling
from newsletter.issues.refusals import RefusalMonitor
from newsletter.list_files import jobs
from newsletter.models import HEARTBEAT_EVERY, Heartbeat
from newsletter.outbox import queue, retention
from newsletter.outbox.mail_connection import POLL, MailConnection, Shared
from newsletter.outbox.send_rate import switches
from newsletter.subscribing import intake

PRUNE_EVERY = 3600.0
ISSUES_EVERY = 2.0
INTAKE_EVERY = 1.0  # somebody looks into their inbox
# Between two batches, at least; mostly as long as the last one took: others write meanwhile.
BETWEEN_BATCHES = 0.03
LOOK_EVERY = 0.02  # while connections work: for timers, and for another connection to open
AFTER_DATABASE_ERROR, LONGEST_PAUSE = 1.0, 60.0

logger = logging.getLogger("newsletter.work")


class Worker:
    """One worker: its connections to the mail server, and its timers."""

    def __init__(self, connections: int | None = None) -> None:
        self.shared = Shared(RefusalMonitor())
        number = connections or settings.MAIL_CONNECTIONS
        self.connections = [MailConnection(self.shared) for _ in range(number)]
        self.pruning: Iterator[tuple[str, int]] | None = None
        self.jobs: Iterator[None] | None = None
        self.intake = intake.Decider()
        self.mailbox = mailbox.Poll()
        self.is_behind = False  # batches are left to do for the list
        self.is_asked = False  # forms took more than one turn decides
        self.next_beat = self.next_prune = self.next_issues = self.next_poll = 0.0
        self.next_intake = self.next_others = 0.0

    def run_until_stopped(self) -> None:
        """Work until a signal asks to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = AFTER_DATABASE_ERROR
        while not self.shared.stopping:
            try:
                self.round()
                pause = AFTER_DATABASE_ERROR
                self.wait(BETWEEN_BATCHES if self.has_more() else POLL)
            except DatabaseError:
                # A full disk, a lock, a database that restarts: whatever it is, it isn't mended by
                # trying faster.
                logger.exception(
                    "The database did not answer; the next try comes in %d seconds.", pause
                )
                self.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ask for an end after the mails in hand.

        A second signal ends at once; the lease lets the mails be found again.
        """
        self.shared.stopping = True
        signal.signal(number, signal.SIG_DFL)

    def close(self) -> None:
        """Close the connections to the mail server."""
        for one in self.connections:
            one.close()

    def end_mailbox(self) -> None:
        """End what runs beside: after the mail in hand when a signal asked to stop."""
        self.mailbox.close(at_once=self.shared.stopping)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for a signal."""
        self.shared.wait(seconds)

    def round(self) -> None:
        """Do all that is due."""
        if not connection.in_atomic_block:
            close_old_connections()
        for one in self.connections:
            one.mark_again()
        self.run_timers()
        self.send_due()
        articles.prepare_next_picture()
        articles.relate_some()

    def run_all(self) -> None:
        """Do all that is due, to the last batch."""
        self.round()
        while self.has_more() or copies.step():  # a letter that servers refuse was paused meanwhile
            self.wait(BETWEEN_BATCHES)
            self.round()

    def has_more(self) -> bool:
        """Whether batches are left, of whatever sort."""
        return self.is_behind or self.is_asked or self.pruning is not None

    def run_timers(self) -> None:
        """Beat, free what dead workers held, decide what forms took, start issues and prune: each at
        its own interval.
        """
        now = time.monotonic()
        if now >= self.next_beat:
            reputation.check()
            Heartbeat.beat(self.trouble())
            queue.release_expired()
            analytics.tick()
            self.next_beat = now + HEARTBEAT_EVERY.total_seconds()
        if now >= self.next_poll:
            self.shared.paused, self.shared.bulk_paused = switches()
            self.next_poll = now + POLL
        if now >= self.next_intake:
            self.is_asked = self.intake.tick()
            self.next_intake = _after(now) if self.is_asked else now + INTAKE_EVERY
        self.mailbox.tick()
        if not self.shared.clock.is_trusted():
            return  # what begins or is erased by a wrong clock can't be taken back
        if now >= self.next_issues:
            self.is_behind = scheduling.tick() | self.work_on_jobs()
            self.next_issues = _after(now) if self.is_behind else now + ISSUES_EVERY
        if now >= self.next_others:
            self.run_others()
            self.next_others = now + ISSUES_EVERY
        if now >= self.next_prune:
            is_more = self.prune()
            self.next_prune = _after(now) if is_more else now + PRUNE_EVERY

    def trouble(self) -> str:
        """Return what to tell the people who run the site; mostly nothing."""
        return self.shared.breaker.trouble or reputation.trouble() or lifecycle.trouble()

    def work_on_jobs(self) -> bool:
        """Do a batch of what people asked for the whole list; whether there was one."""
        self.jobs = self.jobs or jobs.batches()
        try:
            next(self.jobs)
        except StopIteration:
            self.jobs = None
            return False
        except DatabaseError:
            self.jobs = None
            raise
        return True

    def prune(self) -> bool:
        """Erase a batch of what is past its retention; whether there may be more."""
        self.pruning = self.pruning or retention.batches()
        more = False
        try:
            more = any(number for _, number in self.pruning)  # as far as one that found something
        finally:
            self.pruning = self.pruning if more else None
        return more

    def are_timers_due(self) -> bool:
        """Whether something other than mail waits for its turn."""
        return time.monotonic() >= min(self.next_poll, self.next_issues, self.next_prune)

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
        """Send every mail that is due, as long as we may."""
        first, *others = self.connections
        has_sent = (
            self.send_together() if others else first.drain(self.run_timers, self.are_timers_due)
        )
        if has_sent:
            lifecycle.finish_sent()

    def send_together(self) -> bool:
        """Send by several connections, each in a thread; this one keeps the timers.

        One begins; another joins as long as the latest has found a second mail. Whether there was
        anything to send.
        """
        first, *others = self.connections
        first.claimed = first.claimed or first.next_delivery()
        if not first.claimed:
            return False
        latest, threads = first, [self._thread(first)]
        while any(thread.is_alive() for thread in threads):
            if others and latest.is_busy:
                latest = others.pop(0)
                threads.append(self._thread(latest))
            self.run_timers()
            threads[0].join(LOOK_EVERY) if threads[0].is_alive() else time.sleep(LOOK_EVERY)
        failed, self.shared.failed = self.shared.failed, None
        if failed:
            raise failed
        return True

    def _thread(self, one: MailConnection) -> threading.Thread:
        one.is_busy = False
        thread = threading.Thread(target=self._drain, args=[one], daemon=True)
        thread.start()
        return thread

    def _drain(self, one: MailConnection) -> None:
        try:
            one.drain()
        except BaseException as error:
            self.shared.failed = error
        finally:
            connection.close()


def _after(begun: float) -> float:
    """Return when the next batch begins: others have as long as the last one took."""
    now = time.monotonic()
    return now + max(BETWEEN_BATCHES, now - begun)
