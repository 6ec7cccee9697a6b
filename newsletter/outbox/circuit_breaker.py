"""Circuit breaker: a pause for a mail server that is away, so that it isn't tried every second.

A server is away when connections to it break, or when it has put off one mail after the other and
taken none. The first mail that it takes again ends the pause.
"""

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from newsletter.models import Delivery
from newsletter.outbox.smtp_errors import Classification

MAX_FAILURES = 5  # in a row, before the first pause
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 15 * 60.0  # seconds

logger = logging.getLogger(__name__)


@dataclass
class CircuitBreaker:
    """Counts failures in a row; from MAX_FAILURES on each asks for a longer pause."""

    failures: int = 0
    since: datetime | None = None  # when the first of them came
    open_until: float = 0.0
    trouble: str = ""  # what to tell the people who run the site
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def judge(self, failure: Classification) -> Classification:
        """Return a failure as it is to be taken: among so many it is the server's, not the mail's."""
        if _counts(failure) and self.failures >= MAX_FAILURES - 1:
            return replace(failure, away=True)
        return failure

    def record(self, failure: Classification) -> None:
        """Take in that a mail wasn't taken, and why."""
        with self.lock:
            if not _counts(failure):
                self._close()
            elif not self.is_open():  # else it is another connection's, of the same moment
                self._count(failure)

    def record_sent(self) -> datetime | None:
        """Take in that a mail was taken; return since when the server had been away, if it was."""
        with self.lock:
            since = self.since if self.failures >= MAX_FAILURES else None
            self._close()
            return since

    def _count(self, failure: Classification) -> None:
        self.failures += 1
        self.since = self.since or timezone.now()
        if self.failures >= MAX_FAILURES:
            pause = min(FIRST_PAUSE * 2 ** (self.failures - MAX_FAILURES), LONGEST_PAUSE)
            self.open_until = time.monotonic() + pause
            says = "takes no mail" if failure.opened else "can't be reached"
            self.trouble = f"The mail server {says}: {failure.reply}"[:200]
            logger.error(
                "The mail server failed %d times in a row; a pause of %d seconds.",
                self.failures,
                pause,
            )

    def _close(self) -> None:
        self.failures, self.since, self.open_until, self.trouble = 0, None, 0.0, ""

    def is_open(self) -> bool:
        """Whether nothing should be tried now."""
        return time.monotonic() < self.open_until


def _counts(failure: Classification) -> bool:
    """Whether a failure may be the server's own. What waits longer than usual is a mailbox's."""
    is_put_off = failure.state == Delivery.State.RETRY and not failure.slow
    return failure.broken or is_put_off
