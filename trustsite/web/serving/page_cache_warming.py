"""Cache warming: what this machine's workers kept before is made for new workers before anybody asks for it.

A file holds the addresses of the pages, those most recently read first, and nothing else of them. Each worker writes it now and
then, once it has made what it found there.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from trustsite.web.serving.page_cache import PageCache

MAX_PATHS = 4_000
MAX_FAILURES = 10  # pages in a row that could not be kept: then something else is wrong
WRITE_EVERY = 10.0  # seconds


class Warming:
    """What one worker still has to make. `render` makes the page at a path, and keeps it if it can be kept."""

    def __init__(self, cache: PageCache, render: Callable[[str], object], file: Path) -> None:
        self.cache, self.render, self.file = cache, render, file
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


def _is_path(line: str) -> bool:
    return line.startswith("/") and line.isprintable()
