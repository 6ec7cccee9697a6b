"""Request bodies: read whole by the event loop before a thread is taken, so that a slow sender costs next to nothing.

A body has a deadline and a largest size, and all that are being read share a number of places and an amount of memory. When
these are taken, the one that has been at it longest gives way, so slow senders can't keep quick ones out.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Protocol

DEADLINE = 10.0  # seconds for a whole body
MAX_BYTES = 512 * 1024  # of a reader's form
MAX_BYTES_ADMIN = 12 * 1024 * 1024  # where pictures are uploaded
MAX_READING = 256  # bodies being read at once, per worker
MAX_MEMORY = 64 * 1024 * 1024  # bytes that they may take together
PATIENCE = 1.0  # seconds after which a body must give way to another
ADMIN = "/admin/"
BOUNDARY = re.compile(
    r';\s*+boundary=(?:"([ !#-\[\]-~]{1,200})"|([!#-+\--:<-~]{1,200}))', re.IGNORECASE
)


class Refused(Exception):  # noqa: N818  an answer, not a mistake
    """A body that isn't taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Source(Protocol):
    """Where a body comes from, piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


def limit(path: str) -> int:
    """Return how many bytes a body sent to `path` may have."""
    return MAX_BYTES_ADMIN if path.startswith(ADMIN) else MAX_BYTES


def plain_type(content_type: str) -> str:
    """Return a Content-Type with what our forms have of it, its kind and its boundary: every body is read as UTF-8.

    Django would look for the codec that a sender names, and among Python's are some that make no text of bytes (hex, zlib),
    refuse what they are given (idna, utf-7), or make half of a pair that no page can hold (unicode-escape).
    """
    kind = content_type.partition(";")[0].strip().lower()
    found = BOUNDARY.search(content_type)
    return f'{kind}; boundary="{found[1] or found[2]}"' if found else kind


class Reading:
    """One body while it is read."""

    __slots__ = ("data", "deadline", "since")

    def __init__(self, now: float) -> None:
        self.data = bytearray()
        self.since = now
        self.deadline = asyncio.timeout_at(now + DEADLINE)

    def give_way(self, now: float) -> None:
        """End it, unless its deadline just has."""
        if not self.deadline.expired():
            self.deadline.reschedule(now)


class RequestBodies:
    """The bodies that one worker is reading."""

    def __init__(self) -> None:
        self.reading: dict[Reading, None] = {}  # the oldest first
        self.memory = 0

    async def read(self, source: Source, length: str | None, path: str) -> bytes:
        """Return a whole body, or raise Refused."""
        most = limit(path)
        if length and (not length.isdecimal() or int(length[:20]) > most):
            raise Refused(413 if length.isdecimal() else 400)
        now = asyncio.get_running_loop().time()
        self._make_room(now)
        reading = Reading(now)
        try:
            async with reading.deadline:
                self.reading[reading] = None
                await self._collect(source, reading, most)
        except TimeoutError:
            raise Refused(408) from None
        finally:
            self.reading.pop(reading, None)
            self.memory -= len(reading.data)
        if length and len(reading.data) != int(length):
            raise Refused(400)
        return bytes(reading.data)

    async def _collect(self, source: Source, reading: Reading, most: int) -> None:
        try:
            async for piece in source:
                reading.data += piece
                self.memory += len(piece)
                if len(reading.data) > most:
                    raise Refused(413)
                if self.memory > MAX_MEMORY:
                    raise Refused(503)
        except Refused:
            raise
        except Exception as error:  # the server's own, of whatever kind: the connection is gone
            raise Refused(400) from error

    def _make_room(self, now: float) -> None:
        """Let the oldest body give way to another when all places are taken."""
        if len(self.reading) < MAX_READING:
            return
        oldest = next(iter(self.reading))
        if now - oldest.since < PATIENCE:
            raise Refused(503)
        del self.reading[oldest]
        oldest.give_way(now)
