"""The page store: finished public pages, answered before Django is entered.

Every public page is the same bytes for everyone, so each worker keeps the final bytes of each page it has served, plain and
compressed, and answers from memory (about half the speed of nginx sending a file; docs/decisions/0003). What may be kept is
what a view marked with `@public`. Everything kept is dropped when content is saved (`renew`, seen by every worker within
`LOOK_EVERY` seconds), when a scheduled article falls due, and at each full hour, when the form stamps in the pages change.
A database that can't be reached drops nothing: pages outlive it.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

import brotli
from django.conf import settings
from django.db import DatabaseError, connection, models
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from trustsite.characters import Texts
from trustsite.web.smart_quotes import typeset

LOOK_EVERY = 0.25  # seconds between two looks at the stamp
BUDGET = 64 * 1024 * 1024  # bytes of pages kept, per worker
LONGEST_HEADER = 1_000  # characters of a header that are read
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"
View = Callable[..., HttpResponse]

logger = logging.getLogger(__name__)


def public(view: View) -> View:
    """Mark a view's pages as the same bytes for everyone: they may be kept here, in a CDN and in browsers."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200 and not request.GET:
            response.headers.setdefault("Cache-Control", CACHE_CONTROL)
        return response

    return inner


def renew() -> None:
    """Drop every kept page, in all workers, when the present transaction commits."""
    from trustsite.models import PageStamp

    if not PageStamp.objects.filter(pk=1).update(number=models.F("number") + 1):
        PageStamp.objects.get_or_create(pk=1)


class Content(Texts):
    """What public pages are made of: saving or deleting it renews them. `TYPESET` names the fields of plain prose."""

    TYPESET: tuple[str, ...] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        typeset(self, self.TYPESET)
        super().save(*args, **kwargs)
        renew()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        result = super().delete(*args, **kwargs)
        renew()
        return result


def _next_change() -> datetime | None:
    moments = [import_string(path)() for path in settings.PAGE_CLOCKS]
    return min((moment for moment in moments if moment), default=None)


def stamp_number() -> int:
    """Return the number that grows when public pages change."""
    from trustsite.models import PageStamp

    return PageStamp.objects.filter(pk=1).values_list("number", flat=True).first() or 0


@dataclass
class Page:
    """One finished page: its headers, and its body and ETag by content encoding."""

    headers: list[tuple[str, str]]
    bodies: dict[str, bytes]
    tags: dict[str, str]

    @classmethod
    def made_of(cls, headers: list[tuple[str, str]], body: bytes) -> "Page":
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in {"content-length", "etag", "vary"}
        ]
        bodies = {"": body}
        if (
            not dict(kept).get("Content-Type", "").startswith("image/")
        ):  # a picture is compressed as it is
            bodies |= {
                "gzip": gzip.compress(body, 6, mtime=0),
                "br": brotli.compress(body, quality=5),
            }
        digest = hashlib.sha256(body).hexdigest()[:24]
        tags = {encoding: f'"{digest}{encoding and "-" + encoding}"' for encoding in bodies}
        return cls([*kept, ("Vary", "Accept-Encoding")], bodies, tags)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return sum(map(len, self.bodies.values()))

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING"), self.bodies)
        tag, body = self.tags[encoding], self.bodies[encoding]
        headers = [*self.headers, ("ETag", tag)]
        if is_known(tag, environ.get("HTTP_IF_NONE_MATCH", "")):
            start_response("304 Not Modified", headers)
            return []
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def best_encoding(accepted: str | None, there: Container[str]) -> str:
    """Return the encoding to send, "" for none: RFC 9110 12.5.3. Of two that are wanted as much, the smaller one."""
    weights: dict[str, float] = {}
    for part in (accepted or "")[:LONGEST_HEADER].split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip().lower()] = _weight(parameter)
    plain = weights.get("identity", 0.0)
    wanted = [
        (weights.get(name, weights.get("*", 0.0)), name) for name in ("br", "gzip") if name in there
    ]
    best = max(wanted, key=itemgetter(0), default=(0.0, ""))
    return best[1] if best[0] > 0 and best[0] >= plain else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def is_known(tag: str, wanted: str) -> bool:
    """Whether an If-None-Match header names `tag`: RFC 9110 13.1.2, by weak comparison."""
    names = [name.strip().removeprefix("W/") for name in wanted[:LONGEST_HEADER].split(",")]
    return names == ["*"] or tag in names


