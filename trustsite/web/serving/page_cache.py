"""The page cache: finished public pages, answered from memory before Django is entered (docs/decisions/0014).

Every public page is the same bytes for everyone, so each worker keeps what a view marked with `@public` answered. What changes
content says what it changed, by tags (`invalidate`); pages say what they are made of (`@public(made_of=…)`, `depends_on`).
A page that says nothing depends on everything. A tag drops its pages; a soft one (`soft("cards")`) lets them be served until
they have been made anew. A reader's request never asks the database whether a page is fresh: see page_cache_refresh.py.
"""

import random
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from itertools import islice
from threading import Lock
from typing import Any, overload
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, QueryDict

from trustsite.web.serving.fragments import FRAGMENTS, used
from trustsite.web.serving.stored_answer import Answer, StoredAnswer, content_type

MAX_BYTES = 64 * 1024 * 1024  # of pages kept, per worker
MAX_AGE = 12 * 3600  # seconds until a page is made anew; form stamps in it are good for 24 hours
MAX_EVENTS = 256  # changes remembered, to tell whether one came while a page was being made
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"
EVERYTHING = "*"
UNTAGGED = "untagged"  # to a CDN, the tag of a page that says nothing of what it is made of
SOFT = "~"
READ = "read"  # what a visit to a page is counted as
View = Callable[..., HttpResponse]
Counted = tuple[str, str]  # a kind and a name
Due = tuple[float, tuple[str, ...]]  # a moment, and the tags of what changes then


@dataclass
class Recording:
    """What a view said of the page it made."""

    is_public: bool = False
    tags: set[str] = field(default_factory=set)
    reads: frozenset[str] = frozenset()
    counted: list[Counted] = field(default_factory=list)
    database_failed: bool = False


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording() -> Iterator[Recording]:
    """Take down what the view inside says of its page."""
    made = Recording()
    token = _recording.set(made)
    try:
        with used():
            yield made
    finally:
        _recording.reset(token)


@receiver(got_request_exception)
def note_failure(**kwargs: Any) -> None:
    """Note that what kept a page from being made was the database, before its watch may know."""
    made = _recording.get()
    if made and isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        made.database_failed = True


def depends_on(*tags: str) -> None:
    """Say, while a public page is made, what it is made of."""
    if made := _recording.get():
        made.tags.update(tags)


def counts_as(kind: str, name: str) -> None:
    """Say, while an answer is made, what it is counted as: by whoever counts, and only if this visit may be counted.

    What a kept page says is counted each time it is read.
    """
    if made := _recording.get():
        made.counted.append((kind, name))


@overload
def public(view: View) -> View: ...
@overload
def public(*, made_of: Iterable[str] = (), reads: Iterable[str] = ()) -> Callable[[View], View]: ...
def public(
    view: View | None = None, *, made_of: Iterable[str] = (), reads: Iterable[str] = ()
) -> View | Callable[[View], View]:
    """Mark a view's pages as the same bytes for everyone: they may be kept here, in a CDN and in browsers.

    `made_of` names what they show, as `invalidate` does. `reads` names the parameters of the query that the view reads: an
    address with one of them is never kept, and any other parameter (utm_source, fbclid) is taken away before the view.
    """
    tags, parameters = tuple(made_of), frozenset(reads)

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            is_plain = parameters.isdisjoint(request.GET)
            if is_plain and request.GET:
                request.GET = QueryDict("")
                request.META["QUERY_STRING"] = ""
            depends_on(*tags)
            response = view(request, *args, **kwargs)
            if response.status_code == 200 and is_plain and request.method in {"GET", "HEAD"}:
                response.headers.setdefault("Cache-Control", cache_control())
                if made := _recording.get():
                    made.is_public, made.reads = True, parameters
                    _tell_cdn(response, made.tags)
            return response

        return inner

    return decorate(view) if view else decorate


def cache_control() -> str:
    """Return what public pages say of their keeping: longer in a CDN, when there is one that is told of changes."""
    if not settings.CDN_SECONDS:
        return CACHE_CONTROL
    return CACHE_CONTROL.replace("max-age=60", f"max-age=60, s-maxage={settings.CDN_SECONDS}")


def _tell_cdn(response: HttpResponse, tags: set[str]) -> None:
    """Name what a page is made of to a CDN, in both ways that CDNs read."""
    if settings.CDN_SECONDS:
        names = sorted(tags) or [UNTAGGED]
        response.headers["Cache-Tag"] = ",".join(names)
        response.headers["Surrogate-Key"] = " ".join(names)


def soft(tag: str) -> str:
    """Return `tag` as one whose pages may be served until they have been made anew."""
    return SOFT + tag


def invalidate(*tags: str) -> None:
    """Drop every kept page made of `tags` (of anything, when none is named), in all workers, once this transaction commits."""
    from trustsite.models import CacheVersion

    CacheVersion.add(tags or (EVERYTHING,))
    # Here at once, and again when others can see it: in between they may have read what was before.
    FRAGMENTS.forget()
    transaction.on_commit(FRAGMENTS.forget)


class Page:
    """One kept page."""

    __slots__ = ("answer", "counted", "expires", "is_stale", "reads", "retry_at", "tags")

    def __init__(self, path: str, answer: StoredAnswer, made: Recording) -> None:
        self.answer = answer
        is_read = content_type(answer.headers).startswith("text/html")
        self.counted = ((READ, path), *made.counted) if is_read else ()
        self.tags = tuple(made.tags)
        self.reads = made.reads
        self.is_stale = False
        self.retry_at = 0.0
        # Spread, so that pages made in the same minute aren't all made anew in the same minute.
        self.expires = time.monotonic() + MAX_AGE * random.uniform(0.9, 1.0)  # noqa: S311

    def is_touched_by(self, tags: frozenset[str]) -> bool:
        """Whether a change to `tags` changes it."""
        return EVERYTHING in tags or bool(tags and not self.tags) or not tags.isdisjoint(self.tags)


