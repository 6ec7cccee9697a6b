"""The RSGI application: what it does with many at once, with those who leave, and with headers."""

import asyncio
import threading
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.rsgi import Headers
from tests.waiting import PATIENCE
from trustsite.rsgi import Application, environ_of
from trustsite.web.serving import django_threads
from trustsite.web.serving.page_cache import CACHE_CONTROL, depends_on
from trustsite.web.serving.page_cache import _recording as recorded
from trustsite.web.serving.request_body import Refused
from trustsite.web.serving.turns import TURNS

HOST = urlsplit(settings.SITE_URL).netloc


class Scope:
    proto, http_version, scheme = "http", "1.1", "http"
    client, server = "[2001:db8::1]:4000", "127.0.0.1:8000"

    def __init__(self, path="/", method="GET", query="", headers=()):
        self.path, self.method, self.query_string = path, method, query
        self.headers = Headers([("host", HOST), *headers])


class Protocol:
    """What a sender is to the application; it leaves when `leave` is called."""

    def __init__(self, body=(b"a=1",)):
        self.status, self.body, self.pieces = None, b"", body
        self.left = asyncio.Event()

    async def client_disconnect(self):
        await self.left.wait()

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def response_empty(self, status, headers):
        self.status, self.headers = status, headers


class Django:
    """An application that answers when it is let go, and counts."""

    def __init__(self, is_public=True):
        self.go, self.begun, self.count, self.is_public = threading.Event(), 0, 0, is_public
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self.lock:
            self.begun += 1
        assert self.go.wait(20)
        with self.lock:
            self.count += 1
        if self.is_public and environ["REQUEST_METHOD"] == "GET":
            depends_on("anything")
            recorded.get().is_public = True
        start_response("200 OK", [("Content-Type", "text/plain"), ("Cache-Control", CACHE_CONTROL)])
        return [b"made"]


def run(django, scenario):
    """Run `scenario(application, ask)`; `ask` sends a request and gives its protocol once it is answered."""

    async def main():
        application = Application(django)
        application.edge.refusals = REFUSALS
        application.threads = django_threads.DjangoThreads(lambda: None)
        application.edge.watch.start()

        async def ask(scope, protocol=None):
            protocol = protocol or Protocol()
            await application.__rsgi__(scope, protocol)
            return protocol

        try:
            return await scenario(application, ask)
        finally:
            django.go.set()
            application.threads.pool.shutdown()
            application.edge.watch.stopping.set()

    return asyncio.run(main())


@pytest.fixture(autouse=True, scope="module")
def refusals():
    from trustsite.web.serving import refusals

    REFUSALS.update(refusals.pages())


REFUSALS = {}


async def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def many_ask(django, count, scope):
    async def scenario(application, ask):
        tasks = [asyncio.create_task(ask(scope)) for _ in range(count)]
        await until(lambda: django.begun > 0)
        await asyncio.sleep(0)
        django.go.set()
        return await asyncio.gather(*tasks)

    return run(django, scenario)


def test_of_many_who_ask_for_a_missing_page_one_has_it_made():
    django = Django()
    answers = many_ask(django, 50, Scope("/x/"))
    assert django.count == 1
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"made")}


def test_what_may_not_be_kept_is_made_for_each():
    django = Django(is_public=False)
    answers = many_ask(django, 12, Scope("/x/"))
    assert django.count == 12
    assert {answer.status for answer in answers} == {200}


def test_forms_take_half_of_the_threads_and_pages_are_made_beside_them():
    django = Django()

    async def scenario(application, ask):
        form = Scope("/form/", "POST", headers=[("content-length", "3")])
        forms = [asyncio.create_task(ask(form)) for _ in range(20)]
        await until(lambda: django.begun == django_threads.FOR_FORMS)
        pages = [asyncio.create_task(ask(Scope(f"/{number}/"))) for number in range(3)]
        await until(lambda: django.begun == django_threads.FOR_FORMS + 3)
        django.go.set()
        return await asyncio.gather(*forms, *pages)

    assert {answer.status for answer in run(django, scenario)} == {200}


def test_without_a_lane_of_their_own_forms_would_take_all_threads(monkeypatch):
    monkeypatch.setattr(django_threads, "FOR_FORMS", 100)
    django = Django()

    async def scenario(application, ask):
        form = Scope("/form/", "POST", headers=[("content-length", "3")])
        forms = [asyncio.create_task(ask(form)) for _ in range(20)]
        await until(lambda: django.begun == django_threads.THREADS)
        django.go.set()
        await asyncio.gather(*forms)

    run(django, scenario)