@dataclass
class PageStore:
    """The WSGI application around Django's: keeps what `public` views answered, in this worker's memory."""

    application: Callable[..., Iterable[bytes]]
    pages: OrderedDict[str, Page] = field(
        default_factory=OrderedDict
    )  # the least recently used first
    size: int = 0
    number: int = -1
    looked: float = 0.0
    fresh_until: float = 0.0
    looking: threading.Lock = field(
        default_factory=threading.Lock
    )  # one thread asks; the others don't wait for it
    lock: threading.Lock = field(default_factory=threading.Lock)  # of the pages and their number

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or environ.get("QUERY_STRING"):
            return self.application(environ, start_response)
        if not self._is_ours(environ):
            return self.application(environ, start_response)
        self._look()
        key = environ.get("PATH_INFO", "")
        if page := self._kept(key):
            return page.answer(environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self.application(environ, start_response)
        return self._fill(key, environ, start_response)

    def _is_ours(self, environ: dict[str, Any]) -> bool:
        """Whether it came for our one name and scheme; every other spelling of them is Django's to answer or refuse."""
        ours = urlsplit(settings.SITE_URL)
        return environ.get("HTTP_HOST", "") == ours.netloc and self._scheme(environ) == ours.scheme

    def _kept(self, key: str) -> Page | None:
        with self.lock:
            if page := self.pages.get(key):
                self.pages.move_to_end(key)
        return page

    def _keep(self, key: str, page: Page, made_at: int) -> None:
        with self.lock:
            if made_at != self.number or key in self.pages:
                return
            self.pages[key] = page
            self.size += page.size
            while self.size > BUDGET:
                self.size -= self.pages.popitem(last=False)[1].size

    @staticmethod
    def _scheme(environ: dict[str, Any]) -> str:
        # Behind a proxy both schemes arrive here; the http one is a redirect and must not meet an https page.
        forwarded = (
            environ.get("HTTP_X_FORWARDED_PROTO", "") if settings.SECURE_PROXY_SSL_HEADER else ""
        )
        return forwarded or environ["wsgi.url_scheme"]

    def _look(self) -> None:
        now = time.monotonic()
        if now - self.looked < LOOK_EVERY and time.time() < self.fresh_until:
            return
        if not self.looking.acquire(blocking=False):
            return
        try:
            self._ask()
        finally:
            self.looked = time.monotonic()
            self.looking.release()

    def _ask(self) -> None:
        try:
            number = stamp_number()
            if number == self.number and time.time() < self.fresh_until:
                return
            change = _next_change()
        except DatabaseError:
            logger.warning("The database did not answer; pages already made go on being served.")
            connection.close()  # outside a request nobody else would, and a dead one stays dead
            return
        hour = (time.time() // 3600 + 1) * 3600
        with self.lock:
            self.pages.clear()
            self.size, self.number = 0, number
        self.fresh_until = min(hour, change.timestamp()) if change else hour

    def _fill(
        self, key: str, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        made_at = self.number
        answered: dict[str, Any] = {}

        def keep(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            answered.update(status=status, headers=headers)
            return lambda data: None

        chunks = self.application(environ, keep)
        named = {name.lower(): value for name, value in answered["headers"]}
        if not self._may_keep(answered["status"], named):
            start_response(answered["status"], answered["headers"])
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        page = Page.made_of(answered["headers"], body)
        self._keep(key, page, made_at)
        return page.answer(environ, start_response)

    @staticmethod
    def _may_keep(status: str, headers: dict[str, str]) -> bool:
        marked = headers.get("cache-control") == CACHE_CONTROL
        return status.startswith("200") and marked and "set-cookie" not in headers
