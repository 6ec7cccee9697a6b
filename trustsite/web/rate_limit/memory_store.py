"""The rate limiter's memory of one process: the last resort."""

import secrets
import threading
import time
from functools import cache

from trustsite.web.rate_limit.store import Usage, digest_of, whole_seconds

MAX_COUNTS = 10_000


class MemoryStore:
    """Counts in this process: the last resort, so that guessing is slow even when nothing else
    answers.
    """

    def __init__(self) -> None:
        self.counts: dict[bytes, tuple[int, float]] = {}
        self.turn = threading.Lock()
        self.key = secrets.token_bytes(32)

    def increment(self, value: str, max_count: int, window: int) -> Usage:
        now, digest = time.time(), digest_of(self.key, value)
        with self.turn:
            if len(self.counts) > MAX_COUNTS:
                self.counts.clear()
            count, ends_at = self.counts.get(digest, (0, now + window))
            if ends_at <= now:
                count, ends_at = 0, now + window
            if count >= max_count:
                return Usage(count, whole_seconds(ends_at - now))
            self.counts[digest] = (count + 1, ends_at)
        return Usage(count + 1)

    def lower(self, value: str, by: int) -> None:
        digest = digest_of(self.key, value)
        with self.turn:
            if digest in self.counts:
                count, ends_at = self.counts[digest]
                self.counts[digest] = (max(0, count - by), ends_at)


@cache
def process_memory() -> MemoryStore:
    """Return this process's own store."""
    return MemoryStore()