def test_who_finds_the_queue_full_is_told_so_at_once_and_where_help_is(monkeypatch):
    django = Django()

    async def scenario(application, ask):
        busy = [
            asyncio.create_task(ask(Scope(f"/{number}/")))
            for number in range(django_threads.THREADS)
        ]
        await until(lambda: django.begun == django_threads.THREADS)
        monkeypatch.setattr(django_threads, "MAX_WAITING", 2)
        busy += [asyncio.create_task(ask(Scope(f"/waiting/{number}/"))) for number in range(2)]
        await until(lambda: sum(map(len, TURNS.lines)) == 2)
        refused = await ask(Scope("/one-more/"))
        django.go.set()
        await asyncio.gather(*busy)
        return refused

    refused = run(django, scenario)
    assert refused.status == 503
    assert dict(refused.headers)["Retry-After"]
    assert b"/get-help/" in refused.body


def test_who_waits_too_long_is_told_so(monkeypatch):
    django = Django()

    async def scenario(application, ask):
        busy = [
            asyncio.create_task(ask(Scope(f"/{number}/")))
            for number in range(django_threads.THREADS)
        ]
        await until(lambda: django.begun == django_threads.THREADS)
        monkeypatch.setattr(django_threads, "MAX_WAIT", 0.01)
        refused = await ask(Scope("/one-more/"))
        django.go.set()
        await asyncio.gather(*busy)
        return refused.status, sum(map(len, TURNS.lines))

    assert run(django, scenario) == (503, 0)


def test_who_leaves_while_waiting_takes_no_thread():
    django = Django()

    async def scenario(application, ask):
        busy = [
            asyncio.create_task(ask(Scope(f"/{number}/")))
            for number in range(django_threads.THREADS)
        ]
        await until(lambda: django.begun == django_threads.THREADS)
        leaving = Protocol()
        waiting = asyncio.create_task(ask(Scope("/left/"), leaving))
        await until(lambda: sum(map(len, TURNS.lines)) == 1)
        leaving.left.set()
        await waiting
        django.go.set()
        await asyncio.gather(*busy)
        return leaving.status, sum(map(len, TURNS.lines)), application.making

    assert run(django, scenario) == (None, 0, {})
    assert django.count == django_threads.THREADS


def test_an_answer_that_never_comes_is_given_up_and_its_thread_counted_until_it_ends(monkeypatch):
    monkeypatch.setattr(django_threads, "ANSWER_WITHIN", 0.01)
    django = Django()

    async def scenario(application, ask):
        given_up = await ask(Scope("/x/"))
        running = application.threads.running
        django.go.set()
        await until(lambda: application.threads.running == 0)
        return given_up.status, running

    assert run(django, scenario) == (503, 1)


def test_a_failing_application_is_a_page_of_ours():
    django = Django()

    def failing(environ, start_response):
        raise ZeroDivisionError

    async def scenario(application, ask):
        application.edge.application = failing
        return await ask(Scope("/x/"))

    answer = run(django, scenario)
    assert answer.status == 500
    assert b"/get-help/" in answer.body


@pytest.mark.parametrize("host", ["evil.example", "203.0.113.7", "", "a b", f"{HOST}@evil.example"])
def test_another_name_is_told_where_the_site_is_without_asking_django(host):
    django, scope = Django(), Scope("/x/")
    scope.headers = Headers([("host", host)])

    async def scenario(application, ask):
        return await ask(scope)

    answer = run(django, scenario)
    assert (answer.status, django.begun) == (421, 0)
    assert settings.SITE_URL.encode() in answer.body


def test_a_body_reaches_django_whole():
    seen = []

    def reading(environ, start_response):
        seen.append((environ["wsgi.input"].read(), environ["CONTENT_LENGTH"]))
        start_response("200 OK", [])
        return [b"ok"]

    async def scenario(application, ask):
        application.edge.application = reading
        chunked = Scope("/f/", "POST", headers=[("transfer-encoding", "chunked")])
        await ask(chunked, Protocol([b"a=1", b"&b=2"]))

    run(Django(), scenario)
    assert seen == [(b"a=1&b=2", "7")]


