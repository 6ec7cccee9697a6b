"""Cache warming: what this machine's workers kept before is made for new workers before anybody asks for it.

A file holds the addresses of the pages, those most recently read first, and nothing else of them. Each worker writes it now and
then, once it has made what it found there. At a reload the pages are made ahead of the workers' fork, which share them.
"""

import gc
import io
import logging
import multiprocessing
import os
import pickle
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from django.db import Error

from trustsite.web.serving.page_cache import MAX_BYTES, PageCache

MAX_PATHS = 4_000
MAX_FAILURES = 10  # pages in a row that could not be kept: then something else is wrong
WRITE_EVERY = 10.0  # seconds
NICE = 5  # of the process that makes pages ahead: whoever answers readers goes first

logger = logging.getLogger(__name__)


class Versions(Protocol):
    """What knows which change of content was the last."""

    number: int

    def check(self) -> None:
        """Look once; raises what the database raises."""


class Warming:
    """What one worker still has to make. `render` makes the page at a path, and keeps it if it can be kept."""

    def __init__(
        self, cache: PageCache, versions: Versions, render: Callable[[str], object], file: Path
    ) -> None:
        self.cache, self.versions, self.render, self.file = cache, versions, render, file
        self.paths: deque[str] = deque()
        self.failures = 0  # in a row
        self.gone: set[str] = set()  # addresses at which nothing could be kept
        self.written: set[str] = set()
        self.write_at = 0.0

    def read(self) -> None:
        """Take down which pages were kept before."""
        self.paths = deque(self._listed())

    def _listed(self) -> list[str]:
        """Return the addresses in the file; none, when there is no such file."""
        with suppress(OSError, UnicodeDecodeError), self.file.open() as lines:
            return list(islice(filter(_is_path, map(str.rstrip, lines)), MAX_PATHS))
        return []

    def make_next(self) -> str:
        """Make the next page that isn't kept yet. Return its path; nothing when there was none."""
        while self.paths:
            path = self.paths.popleft()
            if path not in self.cache.pages:
                self.render(path)
                self._note(path)
                return path
        return ""

    def _note(self, path: str) -> None:
        if path in self.cache.pages:
            self.failures = 0
            return
        self.gone.add(path)
        self.failures += 1
        if self.failures == MAX_FAILURES:
            self.paths.clear()

    def make_ahead(self, within: float, is_over: Callable[[], bool]) -> None:
        """Have pages that were kept before made for so many seconds at most, ahead of the workers' fork.

        A process of its own makes them. It may hang or die, and this one opens no connection and starts no thread.
        """
        self.read()
        until = time.monotonic() + within
        receiver, sender = os.pipe()
        try:
            with open(receiver, "rb", buffering=0) as incoming:
                with open(sender, "wb") as outgoing:
                    maker = multiprocessing.get_context("fork").Process(
                        target=self._make_for_others, args=[incoming, outgoing, within]
                    )
                    maker.start()
                try:
                    sent = _received(receiver, lambda: time.monotonic() > until or is_over())
                finally:
                    maker.kill()
                    maker.join()
            self._take(io.BytesIO(sent))
        except Exception:
            logger.exception("No page could be made ahead; the workers begin without.")

    def _take(self, sent: BinaryIO) -> None:
        """Keep the pages that were sent; the last one may be a part of one."""
        with suppress(EOFError, pickle.UnpicklingError):
            self.versions.number, due = pickle.load(sent)  # noqa: S301  from a process of ours
            self.cache.set_due(due)
            while True:
                self.cache.keep_oldest(*pickle.load(sent))  # noqa: S301

    def _make_for_others(self, incoming: BinaryIO, outgoing: BinaryIO, within: float) -> None:
        incoming.close()  # when nobody else reads any more, sending fails
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        signal.alarm(int(within) + 1)
        os.nice(NICE)
        gc.enable()
        with suppress(OSError, Error), outgoing:
            self.versions.check()
            pickle.dump((self.versions.number, self.cache.due), outgoing)
            while path := self.make_next():
                if page := self.cache.pages.get(path):
                    pickle.dump((path, page), outgoing)
                    outgoing.flush()

    def write(self) -> None:
        """Write which pages are kept now, if it is time and they are others than before.

        Those of before stay behind them: a change may have dropped them all a moment ago.
        """
        now = time.monotonic()
        if self.paths or now < self.write_at:
            return
        self.write_at = now + WRITE_EVERY
        kept = self.cache.latest(MAX_PATHS)
        if set(kept) != self.written:
            self.written = set(kept)
            self.gone -= self.written
            before = [path for path in self._listed() if path not in self.gone]
            self._write(dict.fromkeys([*kept, *before]))

    def _write(self, paths: Iterable[str]) -> None:
        temporary = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        try:
            temporary.write_text("".join(f"{path}\n" for path in islice(paths, MAX_PATHS)))
            temporary.replace(self.file)
        except OSError:  # a full disk: the next worker begins with what was written before
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _received(receiver: int, is_over: Callable[[], bool]) -> bytes:
    """Return what comes from a pipe, up to its end; what has come, when it is over before."""
    sent = bytearray()
    while not is_over() and len(sent) < MAX_BYTES:
        if select.select([receiver], [], [], 0.1)[0]:
            some = os.read(receiver, 1 << 20)
            if not some:
                break
            sent += some
    return bytes(sent)


def _is_path(line: str) -> bool:
    return line.startswith("/") and line.isprintable()
