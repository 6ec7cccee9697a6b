"""The circuit breaker: a server that didn't answer isn't asked for a while, then by one at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 10.0  # seconds


class CircuitOpenError(Exception):
    """The server didn't answer a moment ago, so it wasn't asked."""


class CircuitBreaker:
    """Lets calls through while they succeed.

    After one that failed it lets none through for `pause` seconds, then one, whose outcome decides:
    however many threads have something to ask, one at most waits for a server that is away.
    """

    def __init__(self, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic) -> None:
        self.pause, self.clock = pause, clock
        self.open_until: float | None = None  # None: it is closed, and calls go through
        self.lock = threading.Lock()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Run the block, or raise CircuitOpenError at once; whatever it raises is a failure."""
        self._enter()
        try:
            yield
        except BaseException:
            with self.lock:
                self.open_until = self.clock() + self.pause
            raise
        with self.lock:
            self.open_until = None

    def _enter(self) -> None:
        with self.lock:
            if self.open_until is None:
                return
            if self.clock() < self.open_until:
                raise CircuitOpenError
            # Ours is the one call; the others go on as if it had failed, until it is back.
            self.open_until = self.clock() + self.pause
