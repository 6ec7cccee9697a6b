"""Circuit breaker: a pause for a mail server that is away, so that it isn't tried every second."""

import logging
import threading
import time
from dataclasses import dataclass, field

from newsletter.outbox.smtp_errors import Classification

MAX_FAILURES = 5  # broken connections in a row before the first pause
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 15 * 60.0  # seconds

logger = logging.getLogger(__name__)


@dataclass
class CircuitBreaker:
    """Counts broken connections in a row; from MAX_FAILURES on each asks for a longer pause."""

    failures: int = 0
    open_until: float = 0.0
    trouble: str = ""  # what to tell the people who run the site
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, failure: Classification | None) -> None:
        """Take in how a mail fared; None means well."""
        with self.lock:
            self._record(failure)

    def _record(self, failure: Classification | None) -> None:
        if failure is None or not failure.broken:
            self.failures, self.trouble = 0, ""
            return
        if self.is_open():  # another connection's, of the same moment
            return
        self.failures += 1
        if self.failures >= MAX_FAILURES:
            pause = min(FIRST_PAUSE * 2 ** (self.failures - MAX_FAILURES), LONGEST_PAUSE)
            self.open_until = time.monotonic() + pause
            self.trouble = f"The mail server can't be reached: {failure.reply}"[:200]
            logger.error(
                "The mail server failed %d times in a row; a pause of %d seconds.",
                self.failures,
                pause,
            )

    def is_open(self) -> bool:
        """Whether nothing should be tried now."""
        return time.monotonic() < self.open_until
