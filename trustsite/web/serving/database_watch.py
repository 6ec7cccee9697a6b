"""The database watch: bounds, kept by us, on how long a thread of the web server waits for its database.

PostgreSQL's own limits (statement_timeout, lock_timeout) end with PostgreSQL: one that hangs keeps its connections open and
says nothing. So each call that waits is noted here, and a watchdog cuts the connection of one that takes too long. While a
probe finds the database away, threads don't ask it: a request that needs it fails at once, until the probe is answered again.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread, get_ident
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from trustsite.web.serving.turns import TURNS

PROBE_LIMIT = 1.0  # seconds a look at the cache's version may take
CALL_LIMIT = 6.0  # of any other: more than the server's own statement_timeout
CALL_LIMIT_AWAY = 1.0  # of any other, while the database is away
LONG = 0.1  # of a call, after which its thread's turn is another's (turns.py)
LOOK_EVERY = 0.1
WRITES = (
    "BEGIN IMMEDIATE",
    "INSERT",
    "UPDATE",
    "DELETE",
)  # wait for the disk, or for other writers: no turn is held
WAITING = ("connect", "_commit", "_rollback")  # of a connection, beside its statements

logger = logging.getLogger(__name__)


class DatabaseAwayError(OperationalError):
    """The database didn't answer a moment ago, so it wasn't asked."""


class Call:
    """One call that waits."""

    __slots__ = ("connection", "is_probe", "since")

    def __init__(self, connection: Any, is_probe: bool) -> None:
        self.connection, self.is_probe, self.since = connection, is_probe, time.monotonic()


class DatabaseWatch:
    """The calls of one worker that wait for the database, and whether it is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.calls: dict[int, Call] = {}
        self.lock = Lock()
        self.stopping = Event()

    def start(self) -> None:
        """Begin to watch, in a thread that ends with the process."""
        Thread(target=self._run, name="database watch", daemon=True).start()

    def _run(self) -> None:
        while not self.stopping.wait(LOOK_EVERY):
            try:
                self.look()
            except Exception:  # without this thread nothing that hangs would ever be cut
                logger.exception("The database watch could not look.")

    def guard_thread(self, *, is_probe: bool = False) -> None:
        """Watch the present thread's connection from now on. A probe asks even while the database is away."""
        guarded: Any = connections[DEFAULT_DB_ALIAS]
        for name in WAITING:
            setattr(guarded, name, self._watched(guarded, getattr(guarded, name), is_probe))
        is_usable = self._watched(guarded, guarded.is_usable, is_probe)
        guarded.is_usable = lambda: (is_probe or not self.is_away) and is_usable()
        guarded.execute_wrappers.append(self._wrapper(guarded, is_probe))

    def _watched(
        self, guarded: Any, call: Callable[..., Any], is_probe: bool
    ) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._timed(guarded, is_probe, lambda: call(*args, **kwargs))

    def _wrapper(self, guarded: Any, is_probe: bool) -> Callable[..., Any]:
        def wrapper(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            if sql.startswith(WRITES):
                TURNS.give_up(get_ident())
            return self._timed(guarded, is_probe, lambda: execute(sql, *args))

        return wrapper

    def _timed(self, guarded: Any, is_probe: bool, call: Callable[[], Any]) -> Any:
        if self.is_away and not is_probe:
            raise DatabaseAwayError("The database is away.")
        key = get_ident()
        outer = self.calls.get(key)
        with self.lock:
            self.calls[key] = outer or Call(guarded, is_probe)
        try:
            return call()
        finally:
            if outer is None:
                with self.lock:
                    self.calls.pop(key, None)

    def look(self) -> None:
        """Cut the connections of calls that take too long."""
        TURNS.look()
        now = time.monotonic()
        with self.lock:
            for thread, call in self.calls.items():
                if now - call.since > LONG:
                    TURNS.give_up(thread)
                if now - call.since > self._limit(call):
                    if call.is_probe:
                        self.is_away = True
                    cut(call.connection)

    def _limit(self, call: Call) -> float:
        if call.is_probe:
            return PROBE_LIMIT
        return CALL_LIMIT_AWAY if self.is_away else CALL_LIMIT


def cut(wrapper: Any) -> None:
    """End what a connection waits for, from another thread."""
    raw = wrapper.connection
    with suppress(Exception):  # it ended by itself meanwhile
        if wrapper.vendor == "sqlite":
            raw.interrupt()
        elif wrapper.vendor == "postgresql":
            with socket.socket(fileno=os.dup(raw.pgconn.socket)) as line:
                line.shutdown(socket.SHUT_RDWR)
