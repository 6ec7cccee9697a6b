"""The publisher: makes each public page as the web server would, writes it, and follows every change.

It has an edge of its own (trustsite/web/serving/edge.py) that serves nobody, so it knows, as any worker does, what depends on
what, and what changes by the clock alone.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.wsgi import get_wsgi_application
from django.db import Error, connection

from operations.published_files import headers, pages
from operations.published_files.store import CADDY, NGINX, Store
from trustsite.web.serving.edge import Edge
from trustsite.web.serving.page_cache import Page
from trustsite.web.serving.stored_answer import Answer, StoredAnswer

LOOK_EVERY = 0.5  # seconds between two looks at what changed
AFTER_ERROR = 5.0
MOST = 20_000  # pages
NOT_FOUND = "/404.html"

logger = logging.getLogger(__name__)


@dataclass
class Published:
    """One page as it was written: by what it is known again, its class and where it leads."""

    made: object
    name: str
    headers: headers.Class
    links: set[str]
    reads: bool


@dataclass(frozen=True)
class Done:
    """What a round did."""

    written: int
    removed: int
    pages: int


class Publisher:
    """Publishes into one folder."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.edge = Edge(get_wsgi_application())
        self.edge.prepare()
        self.published: dict[str, Published] = {}
        self.has_failed = False  # whether a page could not be made in the last round

    def look(self) -> Done | None:
        """Publish what has changed, if anything has; what the clock changes, too."""
        number, due = self.edge.cache.count, self.edge.cache.due_at
        self.edge.refresher.versions.check()
        if time.time() >= due:
            self.edge.cache.fall_due()
        has_changed = self.edge.cache.count != number or self.has_failed
        return self.publish() if has_changed or self._has_old_pages() else None

    def publish(self) -> Done:
        """Bring every file up to date; what isn't public any more goes."""
        with _for_everybody():
            found: dict[str, Published] = {}
            self.has_failed, written = False, 0
            for path in self._reachable(found):
                before = self.published.get(path)
                now = self._page(path, before)
                if now is not None:
                    found[path] = now
                    written += now is not before
            self._tell(found)
            self.published = found
            removed = self.store.keep_only({path: page.name for path, page in found.items()})
        return Done(written, removed, len(found))

    def _reachable(self, found: dict[str, Published]) -> Iterator[str]:
        """Yield each address once: the seeds, then where the pages in `found` lead, as they come to be there."""
        scripts = {self.edge.static_address + name for name in self.edge.static.hashed}
        files = {path for path in scripts if "/admin/" not in path and pages.is_plain(path)}
        waiting = deque([*sorted(pages.seeds() | files), NOT_FOUND])
        seen = set(waiting)
        while waiting and len(seen) < MOST:
            path = waiting.popleft()
            yield path
            if path in found:
                further = sorted(found[path].links - seen)
                seen.update(further)
                waiting.extend(further)

    def _page(self, path: str, before: Published | None) -> Published | None:
        """Return the page at `path`, written anew if it has changed; None when it isn't public any more."""
        if before and self._is_current(path, before):
            return before
        answer = self._answer(path)
        if answer.status >= 500 or (
            before and answer.status == 200 and not pages.is_public(answer)
        ):
            # A page that can't be made just now isn't a page that is gone: what is there stays.
            self.has_failed = True
            return before
        return self._written(path, answer) if pages.is_public(answer) else None

    def _is_current(self, path: str, before: Published) -> bool:
        if before.made is None:  # a file named after its content
            return True
        kept = self.edge.cache.pages.get(path)
        return kept is not None and kept is before.made and not _is_old(kept)

    def _written(self, path: str, answer: Answer) -> Published | None:
        try:
            shared = headers.class_of(StoredAnswer.of(answer).headers)
        except headers.UnknownHeaderError as error:
            logger.warning("%s isn’t published: %s", path, error)
            return None
        name = headers.name_of(shared)
        self.store.put(name, path, self._smallest(path, answer))
        kept = self.edge.cache.pages.get(path)
        return Published(kept, name, shared, pages.links(answer), bool(kept and kept.reads))

    def _answer(self, path: str) -> Answer:
        if path == NOT_FOUND and self.edge.missing:
            return self._plain(self.edge.missing)._replace(status=200)
        if path.startswith(self.edge.static_address):
            file = self.edge.static.find(path)
            return self._plain(file) if file else Answer(404, [], b"")
        return self.edge.make_anew(path)

    @staticmethod
    def _plain(stored: StoredAnswer) -> Answer:
        return stored.answer("GET", "", "")

    def _smallest(self, path: str, answer: Answer) -> StoredAnswer:
        if path.startswith(self.edge.static_address) and (file := self.edge.static.find(path)):
            return file
        stored = StoredAnswer.of(answer)
        return stored if stored.is_best else stored.compressed_best()

    def _tell(self, found: dict[str, Published]) -> None:
        by_path = {path: page.name for path, page in found.items() if path != NOT_FOUND}
        classes = {page.name: page.headers for page in found.values()}
        reading = {path for path, page in found.items() if page.reads}
        self.store.tell(NGINX, headers.nginx_maps(by_path, classes, reading))
        self.store.tell(CADDY, {"files.caddy": headers.caddy_snippet(by_path, classes)})

    def _has_old_pages(self) -> bool:
        return any(
            isinstance(page.made, Page) and _is_old(page.made) for page in self.published.values()
        )

    def watch(self, is_stopping: Callable[[], bool], tell: Callable[[Done], None]) -> None:
        """Publish, then follow every change until told to stop."""
        while not is_stopping():
            pause = LOOK_EVERY
            try:
                if done := self.look():
                    tell(done)
                    pause = AFTER_ERROR if self.has_failed else LOOK_EVERY
            except (Error, OSError) as error:
                logger.warning(
                    "Nothing could be published (%s); what is there stays.", type(error).__name__
                )
                connection.close()
                pause = AFTER_ERROR
            _wait(pause, is_stopping)


def _is_old(page: Page) -> bool:
    return page.is_stale or page.expires <= time.monotonic()


def _wait(seconds: float, is_stopping: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_stopping():
        time.sleep(0.1)


@contextmanager
def _for_everybody() -> Iterator[None]:
    """Let others read what is written: it is what everybody may read."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)
