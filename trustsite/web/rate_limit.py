"""The rate limiter: counts per value (a network, an account …) that hold over all processes of a
machine.

Counts stand in a small SQLite file of their own beside the database (`LIMITS_FILE`), which is in no
backup and is lost without harm; in Redis where `CACHE_URL` names one, so that several machines
count together. Values are stored as hashes under a key that is made at random each day and thrown
away, so that the file says nothing about who or where.

Every wait has a bound (`TIMEOUT`): a limiter that doesn't answer must not hold a reader's thread.
What happens then is the caller's to choose: `increment` raises RateLimitUnavailableError, or counts
in this process's memory (`falls_back_to_memory`).
"""

import hashlib
import hmac
import logging
import os
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn, Protocol

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT = 0.1  # seconds a store may take before it counts as away
RETRY_REDIS_AFTER = 5  # seconds in which a Redis that was away is not asked again
KEY_LIFETIME = 24 * 3600  # seconds for which one hash key is used for new counts
MAX_WINDOW = (
    3600  # the longest window of a limit; a hash key is thrown away this long after its day
)
MAX_ROWS = 200_000  # counts in the file; beyond, those that end soonest go
MAX_IN_MEMORY = 10_000
TRIM_EVERY = 256  # new rows between two looks at how many there are

logger = logging.getLogger(__name__)


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


class Store(Protocol):
    """Where counts stand. Each method raises RateLimitUnavailableError when the store doesn't
    answer in time.
    """

    def increment(self, value: str, max_count: int, window: int) -> Usage: ...

    def lower(self, value: str, by: int) -> None: ...


def _stores(limit: Limit) -> list[Store]:
    """Return the stores to ask, in order: the next counts when one doesn't answer."""
    stores: list[Store] = [file_store(settings.LIMITS_FILE)]
    if settings.CACHE_URL:
        stores.insert(0, redis_store(settings.CACHE_URL))
    if limit.falls_back_to_memory:
        stores.append(memory_store())
    return stores


def clear() -> None:
    """Forget all counts of this process and its file: for tests."""
    file_store(settings.LIMITS_FILE).clear()
    memory_store().counts.clear()


