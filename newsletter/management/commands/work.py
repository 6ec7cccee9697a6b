"""`manage.py work`: the one long-running helper. It sends what is due and erases what has been kept long enough."""

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from newsletter import delivery, keeping, letters
from newsletter.breaker import Breaker
from newsletter.models import HEARTBEAT_EVERY, Heartbeat

POLL = 1.0  # seconds between two looks when nothing is due
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
        except delivery.NotLetIn as error:
            logger.critical("The mail server does not let us in (%s). Nothing is sent until that is put right.", error)
            Heartbeat.beat(f"The mail server does not let us in: {error}"[:200])
            raise SystemExit(NOT_LET_IN) from None
        finally:
            delivery.hang_up(worker.backend)


class Worker:
    """One worker: a mail connection that stays open while there is work, and what it has to do when."""

    def __init__(self) -> None:
        self.backend = get_connection()
        self.breaker = Breaker()
        self.stopping = False
        self.next_beat = self.next_prune = self.next_letters = 0.0

    def run_until_told(self) -> None:
        """Work until a signal asks to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = AFTER_DATABASE_ERROR
        while not self.stopping:
            try:
                self.round()
                pause = AFTER_DATABASE_ERROR
                time.sleep(POLL)
            except DatabaseError:
                # A full disk, a lock, a database that restarts: whatever it is, it isn't mended by trying faster.
                logger.exception("The database did not answer; the next try comes in %d seconds.", pause)
                self.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ask for an end after the mail in hand. A second signal ends at once; the lease lets the mail be found again."""
        self.stopping = True
        signal.signal(number, signal.SIG_DFL)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake for a signal."""
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(POLL / 2)

    def round(self) -> None:
        """Do all that is due."""
        if not connection.in_atomic_block:
            close_old_connections()
        self.look_around()
        self.send_due()

    def look_around(self) -> None:
        """Say that we are alive, free what dead workers held, and sweep; each at its own pace."""
        now = time.monotonic()
        if now >= self.next_beat:
            Heartbeat.beat(self.breaker.trouble)
            delivery.reap()
            self.next_beat = now + HEARTBEAT_EVERY.total_seconds()
        if now >= self.next_letters:
            letters.look_after()
            self.next_letters = now + LETTERS_EVERY
        if now >= self.next_prune:
            keeping.prune()
            self.next_prune = now + PRUNE_EVERY

    def send_due(self) -> None:
        """Send every mail that is due, one at a time, unless the mail server is away."""
        sent = False
        while not self.stopping and not self.breaker.is_open() and (row := delivery.claim()):
            self.breaker.note(delivery.deliver(row, self.backend))
            sent = True
            self.look_around()
        if sent:
            letters.finish_sent()
            delivery.hang_up(
                self.backend
            )  # an idle connection would be closed by the other side, and the next mail fail
