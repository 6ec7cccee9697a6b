"""The limit: what callers count against."""

import logging
from dataclasses import dataclass

from django.conf import settings

from trustsite.web.rate_limit.file_store import file_store_at
from trustsite.web.rate_limit.memory_store import process_memory
from trustsite.web.rate_limit.store import MAX_WINDOW, RateLimitUnavailableError, Store, Usage

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """A limit: at most `max_count` within `window` seconds for one value.

    Counts of different names are apart.
    """

    name: str
    max_count: int
    window: int
    falls_back_to_memory: bool = False

    def __post_init__(self) -> None:
        if self.window > MAX_WINDOW:
            raise ValueError(f"The window of {self.name} is longer than hash keys are kept.")

    def increment(self, value: str) -> Usage:
        """Count one; where `max_count` have been counted, count nothing and say how long to wait."""
        for store in _stores(self):
            try:
                usage = store.increment(self._named(value), self.max_count, self.window)
            except RateLimitUnavailableError as error:
                logger.warning("The limit for %s: %s", self.name, error)
                continue
            if usage.count == self.max_count and not usage.is_exceeded:
                logger.warning("The limit for %s was reached.", self.name)
            return usage
        raise RateLimitUnavailableError(self.name)

    def decrement(self, value: str) -> None:
        """Give one back."""
        self._change(value, by=-1)

    def reset(self, value: str) -> None:
        """Forget what was counted for a value."""
        self._change(value, by=-self.max_count)

    def _change(self, value: str, by: int) -> None:
        for store in _stores(self):
            try:
                store.lower(self._named(value), -by)
            except RateLimitUnavailableError as error:
                logger.warning("A count of %s was not given back: %s", self.name, error)

    def _named(self, value: str) -> str:
        return f"{self.name}\n{value}"


def _stores(limit: Limit) -> list[Store]:
    """Return the stores to ask, in order: the next counts when one doesn't answer."""
    stores: list[Store] = [file_store_at(settings.LIMITS_FILE)]
    if settings.CACHE_URL:
        from trustsite.web.rate_limit.redis_store import redis_store_at

        stores.insert(0, redis_store_at(settings.CACHE_URL))
    if limit.falls_back_to_memory:
        stores.append(process_memory())
    return stores
