"""The rate limiter's store, as each backend is one: what it is asked, what it answers, and how it
hashes and rounds.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol

TIMEOUT = 0.1  # seconds a store may take before it counts as away
KEY_LIFETIME = 24 * 3600  # seconds for which one hash key is used for new counts
# The longest window of a limit; a hash key is thrown away this long after its day.
MAX_WINDOW = 3600


class RateLimitUnavailableError(Exception):
    """No store answered in time."""


@dataclass(frozen=True)
class Usage:
    """What a value has used of its limit: its count, and the seconds to wait when the limit is
    exceeded.
    """

    count: int
    retry_after: int = 0

    @property
    def is_exceeded(self) -> bool:
        return self.retry_after > 0


class Store(Protocol):
    """Where counts stand. Each method raises RateLimitUnavailableError when the store doesn't
    answer in time.
    """

    def increment(self, value: str, max_count: int, window: int) -> Usage: ...

    def lower(self, value: str, by: int) -> None: ...


def whole_seconds(remaining: float) -> int:
    """Return whole seconds, rounded up, and at least one."""
    return max(1, int(-(-remaining // 1)))


def digest_of(key: bytes, value: str) -> bytes:
    return hmac.new(key, value.encode(), hashlib.sha256).digest()
