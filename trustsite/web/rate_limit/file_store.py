"""The rate limiter's file: counts that hold over all processes of a machine."""

import os
import secrets
import sqlite3
import threading
import time
from functools import cache
from pathlib import Path
from typing import NoReturn

from trustsite.web.rate_limit.store import (
    KEY_LIFETIME,
    MAX_WINDOW,
    TIMEOUT,
    RateLimitUnavailableError,
    Usage,
    digest_of,
    whole_seconds,
)

MAX_ROWS = 200_000  # counts in the file; beyond, those that end soonest go
TRIM_EVERY = 256  # new rows between two looks at how many there are
PAUSE = 0.002  # seconds between two tries to open a new file


class FileStore:
    """Counts in a SQLite file.

    One connection a process; threads take turns at it, processes by SQLite's lock.
    """

    TABLES = """
        CREATE TABLE IF NOT EXISTS hash_keys (made_at REAL NOT NULL, key BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS counts (
            id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,
            count INTEGER NOT NULL, ends_at REAL NOT NULL
        );
        CREATE INDEX IF NOT EXISTS counts_ends_at ON counts (ends_at);
    """

    def __init__(self, path: Path, timeout: float = TIMEOUT) -> None:
        self.path = path
        self.timeout = timeout  # of a turn among threads, and of SQLite's lock among processes
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
        digests = [digest_of(key, value) for key in self._hash_keys(connection, now)]
        connection.execute("DELETE FROM counts WHERE ends_at <= ?", [now])
        row = self._row(connection, digests)
        if row is None:
            self._add(connection, digests[0], now + window)
            return Usage(1)
        row_id, count, ends_at = row
        if count >= max_count:
            return Usage(count, whole_seconds(ends_at - now))
        connection.execute("UPDATE counts SET count = count + 1 WHERE id = ?", [row_id])
        return Usage(count + 1)

    def lower(self, value: str, by: int) -> None:
        with _Transaction(self) as connection:
            for key in self._hash_keys(connection, time.time()):
                connection.execute(
                    "UPDATE counts SET count = max(0, count - ?) WHERE digest = ?",
                    [by, digest_of(key, value)],
                )

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
        # SQLite's side files inherit these permissions.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False
        )
        self._switch_to_wal(connection)
        # What is lost in a crash or a power cut is an hour's counts; what is deleted is to be gone.
        connection.executescript(
            "PRAGMA synchronous=OFF; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=1048576;"
        )
        connection.executescript(self.TABLES)
        return connection

    def _switch_to_wal(self, connection: sqlite3.Connection) -> None:
        """Switch to a write-ahead log, within the timeout: for this lock SQLite itself doesn't wait,
        so of processes that open a new file at once some would be refused.
        """
        gives_up_at = time.monotonic() + self.timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= gives_up_at:
                    raise
                time.sleep(PAUSE)

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
    twice the store's timeout.
    """

    def __init__(self, store: FileStore) -> None:
        self.store = store

    def __enter__(self) -> sqlite3.Connection:
        if not self.store.turn.acquire(timeout=self.store.timeout):
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
def file_store_at(path: Path) -> FileStore:
    """Return the store of a file, one in a process."""
    return FileStore(path)