def _seconds(remaining: float) -> int:
    """Return whole seconds, rounded up, and at least one."""
    return max(1, int(-(-remaining // 1)))


def _digest(key: bytes, value: str) -> bytes:
    return hmac.new(key, value.encode(), hashlib.sha256).digest()


# -- the file --------------------------------------------------------------------------------------
class FileStore:
    """Counts in a SQLite file.

    One connection a process; threads take turns at it, processes by SQLite's lock.
    """

    TABLES = """
        CREATE TABLE IF NOT EXISTS hash_keys (made_at REAL NOT NULL, key BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS counts (
            id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, count INTEGER NOT NULL, ends_at REAL NOT NULL
        );
        CREATE INDEX IF NOT EXISTS counts_ends_at ON counts (ends_at);
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = threading.Lock()
        self.connection: sqlite3.Connection | None = None
        self.process = 0

    def increment(self, value: str, max_count: int, window: int) -> Usage:
        with _Transaction(self) as connection:
            return self._increment(connection, value, max_count, window)

    def _increment(
        self, connection: sqlite3.Connection, value: str, max_count: int, window: int
    ) -> Usage:
        now = time.time()
        digests = [_digest(key, value) for key in self._hash_keys(connection, now)]
        connection.execute("DELETE FROM counts WHERE ends_at <= ?", [now])
        row = self._row(connection, digests)
        if row is None:
            self._add(connection, digests[0], now + window)
            return Usage(1)
        row_id, count, ends_at = row
        if count >= max_count:
            return Usage(count, _seconds(ends_at - now))
        connection.execute("UPDATE counts SET count = count + 1 WHERE id = ?", [row_id])
        return Usage(count + 1)

    def lower(self, value: str, by: int) -> None:
        with _Transaction(self) as connection:
            for key in self._hash_keys(connection, time.time()):
                connection.execute(
                    "UPDATE counts SET count = max(0, count - ?) WHERE digest = ?",
                    [by, _digest(key, value)],
                )

    def clear(self) -> None:
        with _Transaction(self) as connection:
            connection.execute("DELETE FROM counts")

    @staticmethod
    def _row(connection: sqlite3.Connection, digests: list[bytes]) -> tuple[int, int, float] | None:
        for digest in digests:
            statement = "SELECT id, count, ends_at FROM counts WHERE digest = ?"
            row: tuple[int, int, float] | None = connection.execute(statement, [digest]).fetchone()
            if row:
                return row
        return None

    @staticmethod
    def _add(connection: sqlite3.Connection, digest: bytes, ends_at: float) -> None:
        statement = "INSERT INTO counts (digest, count, ends_at) VALUES (?, 1, ?)"
        row_id = connection.execute(statement, [digest, ends_at]).lastrowid or 0
        if row_id % TRIM_EVERY == 0:
            connection.execute(
                "DELETE FROM counts WHERE id IN "
                "(SELECT id FROM counts ORDER BY ends_at DESC LIMIT -1 OFFSET ?)",
                [MAX_ROWS],
            )

    @staticmethod
    def _hash_keys(connection: sqlite3.Connection, now: float) -> list[bytes]:
        """Return the hash keys in use, today's first: yesterday's as long as a count under it may
        last.
        """
        statement = "SELECT made_at, key FROM hash_keys ORDER BY made_at DESC"
        rows = connection.execute(statement).fetchall()
        if not rows or not 0 <= now - rows[0][0] < KEY_LIFETIME:
            key = secrets.token_bytes(32)
            connection.execute("INSERT INTO hash_keys VALUES (?, ?)", [now, key])
            rows.insert(0, (now, key))
        oldest = now - KEY_LIFETIME - MAX_WINDOW
        if rows[-1][0] < oldest:
            connection.execute("DELETE FROM hash_keys WHERE made_at < ?", [oldest])
        return [key for made_at, key in rows if made_at >= oldest]

    def open(self) -> sqlite3.Connection:
        """Return this process's connection; one that came along with a fork is another process's."""
        if self.connection is None or self.process != os.getpid():
            self.connection, self.process = self._connect(), os.getpid()
        return self.connection

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(
            os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        )  # SQLite's side files inherit it
        connection = sqlite3.connect(
            self.path, timeout=TIMEOUT, isolation_level=None, check_same_thread=False
        )
        # What is lost in a crash or a power cut is an hour's counts; what is deleted is to be gone.
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA secure_delete=ON;"
            "PRAGMA journal_size_limit=1048576;"
        )
        connection.executescript(self.TABLES)
        return connection

    def delete(self) -> None:
        """Delete a damaged file: what it holds is worth less than a limiter that works."""
        self.close()
        for name in (self.path.name, f"{self.path.name}-wal", f"{self.path.name}-shm"):
            self.path.with_name(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Drop the connection, so that the next call opens the file anew."""
        if self.connection is not None and self.process == os.getpid():
            self.connection.close()
        self.connection = None


class _Transaction:
    """A turn at the file: a transaction that writes, or RateLimitUnavailableError within about
    `TIMEOUT`.
    """

    def __init__(self, store: FileStore) -> None:
        self.store = store

    def __enter__(self) -> sqlite3.Connection:
        if not self.store.turn.acquire(timeout=TIMEOUT):
            raise RateLimitUnavailableError("other threads hold the file")
        try:
            return self._begin()
        except (sqlite3.Error, OSError) as error:
            self._fail(error)

    def _begin(self) -> sqlite3.Connection:
        try:
            connection = self.store.open()
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            if not self._is_damage(error):
                raise
            self.store.delete()
            connection = self.store.open()
            connection.execute("BEGIN IMMEDIATE")
        return connection

    @staticmethod
    def _is_damage(error: Exception | None) -> bool:
        """Whether the file is no database (any more), and not just busy, full or out of reach."""
        is_database_error = isinstance(error, sqlite3.DatabaseError)
        return is_database_error and not isinstance(error, sqlite3.OperationalError)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        assert self.store.connection is not None  # noqa: S101  opened by __enter__
        try:
            if error is None:
                self.store.connection.execute("COMMIT")
            else:
                self.store.connection.execute("ROLLBACK")
        except sqlite3.Error as failure:
            self._fail(failure)
        if isinstance(error, sqlite3.Error):
            self._fail(error)
        self.store.turn.release()

    def _fail(self, error: Exception) -> NoReturn:
        self.store.close()
        if self._is_damage(error):
            self.store.delete()
        self.store.turn.release()
        raise RateLimitUnavailableError(
            f"the file did not answer ({type(error).__name__})"
        ) from error


@cache
def file_store(path: Path) -> FileStore:
    """Return the store of a file, one in a process."""
    return FileStore(path)


# -- Redis -----------------------------------------------------------------------------------------
class RedisStore:
    """Counts in Redis, for several machines. After a failure it isn't asked for a few seconds."""

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

    def __init__(self, url: str) -> None:
        self.client = Redis.from_url(
            url,
            socket_timeout=TIMEOUT / 2,
            socket_connect_timeout=TIMEOUT / 2,
            retry=Retry(NoBackoff(), 0),
        )
        self.away_until = 0.0

    def increment(self, value: str, max_count: int, window: int) -> Usage:
        count, wait = self._run(self.INCREMENT, value, max_count, window * 1000)
        return Usage(int(count), _seconds(wait / 1000) if wait else 0)

    def lower(self, value: str, by: int) -> None:
        self._run(self.LOWER, value, by)

    def _run(self, script: str, value: str, *arguments: int) -> list[int]:
        if time.monotonic() < self.away_until:
            raise RateLimitUnavailableError("Redis was away a moment ago")
        try:
            digest = _digest(self._hash_key(), value).hex()
            result: list[int] = self.client.eval(script, 1, f"limit:{digest}", *map(str, arguments))
        except (RedisError, OSError) as error:
            self.away_until = time.monotonic() + RETRY_REDIS_AFTER
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
def redis_store(url: str) -> RedisStore:
    """Return the store of a Redis, one in a process."""
    return RedisStore(url)


# -- memory ----------------------------------------------------------------------------------------
class MemoryStore:
    """Counts in this process: the last resort, so that guessing is slow even when nothing else
    answers.
    """

    def __init__(self) -> None:
        self.counts: dict[bytes, tuple[int, float]] = {}
        self.turn = threading.Lock()
        self.key = secrets.token_bytes(32)

    def increment(self, value: str, max_count: int, window: int) -> Usage:
        now, digest = time.time(), _digest(self.key, value)
        with self.turn:
            if len(self.counts) > MAX_IN_MEMORY:
                self.counts.clear()
            count, ends_at = self.counts.get(digest, (0, now + window))
            if ends_at <= now:
                count, ends_at = 0, now + window
            if count >= max_count:
                return Usage(count, _seconds(ends_at - now))
            self.counts[digest] = (count + 1, ends_at)
        return Usage(count + 1)

    def lower(self, value: str, by: int) -> None:
        digest = _digest(self.key, value)
        with self.turn:
            if digest in self.counts:
                count, ends_at = self.counts[digest]
                self.counts[digest] = (max(0, count - by), ends_at)


@cache
def memory_store() -> MemoryStore:
    """Return this process's own store."""
    return MemoryStore()
