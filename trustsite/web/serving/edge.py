"""The edge: what is answered before Django is entered, and what is done with Django's answers. Both entries use it.

`quick` touches no thread, no database and no Django: the health check, kept pages, static files and addresses where nothing is.
`respond` asks Django, keeps what is public and compresses the rest.
"""

import io
import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from trustsite.web.client_network import TrustedProxy
from trustsite.web.serving import refusals
from trustsite.web.serving.database_watch import DatabaseWatch
from trustsite.web.serving.page_cache import (
    Counted,
    PageCache,
    Recording,
    cache_control,
    recording,
)
from trustsite.web.serving.page_cache_refresh import Refresher
from trustsite.web.serving.request_body import plain_type
from trustsite.web.serving.static_files import StaticFiles
from trustsite.web.serving.stored_answer import Answer, Headers, StoredAnswer, compressed

HEALTH = "/healthz"
ADMIN = "/admin/"
HELP = "/get-help/"
Environ = dict[str, Any]
Application = Callable[..., Iterable[bytes]]
Header = Callable[[str], str | None]

logger = logging.getLogger(__name__)


class Visits(Protocol):
    """Who counts. `header` returns a header of the request, by its lower-case name; what is done with it is theirs."""

    def read(self, counted: Iterable[Counted], header: Header) -> None:
        """A page was read."""

    def event(self, counted: Iterable[Counted], header: Header) -> None:
        """Something else was asked for, and done."""

    def missing(self, path: str, header: Header) -> None:
        """Nothing was there."""

    def start(self, guard_thread: Callable[[], None]) -> None:
        """The worker begins; a thread that uses the database calls `guard_thread` first."""

    def stop(self) -> None:
        """The worker ends."""


class NoVisits:
    """Counts nothing."""

    def read(self, counted: Iterable[Counted], header: Header) -> None: ...
    def event(self, counted: Iterable[Counted], header: Header) -> None: ...
    def missing(self, path: str, header: Header) -> None: ...
    def start(self, guard_thread: Callable[[], None]) -> None: ...
    def stop(self) -> None: ...


