"""The rate limiter's Redis: counts that hold over several machines."""

import secrets
from functools import cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from trustsite.web.rate_limit.circuit_breaker import CircuitBreaker, CircuitOpenError
from trustsite.web.rate_limit.store import (
    KEY_LIFETIME,
    TIMEOUT,
    RateLimitUnavailableError,
    Usage,
    digest_of,
    whole_seconds,
)


class RedisStore:
    """Counts in Redis, for several machines."""

    # One step, so that calls at the same moment all count. Returns the count, and the milliseconds
    # to wait or 0.
    INCREMENT = """
        local count = tonumber(redis.call('GET', KEYS[1]) or '0')
        if count >= tonumber(ARGV[1]) then return {count, math.max(1, redis.call('PTTL', KEYS[1]))} end
        count = redis.call('INCR', KEYS[1])
        if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return {count, 0}
    """
    LOWER = """
        local count = tonumber(redis.call('GET', KEYS[1]) or '0')
        if count > 0 then
            redis.call('SET', KEYS[1], math.max(0, count - tonumber(ARGV[1])), 'KEEPTTL')
        end
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.client = Redis.from_url(
            url,
            socket_timeout=timeout / 2,
            socket_connect_timeout=timeout / 2,
            retry=Retry(NoBackoff(), 0),
        )
        self.breaker = CircuitBreaker()

    def increment(self, value: str, max_count: int, window: int) -> Usage:
        count, wait = self._run(self.INCREMENT, value, max_count, window * 1000)
        return Usage(int(count), whole_seconds(wait / 1000) if wait else 0)

    def lower(self, value: str, by: int) -> None:
        self._run(self.LOWER, value, by)

    def _run(self, script: str, value: str, *arguments: int) -> list[int]:
        try:
            with self.breaker.call():
                digest = digest_of(self._hash_key(), value).hex()
                key = f"limit:{digest}"
                result: list[int] = self.client.eval(script, 1, key, *map(str, arguments))
        except CircuitOpenError as error:
            raise RateLimitUnavailableError("Redis was away a moment ago") from error
        except (RedisError, OSError) as error:
            raise RateLimitUnavailableError(
                f"Redis did not answer ({type(error).__name__})"
            ) from error
        return result

    def _hash_key(self) -> bytes:
        """Return the hash key of the day, made by whoever comes first; Redis throws it away."""
        key = secrets.token_bytes(32)
        stored = self.client.set("limit:hash-key", key, nx=True, ex=KEY_LIFETIME, get=True)
        return bytes(stored) if stored else key  # type: ignore[arg-type]


@cache
def redis_store_at(url: str) -> RedisStore:
    """Return the store of a Redis, one in a process."""
    return RedisStore(url)
