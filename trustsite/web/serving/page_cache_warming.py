"""Cache warming: what this machine's workers kept before is made for new workers before anybody asks for it.

A file holds the addresses of the pages, those most recently read first, and nothing else of them. Each worker writes it now and
then, once it has made what it found there.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from trustsite.web.serving.page_cache import PageCache

MAX_PATHS = 4_000
WRITE_EVERY = 10.0  # seconds


class Warming:
    """What one worker still has to make. `render` makes the page at a path, and keeps it if it can be kept."""

    def __init__(self, cache: PageCache, render: Callable[[str], object], file: Path) -> None:
        self.cache, self.render, self.file = cache, render, file
        self.paths: deque[str] = deque()
        self.written: set[str] = set()
        self.write_at = 0.0

    def read(self) -> None:
        """Take down which pages were kept before; none, when no file says so."""
        with suppress(OSError, UnicodeDecodeError), self.file.open() as lines:
            paths = (line.rstrip("\n") for line in lines)
            self.paths = deque(islice(filter(_is_path, paths), MAX_PATHS))

    def make_next(self) -> str:
        """Make the next page that isn't kept yet. Return its path; nothing when there was none."""
        while self.paths:
            path = self.paths.popleft()
            if path not in self.cache.pages:
                self.render(path)
                return path
        return ""

    def write(self) -> None:
        """Write which pages are kept now, if it is time and they are others than before."""
        now = time.monotonic()
        if self.paths or now < self.write_at:
            return
        self.write_at = now + WRITE_EVERY
        paths = self.cache.latest(MAX_PATHS)
        if set(paths) == self.written:
            return
        temporary = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        with suppress(OSError):  # a full disk: the next worker begins with what was written before
            temporary.write_text("".join(f"{path}\n" for path in paths))
            temporary.replace(self.file)
            self.written = set(paths)


def _is_path(line: str) -> bool:
    return line.startswith("/") and line.isprintable()
