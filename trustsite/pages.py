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
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

import brotli
from django.conf import settings
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from trustsite.characters import Texts
from trustsite.typography import typeset

LOOK_EVERY = 0.25  # seconds between two looks at the stamp
MOST = 2_000  # pages kept, per worker
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
        kept = [(name, value) for name, value in headers if name.lower() not in {"content-length", "etag", "vary"}]
        bodies = {"": body}
        if not dict(kept).get("Content-Type", "").startswith("image/"):  # a picture is compressed as it is
            bodies |= {"gzip": gzip.compress(body, 9, mtime=0), "br": brotli.compress(body, quality=9)}
        digest = hashlib.sha256(body).hexdigest()[:24]
        tags = {encoding: f'"{digest}{encoding and "-" + encoding}"' for encoding in bodies}
        return cls([*kept, ("Vary", "Accept-Encoding")], bodies, tags)

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = next((name for name in ("br", "gzip") if name in accepted and name in self.bodies), "")
        tag, body = self.tags[encoding], self.bodies[encoding]
        headers = [*self.headers, ("ETag", tag)]
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", headers)
            return []
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@dataclass
class PageStore:
    """The WSGI application around Django's: keeps what `public` views answered, in this worker's memory."""

    application: Callable[..., Iterable[bytes]]
    pages: dict[tuple[str, str, str], Page] = field(default_factory=dict)
    number: int = -1
    looked: float = 0.0
    fresh_until: float = 0.0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or environ.get("QUERY_STRING"):
            return self.application(environ, start_response)
        self._look()
        key = (environ.get("HTTP_HOST", ""), self._scheme(environ), environ.get("PATH_INFO", ""))
        if page := self.pages.get(key):
            return page.answer(environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self.application(environ, start_response)
        return self._fill(key, environ, start_response)

    @staticmethod
    def _scheme(environ: dict[str, Any]) -> str:
        # Behind a proxy both schemes arrive here; the http one is a redirect and must not meet an https page.
        forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "") if settings.SECURE_PROXY_SSL_HEADER else ""
        return forwarded or environ["wsgi.url_scheme"]

    def _look(self) -> None:
        now = time.monotonic()
        if now - self.looked < LOOK_EVERY and time.time() < self.fresh_until:
            return
        self.looked = now
        try:
            number = stamp_number()
            if number == self.number and time.time() < self.fresh_until:
                return
            change = _next_change()
        except DatabaseError:
            logger.warning("The database did not answer; pages already made go on being served.")
            return
        hour = (time.time() // 3600 + 1) * 3600
        self.pages.clear()
        self.number = number
        self.fresh_until = min(hour, change.timestamp()) if change else hour

    def _fill(
        self, key: tuple[str, str, str], environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        made_at = self.number
        answered: dict[str, Any] = {}

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
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
        if made_at == self.number and len(self.pages) < MOST:
            self.pages[key] = page
        return page.answer(environ, start_response)

    @staticmethod
    def _may_keep(status: str, headers: dict[str, str]) -> bool:
        marked = headers.get("cache-control") == CACHE_CONTROL
        return status.startswith("200") and marked and "set-cookie" not in headers
