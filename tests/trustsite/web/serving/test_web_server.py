"""The real web server, as operators start it: nothing a stranger, a lock or a crash does keeps a page from a reader."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.servers import ROOT, postgresql, redis
from tests.waiting import PATIENCE, wait_until
from tests.web_server import (
    full_disk,
    listening,
    locked,
    prepare,
    running,
    slow_bodies,
    stopped,
)

KEPT = "/articles/kept/"
READ_WHATEVER_HAPPENS = ["/healthz", "/get-help/", "/", "/articles/"]
on_sqlite = pytest.mark.skipif("DATABASE_URL" in os.environ, reason="SQLite's file goes wrong here")
BARE = [*"-m granian --interface wsgi --workers 2 --blocking-threads 4 --no-ws".split()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def site(environment):
    with running(environment) as site:
        yield site


def all_answer(site):
    """Whether everything that needs neither a thread nor a database answers, on whichever worker."""
    return all(site.answers(path) for path in READ_WHATEVER_HAPPENS for _ in range(4))


def warm(site):
    """Have each worker read each page once: which of the two answers is chance, so often enough for both."""
    wait_until(site.has_all_workers)
    for path in READ_WHATEVER_HAPPENS:
        assert all(site.answers(path) for _ in range(24)), path


def test_slow_senders_keep_nobody_waiting(site):
    static = site.static_file()
    with slow_bodies(site, 200):
        for path in [*READ_WHATEVER_HAPPENS, static]:
            assert all(site.answers(path) for _ in range(4)), path
        assert site.status("/search/?q=stress") == 200


def test_without_the_guard_slow_senders_take_the_site(environment):
    with (
        running(environment, command=[*BARE, "trustsite.wsgi:django_application"]) as site,
        slow_bodies(site, 40),
    ):
        wait_until(lambda: not all(site.answers("/healthz", timeout=2) for _ in range(4)))


def test_a_form_comes_in_beside_slow_senders(site):
    with slow_bodies(site, 200):
        assert site.status("/newsletter/subscribe/", data=b"address=") == 422


def test_silent_connections_keep_nobody_waiting(site):
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(site.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n"))
        assert all_answer(site)


def test_a_body_that_is_too_large_is_refused_on_a_page_of_ours(site):
    head = (
        b"POST /newsletter/subscribe/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000\r\n\r\n"
    )
    answer = site.raw(head)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"512 KB" in answer
    assert b"Nothing you typed is lost" in answer
    assert b'href="/get-help/"' in answer
    assert b"content-security-policy" in answer.lower()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"X-Long: " + b"a" * 20_000, 431),
        (b"Host: other", 400),
        (b"Content-Type: a\r\nContent-Type: b", 400),
    ],
)
def test_headers_that_no_browser_sends_are_refused(site, lines, status):
    answer = site.raw(b"GET /search/?q=a HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert b"/get-help/" in answer


def kill_newest(site):
    """Kill the worker that was started last; wait until another stands in for it, or the server has ended."""
    before = site.workers()
    os.kill(before[-1], signal.SIGKILL)
    wait_until(
        lambda: (
            site.process.poll() is not None
            or (len(site.workers()) == 2 and before[-1] not in site.workers())
        )
    )


def test_a_worker_that_dies_is_replaced_however_often(environment):
    with running(environment) as site:
        for _ in range(3):
            kill_newest(site)
        wait_until(lambda: all_answer(site))
        assert site.process.poll() is None


def kills_to_the_end(site):
    """Kill the highest-numbered worker, if there is one just now; whether the server has ended."""
    if site.process.poll() is not None:
        return True
    with suppress(OSError, ValueError):
        os.kill(max(site.workers()), signal.SIGKILL)
    return False


def test_granian_alone_gives_up_when_one_dies_again(environment):
    command = "-m granian --interface rsgi --workers 2 --no-ws --respawn-failed-workers".split()
    with running(environment, command=[*command, "trustsite.rsgi:application"]) as site:
        wait_until(lambda: kills_to_the_end(site))


@contextmanager
def sign_ups(site, count):
    """Have so many people ask for the guide at once; give the list their answers come into."""
    form = site.sign_up()
    statuses = []

    def ask(number):
        statuses.append(
            site.status("/newsletter/subscribe/", form.format(number).encode(), timeout=PATIENCE)
        )

    threads = [threading.Thread(target=ask, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        for thread in threads:
            thread.join()


def test_a_write_lock_keeps_no_page_from_a_reader(environment):
    with running(environment) as site:
        static = site.static_file()
        assert all_answer(site)
        with locked(environment), sign_ups(site, 10) as statuses:
            for path in [*READ_WHATEVER_HAPPENS, static]:
                assert all(site.answers(path) for _ in range(4)), path
            wait_until(lambda: len(statuses) == 10)
        assert set(statuses) <= {200, 503}


@on_sqlite
def test_a_full_disk_keeps_no_page_from_a_reader_and_a_sign_up_is_told(environment):
    with running(environment) as site:
        static, form = site.static_file(), site.sign_up()
        with full_disk(site):
            for path in [*READ_WHATEVER_HAPPENS, static, "/search/?q=stress"]:
                assert site.answers(path), path
            address = form.format(1).encode()
            assert site.status("/newsletter/subscribe/", address) == 503
        assert site.status("/newsletter/subscribe/", address) == 200


def many(site, path, count, timeout):
    """Ask so many times at once; return the statuses."""
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(site.status(path, timeout=timeout)))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with postgresql() as database, redis() as cache:
        if not (database and cache):
            if os.environ.get("REQUIRE_SERVERS"):
                pytest.fail("PostgreSQL and Redis are needed.")
            pytest.skip("PostgreSQL and Redis are not installed")
        address = database.new_database()
        more = {"DATABASE_URL": address, "CACHE_URL": cache}
        environment = prepare(tmp_path_factory.mktemp("servers"), **more)
        yield environment, listening(database.port), listening(int(cache.split(":")[2][:-2]))


def test_servers_that_hang_keep_no_page_from_a_reader(servers):
    environment, database, cache = servers
    with running(environment) as site:
        static, heading = site.static_file(), scored(site)
        warm(site)
        with stopped(cache), sign_ups(site, 10) as statuses:
            for path in [*READ_WHATEVER_HAPPENS, static]:
                assert all(site.answers(path) for _ in range(4)), path
        assert len(statuses) == 10
        with stopped(database):
            # More searches than there are threads: each is told within a bound, and none holds its thread for good.
            assert 0 not in many(site, "/search/?q=stress", 40, timeout=PATIENCE)
            for path in [*READ_WHATEVER_HAPPENS, static]:
                assert all(site.answers(path) for _ in range(4)), path
            assert site.answers("/articles/?utm_source=letter")
            assert all(scored(site) == heading for _ in range(4))
        wait_until(lambda: site.status("/search/?q=stress") == 200)


def scored(site):
    """Return the heading of the page that answers a quiz of which every question was skipped."""
    number = re.search(r'name="version" value="(\d+)"', site.text("/quiz/"))[1]
    with site.open("/quiz/", data=f"version={number}".encode()) as answer:
        return re.search(r"<h1.*?</h1>", answer.read().decode(), re.DOTALL)[0]


SOON_CONNECTED_ANEW = """
import os, sys
os.environ["IN_REQUESTS"] = "on"
from django.conf import settings
from trustsite import serve
if __name__ == "__main__":
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 1  # second, in the place of a minute
    serve.server("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1]), 2).serve()
"""


@on_sqlite
def test_a_database_that_has_gone_keeps_nobody_from_the_quiz(tmp_path):
    environment = prepare(tmp_path)
    with running(environment, command=["-c", SOON_CONNECTED_ANEW]) as site:
        expected = scored(site)
        warm(site)
        for name in tmp_path.glob("site.sqlite3*"):
            name.rename(tmp_path / f"moved-{name.name}")
        wait_until(lambda: site.status("/search/?q=stress") == 503)
        assert all(scored(site) == expected for _ in range(6))
        assert site.status("/search/?q=suicide") == 200
        assert all_answer(site)
        assert 500 not in many(site, "/articles/?page=2", 8, timeout=PATIENCE)


def test_without_the_watch_a_database_that_hangs_takes_all_threads(servers):
    environment, database, _ = servers
    command = [sys.executable, "-c", UNWATCHED]
    with running(environment, command=command[1:]) as site:
        many(site, "/search/?q=stress", 40, timeout=PATIENCE)
        with stopped(database):
            assert 0 in many(site, "/search/?q=stress", 40, timeout=6)


def test_the_server_starts_while_its_database_hangs_and_has_the_helplines(servers):
    environment, database, _ = servers
    with stopped(database), running(environment) as site:
        assert all(
            site.answers(path)
            for path in ["/get-help/", site.static_file("/get-help/"), "/healthz"]
        )


UNWATCHED = """
import sys
from trustsite import serve
from trustsite.web.serving import database_watch
if __name__ == "__main__":
    port = int(sys.argv[sys.argv.index("--port") + 1])
    serve.server("127.0.0.1", port, 2, application="tests.web_server:unwatched").serve()
"""


def test_a_change_is_seen_by_every_worker_after_the_database_was_away(servers):
    environment, database, _ = servers
    with running(environment) as site:
        assert all_answer(site)
        with stopped(database):
            wait_until(lambda: site.status("/search/?q=stress") == 503)
        script = (
            "from articles.models import Page; page = Page.objects.get(slug='about');"
            "page.title = 'Another title'; page.save()"
        )
        wait_until(lambda: all(site.answers("/about/") for _ in range(8)))
        run(environment, script)
        wait_until(lambda: all("Another title" in site.text("/about/") for _ in range(8)))


def run(environment, script):
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", script]
    subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
