"""A request through everything that stands between the web server and a view, in this process and this thread."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import html5lib
from django.conf import settings

from tests.rsgi import Headers
from trustsite.rsgi import Application, django_application
from trustsite.web.rate_limit.file_store import file_store_at
from trustsite.web.rate_limit.memory_store import process_memory
from trustsite.web.serving.django_threads import DjangoThreads

HOST = urlsplit(settings.SITE_URL).netloc
TOKEN = "a" * 32  # of Django's CSRF guard, in the cookie and in the form
SECURITY_HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cache-control",
}
STATUSES = {200, 301, 302, 304, 400, 403, 404, 405, 409, 410, 413, 421, 422, 429, 431}
OURS = (b"get-help", b'id="user-tools"', b'id="login-form"', b'class="login"', b'id="container"')
MARKER = "<fuzz>"  # if it stands so in a page, what was typed has become a tag
HTML = {"text/html"}
# A control character that was typed comes back in its form; browsers show nothing in its place.
HARMLESS = {"invalid-codepoint"}
DJANGOS_OWN = "/admin/auth/"  # pages whose templates are Django's, with a list inside a paragraph


class Scope:
    """A request as the web server hands it over."""

    proto, http_version, scheme = "http", "1.1", "http"
    client, server = "203.0.113.9:4000", "127.0.0.1:8000"

    def __init__(self, method: str, path: str, query: str, headers: list[tuple[str, str]]) -> None:
        self.method, self.path, self.query_string = method, path, query
        self.headers = Headers(headers)


class Protocol:
    """The sender of a body, and the one who gets the answer."""

    answer: "Answered"

    def __init__(self, body: bytes) -> None:
        self.pieces = [body]

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = Answered(status, headers, body)

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.answer = Answered(status, headers, b"")


@dataclass
class Answered:
    """An answer as it goes out."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.fields}

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    def page(self) -> Any:
        return html5lib.parse(self.body.decode(), namespaceHTMLElements=False)


Job = tuple[Callable[[], Any], Future[Any]]


class InThisThread:
    """Django's threads, of which there is none: the rows of a test are seen by its own thread alone.

    The event loop has another, as each would have its own connection to the database otherwise.
    """

    waiting = 0

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def run(
        self, work: Callable[[], Any], left: object, *, is_form: bool, within: float
    ) -> Any:
        done: Future[Any] = Future()
        self.jobs.put((work, done))
        return await asyncio.wrap_future(done)

    def complete(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run `coroutine` in the loop, and what it asks of Django here."""
        whole = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        whole.add_done_callback(lambda _: self.jobs.put(None))
        while job := self.jobs.get():
            work, done = job
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)
        whole.result()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


class Visitor:
    """Somebody who asks the real edge, with or without a login."""

    def __init__(self, session: str = "") -> None:
        self.application = Application(django_application)
        self.threads = InThisThread()
        self.application.threads = cast(DjangoThreads, self.threads)
        self.application.edge.prepare()
        self.application.edge.refresher.versions.check()
        self.session = session
        self.seen: set[tuple[object, int]] = set()  # kinds of answers whose HTML was read strictly

    def ask(
        self,
        path: str,
        method: str = "GET",
        query: str = "",
        body: bytes | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Answered:
        """Return the answer to a request."""
        file_store_at(settings.LIMITS_FILE).open().execute("DELETE FROM counts")
        process_memory().counts.clear()
        self.application.edge.cache.apply(["*"])
        cookie = f"csrf={TOKEN}" + (f"; session={self.session}" if self.session else "")
        given = {name for name, _ in headers}
        sent = [("host", HOST), ("cookie", cookie)]
        sent = [pair for pair in sent if pair[0] not in given]
        sent += headers
        if body is not None and "content-length" not in given:
            sent.append(("content-length", str(len(body))))
        protocol = Protocol(body or b"")
        scope = Scope(method, path, query, sent)
        self.threads.complete(self.application.__rsgi__(scope, protocol))
        return protocol.answer


def check(answer: Answered, who: Visitor | None = None, kind: object = None) -> None:
    """Fail unless an answer is one that anybody may get."""
    assert answer.status in STATUSES, answer.status
    missing = SECURITY_HEADERS - answer.headers.keys()
    assert not missing, missing
    for name, value in answer.fields:
        assert "\r" not in value, name
        assert "\n" not in value, name
    if location := answer.headers.get("location"):
        parts = urlsplit(location)
        assert not location.startswith(("//", "/\\")), location
        assert parts.netloc in {"", HOST}, location
    if answer.kind not in HTML or not answer.body:
        return
    text = answer.body.decode()
    assert MARKER not in text.lower()
    assert any(mark in answer.body for mark in OURS), text[:500]
    if who and (kind, answer.status) not in who.seen and DJANGOS_OWN not in str(kind):
        parser = html5lib.HTMLParser()
        parser.parse(text)
        wrong = [error for error in parser.errors if error[1] not in HARMLESS]
        assert not wrong, wrong[:3]
        who.seen.add((kind, answer.status))