def test_only_the_header_that_the_proxy_wrote_reaches_django():
    headers = [("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "203.0.113.9")]
    headers += [("x_forwarded_for", "198.51.100.1"), ("cookie", "a=1"), ("cookie", "b=2")]
    environ = environ_of(Scope("/caf\u00e9/", headers=headers))
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.1,203.0.113.9"
    assert environ["HTTP_COOKIE"] == "a=1;b=2"
    assert environ["REMOTE_ADDR"] == "2001:db8::1"
    assert environ["PATH_INFO"] == "/caf\u00c3\u00a9/"


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        (Scope(headers=[("host", "other.example")]), 400),
        (Scope(headers=[("content-type", "a"), ("content-type", "b")]), 400),
        (Scope(headers=[("x", "a\x01b")]), 400),
        (Scope(headers=[("x", "a" * 20_000)]), 431),
        (Scope(headers=[(f"x-{number}", "a" * 300) for number in range(60)]), 431),
        (Scope("/" + "a" * 9_000), 431),
        (Scope(query="a" * 9_000), 431),
    ],
)
def test_headers_that_no_browser_sends_are_refused(scope, status):
    with pytest.raises(Refused) as refused:
        environ_of(scope)
    assert refused.value.status == status


def test_a_tab_in_a_header_is_no_harm():
    assert environ_of(Scope(headers=[("x", "a\tb")]))["HTTP_X"] == "a\tb"


def a_page_beside_many_forms(monkeypatch):
    monkeypatch.setattr(django_threads, "MAX_WAITING", 4)
    django = Django()

    async def scenario(application, ask):
        form = Scope("/form/", "POST", headers=[("content-length", "3")])
        forms = [asyncio.create_task(ask(form)) for _ in range(4)]
        await until(lambda: django.begun == 4)
        forms += [asyncio.create_task(ask(form)) for _ in range(4)]
        await until(lambda: django.begun == django_threads.FOR_FORMS)
        forms += [asyncio.create_task(ask(form)) for _ in range(6)]
        await until(lambda: sum(form.done() for form in forms) == 2)
        page = asyncio.create_task(ask(Scope("/page/")))
        await until(lambda: page.done() or django.begun == django_threads.FOR_FORMS + 1)
        django.go.set()
        refused = [form for form in await asyncio.gather(*forms) if form.status == 503]
        return (await page).status, len(refused)

    return run(django, scenario)


def test_forms_that_wait_keep_no_page_from_being_made(monkeypatch):
    assert a_page_beside_many_forms(monkeypatch) == (200, 2)


def test_in_one_line_with_them_it_would_be_refused(monkeypatch):
    monkeypatch.setattr(django_threads, "PAGES", django_threads.FORMS)
    assert a_page_beside_many_forms(monkeypatch) == (503, 2)


def test_who_waits_for_a_page_that_is_being_made_keeps_no_other_from_being_made(monkeypatch):
    monkeypatch.setattr(django_threads, "MAX_WAITING", 3)
    django = Django()

    async def scenario(application, ask):
        same = [asyncio.create_task(ask(Scope("/same/"))) for _ in range(6)]
        await until(lambda: application.waiting == 3)
        other = asyncio.create_task(ask(Scope("/other/")))
        await until(lambda: django.begun == 2)
        django.go.set()
        await other
        return sorted(answer.status for answer in await asyncio.gather(*same))

    assert run(django, scenario) == [200, 200, 200, 200, 503, 503]


async def begun_and_waiting(django, ask):
    """Return one request that has begun, and one that waits for its turn."""
    first = asyncio.create_task(ask(Scope("/first/")))
    await until(lambda: django.begun == 1)
    waiting = asyncio.create_task(ask(Scope("/waiting/")))
    await until(lambda: sum(map(len, TURNS.lines)) == 1)
    return first, waiting


def test_who_is_cut_off_while_waiting_takes_no_thread():
    django = Django()

    async def scenario(application, ask):
        first, waiting = await begun_and_waiting(django, ask)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        django.go.set()
        await first
        return sum(map(len, TURNS.lines))

    assert run(django, scenario) == 0
    assert django.count == 1


def test_a_system_without_threads_to_give_has_requests_wait_for_those_there_are(monkeypatch):
    django = Django()

    async def scenario(application, ask):
        first = asyncio.create_task(ask(Scope("/first/")))
        await until(lambda: django.begun == 1)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", _no_thread)
            others = [asyncio.create_task(ask(Scope(f"/{number}/"))) for number in range(3)]
            await until(lambda: application.threads.running == 4)
            django.go.set()
            answers = await asyncio.gather(first, *others)
        await until(lambda: application.threads.running == 0)
        return {answer.status for answer in answers}

    assert run(django, scenario) == {200}


def _no_thread(self):
    raise RuntimeError("can't start new thread")


def test_a_worker_that_ends_begins_nothing_more():
    django = Django()

    async def scenario(application, ask):
        first, waiting = await begun_and_waiting(django, ask)
        application.threads.close()
        django.go.set()
        await first
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    run(django, scenario)
    assert django.count == 1