@dataclass
class Change:
    """What changed: pages of hard tags go at once, those of soft ones when they have been made anew."""

    hard: frozenset[str]
    soft: frozenset[str]

    @classmethod
    def of(cls, tags: Iterable[str]) -> "Change":
        names = frozenset(tags)
        later = frozenset(name[1:] for name in names if name.startswith(SOFT))
        return cls(frozenset(name for name in names if not name.startswith(SOFT)), later)


class PageCache:
    """Finished pages by path, in this worker's memory. Safe to use from several threads."""

    def __init__(self) -> None:
        self.pages: OrderedDict[str, Page] = OrderedDict()  # the least recently used first
        self.size = 0
        self.events: deque[Change] = deque(maxlen=MAX_EVENTS)
        self.count = 0  # of changes ever
        self.due: list[Due] = []  # what changes by the clock, and when
        self.due_at = float("inf")
        self.lock = Lock()

    def find(self, path: str, query: str = "") -> Page | None:
        """Return the page kept for `path`."""
        if time.time() >= self.due_at:
            self.fall_due()
        page = self.pages.get(path)
        if page is None or (query and page.reads and not _is_plain(query, page.reads)):
            return None
        with self.lock:
            if path in self.pages:
                self.pages.move_to_end(path)
        return page

    def keep(self, path: str, answer: Answer, made: Recording, since: int) -> Page:
        """Return `answer` as a page, and keep it unless what it is made of changed since `since` changes ago were counted."""
        page = Page(path, StoredAnswer.of(answer), made)
        with self.lock:
            if self._is_outdated(page, since):
                return page
            self._put(path, page)
        return page

    def keep_oldest(self, path: str, page: Page) -> None:
        """Keep a page as the least recently asked for, if there is room."""
        with self.lock:
            if path not in self.pages and self.size + page.answer.size <= MAX_BYTES:
                self._put(path, page)
                self.pages.move_to_end(path, last=False)

    def clear(self) -> None:
        """Forget all pages, while nobody asks for any.

        Without the lock: a process that is forked at that moment would have it held for ever.
        """
        self.pages, self.size = OrderedDict(), 0

    def replace(self, path: str, page: Page, answer: StoredAnswer) -> None:
        """Keep the same page, compressed better."""
        with self.lock:
            if self.pages.get(path) is page:
                self.size += answer.size - page.answer.size
                page.answer = answer

    def _put(self, path: str, page: Page) -> None:
        before = self.pages.get(path)
        self.size += page.answer.size - (before.answer.size if before else 0)
        self.pages[path] = page  # in its predecessor's place, if it had one
        while self.size > MAX_BYTES:
            self._remove(next(iter(self.pages)))

    def _remove(self, path: str) -> None:
        if page := self.pages.pop(path, None):
            self.size -= page.answer.size

    def _is_outdated(self, page: Page, since: int) -> bool:
        missed = self.count - since
        if missed > len(self.events):
            return True
        recent = list(self.events)[len(self.events) - missed :]
        return any(page.is_touched_by(change.hard | change.soft) for change in recent)

    def drop(self, path: str) -> None:
        """Forget one page."""
        with self.lock:
            self._remove(path)

    def apply(self, tags: Iterable[str]) -> None:
        """Drop, or mark as stale, the pages that a change to `tags` changes."""
        change = Change.of(tags)
        FRAGMENTS.forget()
        with self.lock:
            self.events.append(change)
            self.count += 1
            for path, page in list(self.pages.items()):
                if page.is_touched_by(change.hard):
                    self._remove(path)
                elif page.is_touched_by(change.soft):
                    page.is_stale, page.retry_at = True, 0.0

    def set_due(self, due: list[Due]) -> None:
        """Note what changes by the clock alone."""
        with self.lock:
            self.due = due
            self.due_at = min((moment for moment, _ in due), default=float("inf"))

    def fall_due(self) -> None:
        """Apply what has changed by the clock: to the second, and without a database."""
        now = time.time()
        with self.lock:
            fallen = [tags for moment, tags in self.due if moment <= now]
            self.due = [(moment, tags) for moment, tags in self.due if moment > now]
            self.due_at = min((moment for moment, _ in self.due), default=float("inf"))
        for tags in fallen:
            self.apply(tags)

    def latest(self, number: int) -> list[str]:
        """Return the paths of so many pages at most, the most recently asked for first."""
        with self.lock:
            return list(islice(reversed(self.pages), number))

    def next_stale(self) -> tuple[str, Page] | None:
        """Return the page to make anew next: of those that are stale or old, the one most recently asked for."""
        now = time.monotonic()
        with self.lock:
            for path, page in reversed(self.pages.items()):
                if (page.is_stale or page.expires <= now) and page.retry_at <= now:
                    return path, page
        return None

    def next_to_compress(self) -> tuple[str, Page] | None:
        """Return the page most recently asked for that isn't yet as small as it gets."""
        with self.lock:
            for path, page in reversed(self.pages.items()):
                if not page.answer.is_best:
                    return path, page
        return None


def _is_plain(query: str, reads: frozenset[str]) -> bool:
    try:
        names = {name for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=50)}
    except ValueError:
        return False
    return reads.isdisjoint(names)