class Edge:
    """What one worker has at hand."""

    def __init__(self, application: Application, visits: Visits | None = None) -> None:
        self.visits: Visits = visits or NoVisits()
        # The client behind our own proxies is resolved for Django alone: nothing here asks for it.
        self.application: Application = TrustedProxy(
            application, settings.TRUSTED_PROXIES, settings.PROXY_ADDRESS_HEADER
        )
        self.cache = PageCache()
        self.watch = DatabaseWatch()
        self.refresher = Refresher(self.cache, self.watch, self.make_anew)
        self.refresher.versions.on_change.append(self.look_up_redirects)
        self.refresher.versions.on_change += map(import_string, settings.CONTENT_IN_MEMORY)
        site = urlsplit(settings.SITE_URL)
        self.host, self.scheme = site.netloc, site.scheme
        self.trusts_proxy = settings.TRUSTED_PROXIES > 0
        self.static_address = settings.STATIC_URL
        self.static = self._static_files([])
        self.refusals: dict[int, StoredAnswer] = {}
        self.health: StoredAnswer | None = None
        self.missing: StoredAnswer | None = None
        self.help_copy: StoredAnswer | None = None
        self.redirects: Callable[[str], bool] | None = None
        self.is_free: Callable[[str], bool] = lambda path: False

    def _static_files(self, headers: Headers) -> StaticFiles:
        manifest = settings.STATIC_MANIFEST
        return StaticFiles(settings.STATIC_ROOT, self.static_address, headers, manifest)

    def start(self) -> None:
        """Begin to watch the database, and have the helplines at hand whatever happens later."""
        self.watch.start()
        self.watch.guard_thread(is_probe=True)
        self.refresher.check_version()
        self.keep_help()
        connections.close_all()  # this thread asks nothing more
        self.refresher.start()
        self.visits.start(self.watch.guard_thread)

    def stop(self) -> None:
        """Let go of what waits to be written."""
        self.visits.stop()

    def prepare(self) -> None:
        """Make the answers that need no database; the main process does, for all workers."""
        headers = refusals.with_headers(HttpResponse(status=204)).headers
        self.static = self._static_files(headers)
        self.refusals = refusals.pages()
        ok = HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
        self.health = StoredAnswer.of(refusals.with_headers(ok))
        missing = render(refusals.request_for("/404/"), "404.html", status=404)
        self.missing = StoredAnswer.of(refusals.with_headers(missing))

    def keep_help(self) -> None:
        """Have the helplines at hand, in the copy that needs no database as well."""
        with suppress(Exception):
            answer = self.make_anew(HELP)
            self.help_copy = StoredAnswer.of(answer) if answer.status == 200 else None

    def quick(
        self,
        method: str,
        path: str,
        query: str,
        host: str,
        scheme: str,
        accept_encoding: str,
        if_none_match: str,
        header: Header,
    ) -> Answer | None:
        """Return the answer to a GET or HEAD that needs nobody else."""
        if host == self.host and scheme == self.scheme:
            if page := self.cache.find(path, query):
                if page.counted and method == "GET":
                    self.visits.read(page.counted, header)
                return page.answer.answer(method, accept_encoding, if_none_match)
            is_ours = True
        else:
            is_ours = False
        if path == HEALTH and self.health:
            return self.health.answer(method, accept_encoding, if_none_match)
        if path.startswith(self.static_address) and (file := self.static.find(path)):
            return file.answer(method, accept_encoding, if_none_match)
        if is_ours and self.missing and self.is_nowhere(path):
            self.visits.missing(path, header)
            return self.missing.answer(method, accept_encoding, "")
        return None

    def is_nowhere(self, path: str) -> bool:
        """Whether nothing can be at `path`: no view or no row for it, none with a slash added, and no redirect."""
        if path.startswith(ADMIN) or self.redirects is None or self.redirects(path):
            return False
        if self.is_free(path):
            return True
        return not (_resolves(path) or (not path.endswith("/") and _resolves(path + "/")))

    def nowhere(self, host: str, path: str, accept_encoding: str) -> Answer | None:
        """Return the answer to a form or another method at an address of ours where nothing is; its body isn't read."""
        if host == self.host and self.missing and self.is_nowhere(path):
            return self.missing.answer("GET", accept_encoding, "")
        return None

    def look_up_redirects(self) -> None:
        """Note which paths lead elsewhere; called when content has changed."""
        self.redirects = import_string(settings.REDIRECTS_PROVIDER)()
        self.is_free = import_string(settings.FREE_ADDRESSES_PROVIDER)()

    def refusal(
        self, status: int, method: str = "GET", accept_encoding: str = "", path: str = ""
    ) -> Answer:
        """Return the page that says why Django wasn't asked; the helplines, to whoever asked for them."""
        if path == HELP and self.help_copy:
            return self.help_copy.answer(method, accept_encoding, "")
        return self.refusals[status].answer(method, accept_encoding, "")

    def respond(self, environ: Environ) -> Answer:
        """Return Django's answer, kept when it is public and in the encoding that was asked for."""
        path, method = path_of(environ), environ["REQUEST_METHOD"]
        since = self.cache.count
        with recording() as made:
            answer = self.ask(environ)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        if answer.status == 500 and made.database_failed:  # "not now" rather than "our mistake"
            return self.refusal(503, method, accepted, path)
        if answer.status == 405 and not answer.body:
            allowed = [pair for pair in answer.headers if pair[0] == "Allow"]
            refusal = self.refusal(405, method, accepted)
            return refusal._replace(headers=[*refusal.headers, *allowed])
        header = header_of(environ)
        if method == "GET" and self._may_keep(answer, made) and self.is_ours(environ):
            page = self.cache.keep(path, answer, made, since)
            self.visits.read(page.counted, header)
            known = environ.get("HTTP_IF_NONE_MATCH", "")
            return page.answer.answer(method, accepted, known)
        if not path.startswith(ADMIN):
            self._count(path, answer.status, made, header)
        # The admin's pages hold a token that must not be guessed from their compressed length.
        if path.startswith(ADMIN):
            return answer
        return compressed(answer, accepted)

    def _count(self, path: str, status: int, made: Recording, header: Header) -> None:
        if status == 404:
            self.visits.missing(path, header)
        elif made.counted and (status < 400 or status == 410):
            self.visits.event(made.counted, header)

    def make_anew(self, path: str) -> Answer:
        """Make the page at `path` anew, and keep it; forget it when it is gone."""
        since = self.cache.count
        with recording() as made:
            answer = self.ask(self.environ_of(path))
        if self._may_keep(answer, made):
            self.cache.keep(path, answer, made, since)
        elif 300 <= answer.status < 500:
            self.cache.drop(path)
        return answer

    def ask(self, environ: Environ) -> Answer:
        """Return Django's answer."""
        begun: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            begun[:] = [int(status[:3]), headers]
            return lambda data: None

        environ["CONTENT_TYPE"] = plain_type(environ.get("CONTENT_TYPE", ""))
        chunks = self.application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return Answer(begun[0], begun[1], body)

    @staticmethod
    def _may_keep(answer: Answer, made: Recording) -> bool:
        named = {name.lower(): value for name, value in answer.headers}
        marked = made.is_public and named.get("cache-control") == cache_control()
        return answer.status == 200 and marked and "set-cookie" not in named

    def is_ours(self, environ: Environ) -> bool:
        """Whether a request came for our one name and scheme; other spellings are Django's to answer or refuse."""
        forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "") if self.trusts_proxy else ""
        scheme = forwarded or environ["wsgi.url_scheme"]
        return environ.get("HTTP_HOST", "") == self.host and scheme == self.scheme

    @staticmethod
    def knows_host(host: str) -> bool:
        """Whether Django would answer to this name: it logs a traceback for each that it won't, and scanners try many."""
        domain, _ = split_domain_port(host)
        allowed = [name for name in settings.ALLOWED_HOSTS if name]
        return bool(domain) and validate_host(domain, allowed)

    def environ_of(self, path: str) -> Environ:
        """Return the request of a reader for `path`, on our own name."""
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": "",
            "HTTP_HOST": self.host,
            "SERVER_NAME": urlsplit(settings.SITE_URL).hostname or "",
            "SERVER_PORT": "443" if self.scheme == "https" else "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "",
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": io.BytesIO(),
        }
        if self.trusts_proxy:
            environ["HTTP_X_FORWARDED_PROTO"] = self.scheme
        return BASE_ENVIRON | environ


BASE_ENVIRON: Environ = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


def path_of(environ: Environ) -> str:
    """Return a request's path as text."""
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")


def header_of(environ: Environ) -> Header:
    """Return what returns a header of a request by its lower-case name."""
    return lambda name: environ.get(f"HTTP_{name.upper().replace('-', '_')}")


def _resolves(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
