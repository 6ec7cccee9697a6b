"""A pause for a mail server that is away, so that it isn't called every second, nor every mail tried in vain."""

import logging
import time
from dataclasses import dataclass

from newsletter.outbox.smtp_errors import Verdict

FAILURES = 5  # broken connections in a row before the first pause
FIRST, LONGEST = 60.0, 15 * 60.0  # seconds

logger = logging.getLogger(__name__)


@dataclass
class Breaker:
    """Counts broken connections in a row; after `FAILURES` it asks for a pause that doubles with each further one."""

    failures: int = 0
    paused_until: float = 0.0
    trouble: str = ""  # what to tell the people who run the site

    def note(self, verdict: Verdict | None) -> None:
        """Take in how a mail fared; None means well."""
        if verdict is None or not verdict.broken:
            self.failures, self.trouble = 0, ""
            return
        self.failures += 1
        if self.failures >= FAILURES:
            pause = min(FIRST * 2 ** (self.failures - FAILURES), LONGEST)
            self.paused_until = time.monotonic() + pause
            self.trouble = f"The mail server can't be reached: {verdict.reply}"[:200]
            logger.error(
                "The mail server failed %d times in a row; a pause of %d seconds.",
                self.failures,
                pause,
            )

    def is_open(self) -> bool:
        """Whether nothing should be tried now."""
        return time.monotonic() < self.paused_until
