"""The page cache's background threads, in each worker: one sees what changed, one makes pages anew, one compresses.

They have connections of their own, so no reader waits for them. While the database is away, kept pages go on being served.
"""

import ctypes
import logging
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event, Thread, get_native_id

from django.conf import settings
from django.db import Error, connection
from django.utils.module_loading import import_string

from trustsite.web.serving.database_watch import DatabaseWatch
from trustsite.web.serving.page_cache import EVERYTHING, Page, PageCache
from trustsite.web.serving.page_cache_warming import Warming
from trustsite.web.serving.turns import TURNS

CHECK_INTERVAL = 0.25  # seconds between two looks at the version
RETRY_AFTER = 5.0  # seconds until a page that could not be made anew is tried again
NICE = 15  # of the thread that compresses: it may wait for everything else
IDLE = 0.2  # seconds between two looks for something to do
BATCH = 10  # pages compressed in one go, about half a second's

logger = logging.getLogger(__name__)


def missed(known: int, number: int, changes: Iterable[tuple[int, list[str]]]) -> set[str]:
    """Return the tags of all changes after `known` up to `number`; everything when the log doesn't hold each of them."""
    tags = {count: names for count, names in changes if known < count <= number}
    if known > number or len(tags) != number - known:
        return {EVERYTHING}
    return {name for names in tags.values() for name in names}


def give_back_memory() -> None:
    """Give the system what of this process's memory is free: making and compressing pages takes megabytes for a moment,
    which the C library would keep.
    """
    with suppress(AttributeError):  # of another C library
        ctypes.CDLL(None).malloc_trim(0)


class VersionCheck:
    """Looks at the version in the database, and tells the cache what changed."""

    def __init__(self, cache: PageCache) -> None:
        self.cache = cache
        self.number = -1
        self.known_due_at: float | None = None
        self.on_change: list[Callable[[], None]] = []
        self.is_told = True  # whether what hears of changes has heard of the latest

    def check(self) -> None:
        """Look once; raises what the database raises."""
        from trustsite.models import CacheVersion

        if time.time() >= self.cache.due_at:
            self.cache.fall_due()
        row = CacheVersion.objects.filter(pk=1)
        number = row.values_list("number", flat=True).first() or 0
        if number != self.number:
            changes = row.values_list("number", "changes").first() or (0, [])
            self.cache.apply(missed(self.number, changes[0], changes[1]))
            self.number, self.known_due_at = changes[0], None
        if time.time() >= self.cache.due_at:
            self.cache.fall_due()
        if self.known_due_at != self.cache.due_at:  # it is new, or something has fallen due
            self._ask_when_due()
            self.is_told = False
        if not self.is_told:
            for tell in self.on_change:
                tell()
            self.is_told = True

    def _ask_when_due(self) -> None:
        moments = [
            (import_string(path)(), tuple(tags))
            for path, tags in settings.CACHE_EXPIRY_PROVIDERS.items()
        ]
        self.cache.set_due([(moment.timestamp(), tags) for moment, tags in moments if moment])
        self.known_due_at = self.cache.due_at


class Refresher:
    """The threads of a worker. `render` makes the page at a path anew, or returns None when there is none any more."""

    def __init__(
        self, cache: PageCache, watch: DatabaseWatch, render: Callable[[str], object]
    ) -> None:
        self.cache, self.watch, self.render = cache, watch, render
        self.versions = VersionCheck(cache)
        self.warming = Warming(cache, self.versions, self._make, settings.KEPT_PAGES_FILE)
        self.stopping = Event()

    def start(self) -> None:
        """Begin, in threads that end with the process."""
        if self.versions.known_due_at is None:  # it isn't known what changed since pages were made
            self.cache.clear()
        self.warming.read()
        for work in (self._check_versions, self._make_anew, self._compress):
            Thread(target=work, name=f"page cache {work.__name__}", daemon=True).start()

    def _check_versions(self) -> None:
        self.watch.guard_thread(is_probe=True)
        while not self.stopping.wait(CHECK_INTERVAL):
            self.check_version()

    def check_version(self) -> None:
        """Look at the version once; when the database doesn't answer, note that it is away."""
        try:
            self.versions.check()
        except Error as error:
            if not self.watch.is_away:
                logger.warning(
                    "The database did not answer (%s); kept pages go on being served.",
                    type(error).__name__,
                )
            self.watch.is_away = True
            connection.close()  # outside a request nobody else would, and a dead one stays dead
        except Exception:
            logger.exception("The page cache could not tell what changed.")
        else:
            self.watch.is_away = False

    def _make_anew(self) -> None:
        self.watch.guard_thread()
        while not self.stopping.is_set():
            with TURNS.taken():
                begun = time.monotonic()
                was_busy = self.renew_once()
            # As long a pause as it took: readers who ask for what isn't kept come first.
            self.stopping.wait(time.monotonic() - begun if was_busy else IDLE)

    def _compress(self) -> None:
        with suppress(OSError, AttributeError):  # for this thread alone, where the system can
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)
        while not self.stopping.wait(IDLE):
            self.warming.write()
            count = 0
            while count < BATCH and not self._is_behind() and self.compress_once():
                count += 1
            if count:
                give_back_memory()

    def _is_behind(self) -> bool:
        return bool(self.warming.paths or self.cache.next_stale())

    def renew_once(self) -> bool:
        """Make one page anew, or one that was kept before. Return whether there was anything to do."""
        if stale := self.cache.next_stale():
            self._renew(*stale)
            return True
        return not self.watch.is_away and bool(self.warming.make_next())

    def compress_once(self) -> bool:
        """Compress one page better. Return whether there was anything to do."""
        found = self.cache.next_to_compress()
        if found:
            path, page = found
            self.cache.replace(path, page, page.answer.compressed_best())
        return found is not None

    def _renew(self, path: str, page: Page) -> None:
        page.retry_at = time.monotonic() + RETRY_AFTER
        if not self.watch.is_away:
            self._make(path)

    def _make(self, path: str) -> None:
        try:
            self.render(path)
        except Exception:
            logger.exception("A page could not be made anew; the one before it is served.")
