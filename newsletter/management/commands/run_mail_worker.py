"""`manage.py run_mail_worker`: the one long-running helper. It sends what is due and erases what has been kept long enough."""

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from newsletter.issues import lifecycle
from newsletter.models import HEARTBEAT_EVERY, Delivery, Heartbeat
from newsletter.outbox import retention, sender
from newsletter.outbox.circuit_breaker import Breaker
from newsletter.outbox.refusals import Refusals
from newsletter.outbox.send_rate import Pace, is_paused

POLL = 1.0  # seconds between two looks when nothing is due
LONGEST_SLEEP = 0.2  # so that a signal is heard soon
PRUNE_EVERY = 3600.0
LETTERS_EVERY = 2.0
AFTER_DATABASE_ERROR, LONGEST_PAUSE = 1.0, 60.0
NOT_LET_IN = 3  # exit code: the mail server wants another password

logger = logging.getLogger("newsletter.work")


class Command(BaseCommand):
    """Sends mail until it is told to stop (SIGTERM, SIGINT); it finishes the mail in hand first and exits with 0."""

    help = "Send what waits in the outbox, and erase what has been kept long enough. Runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, then stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        """Run, or do one round."""
        worker = Worker()
        try:
            if once:
                worker.round()
            else:
                worker.run_until_told()
        except sender.NotLetIn as error:
            logger.critical(
                "The mail server does not let us in (%s). Nothing is sent until that is put right.",
                error,
            )
            Heartbeat.beat(f"The mail server does not let us in: {error}"[:200])
            raise SystemExit(NOT_LET_IN) from None
        finally:
            sender.hang_up(worker.backend)


class Worker:
    """One worker: a mail connection that stays open while there is work, and what it has to do when."""

    def __init__(self) -> None:
        self.backend = get_connection()
        self.breaker = Breaker()
        self.refusals = Refusals()
        self.pace = Pace.from_settings()
        self.stopping = self.paused = False
        self.in_hand: Delivery | None = None  # taken up, not yet tried
        self.unmarked: Delivery | None = None  # sent, but the database would not note it
        self.next_beat = self.next_prune = self.next_letters = self.next_look = 0.0

    def run_until_told(self) -> None:
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
                # A full disk, a lock, a database that restarts: whatever it is, it isn't mended by trying faster.
                logger.exception(
                    "The database did not answer; the next try comes in %d seconds.", pause
                )
                self.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ask for an end after the mail in hand. A second signal ends at once; the lease lets the mail be found again."""
        self.stopping = True
        signal.signal(number, signal.SIG_DFL)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for a signal."""
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))

    def round(self) -> None:
        """Do all that is due."""
        if not connection.in_atomic_block:
            close_old_connections()
        if self.unmarked:  # before anything else, or it would be sent again
            sender.mark_sent(self.unmarked)
            self.unmarked = None
        self.look_around()
        self.send_due()

    def look_around(self) -> None:
        """Say that we are alive, free what dead workers held, and sweep; each at its own pace."""
        now = time.monotonic()
        if now >= self.next_look:
            self.paused = is_paused()
            self.next_look = now + POLL
        if now >= self.next_beat:
            Heartbeat.beat(self.breaker.trouble or lifecycle.trouble())
            sender.reap()
            self.next_beat = now + HEARTBEAT_EVERY.total_seconds()
        if now >= self.next_letters:
            lifecycle.look_after()
            self.next_letters = now + LETTERS_EVERY
        if now >= self.next_prune:
            retention.prune()
            self.next_prune = now + PRUNE_EVERY

    def send_due(self) -> None:
        """Send every mail that is due, one at a time, as long as we may."""
        sent = False
        while row := self.in_hand or self.next_mail():
            self.in_hand = None
            verdict = sender.deliver(row, self.backend, self.pace, self.mark_sent)
            self.breaker.note(verdict)
            self.refusals.note(row, verdict)
            sent = True
            if not self.in_hand:
                self.look_around()
        if sent:
            lifecycle.finish_sent()
            # An idle connection would be closed by the other side, and the next mail fail.
            sender.hang_up(self.backend)

    def may_send(self) -> bool:
        """Whether nobody wants us to stop and the mail server isn't away."""
        return not (self.stopping or self.paused or self.breaker.is_open())

    def next_mail(self) -> Delivery | None:
        """Take up the next mail, when the pace allows one; until then nothing is held."""
        while self.may_send():
            if not self.pace.wait(Delivery.PATIENT):
                return sender.claim()
            if not self.pace.wait(Delivery.PROMPT) and (row := sender.claim(prompt_only=True)):
                return row
            self.rest(self.pace.wait(Delivery.PATIENT))
        return None

    def rest(self, seconds: float) -> None:
        """Let the pace have its time, at most until the next look around."""
        if seconds > POLL:
            sender.hang_up(self.backend)
        self.wait(min(seconds, POLL))
        self.look_around()

    def mark_sent(self, row: Delivery) -> None:
        """Note in one transaction that a mail has gone and that the next is ours: one wait for the disk a mail."""
        self.unmarked = row
        self.in_hand = sender.mark_sent(row, self.take_along)
        self.unmarked = None
        self.refusals.note_sent(row)

    def take_along(self) -> Delivery | None:
        """Take up the next mail, unless something else comes first: an end, a look around, the pace."""
        busy = time.monotonic() >= self.next_look or self.pace.wait(Delivery.PATIENT)
        return sender.claim() if self.may_send() and not busy else None
