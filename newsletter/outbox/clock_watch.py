"""Clock watch: whether the time of day has jumped, against a clock that can't.

A machine's time may be a day ahead for a moment: after a wrong answer of a time server, or when a
guest wakes. By such a clock a letter of tomorrow would begin and people would be erased early. So
after a jump nothing is done for a minute. A clock that was put right for good is believed then.
"""

import logging
import threading
import time

MAX_JUMP = 60.0  # seconds, either way
SETTLE = 60.0  # seconds without a jump

logger = logging.getLogger("newsletter.work")


class ClockWatch:
    """Compares how far two clocks went since it last looked."""

    def __init__(self) -> None:
        self.wall, self.steady = time.time(), time.monotonic()
        self.trusted_from = 0.0
        self.lock = threading.Lock()

    def is_trusted(self) -> bool:
        """Whether the time of day has gone as it should for a minute."""
        with self.lock:  # each connection asks, and all must hear the same
            return self._look()

    def _look(self) -> bool:
        wall, steady = time.time(), time.monotonic()
        jump = (wall - self.wall) - (steady - self.steady)
        self.wall, self.steady = wall, steady
        if abs(jump) > MAX_JUMP:
            logger.error("The clock jumped by %d seconds; nothing is sent for a minute.", jump)
            self.trusted_from = steady + SETTLE
        return steady >= self.trusted_from
