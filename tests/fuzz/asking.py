"""A request through everything that stands between the web server and a view, in this process and this thread."""

import asyncio
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import urlsplit

import html5lib
from django.conf import settings

from tests.trustsite.test_rsgi import Headers
from trustsite.rsgi import Application, django_application
from trustsite.web import rate_limit

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

    def __init__(self, method, path, query, headers):
        self.method, self.path, self.query_string = method, path, query
        self.headers = Headers(headers)


class Protocol:
    """The sender of a body, and the one who gets the answer."""

    def __init__(self, body):
        self.pieces = [body]

    async def client_disconnect(self):
        await asyncio.Event().wait()

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status, headers, body):
        self.answer = Answered(status, headers, body)

    def response_empty(self, status, headers):
        self.answer = Answered(status, headers, b"")


@dataclass
class Answered:
    """An answer as it goes out."""

    status: int
    fields: list
    body: bytes

    @property
    def headers(self):
        return {name.lower(): value for name, value in self.fields}

    @property
    def kind(self):
        return self.headers.get("content-type", "").partition(";")[0]

    def page(self):
        return html5lib.parse(self.body.decode(), namespaceHTMLElements=False)


class InThisThread:
    """Django's threads, of which there is none: the rows of a test are seen by its own thread alone.

    The event loop has another, as each would have its own connection to the database otherwise.
    """

    waiting = 0

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.jobs = queue.SimpleQueue()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def run(self, work, left, *, is_form, within):
        done = Future()
        self.jobs.put((work, done))
        return await asyncio.wrap_future(done)

    def complete(self, coroutine):
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

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


class Visitor:
    """Somebody who asks the real edge, with or without a login."""

    def __init__(self, session=""):
        self.application = Application(django_application)
        self.application.threads = InThisThread()
        self.application.edge.prepare()
        self.application.edge.refresher.versions.check()
        self.session = session
        self.seen = set()  # kinds of answers whose HTML was read strictly

    def ask(self, path, method="GET", query="", body=None, headers=()):
        """Return the answer to a request."""
        rate_limit.clear()
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
        self.application.threads.complete(self.application.__rsgi__(scope, protocol))
        return protocol.answer


def check(answer, who=None, kind=None):
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
