"""Cache warming: what was kept before is made for new workers, and nothing outdated, hanging or dead is in their way."""

import multiprocessing
import os
import time

import pytest
from django.conf import settings
from django.db import OperationalError, connections

from tests.edge import get, make_edge
from tests.factories import make_article
from trustsite.web.serving import page_cache_refresh, page_cache_warming
from trustsite.web.serving.edge import Edge
from trustsite.web.serving.page_cache_warming import Warming
from trustsite.wsgi import django_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "KEPT_PAGES_FILE", tmp_path / "kept-pages")
    return tmp_path / "kept-pages"


def fail():
    raise OperationalError


def new_edge():
    """Return an edge that has not looked at the database yet, as in the main process."""
    edge = Edge(django_application)
    edge.prepare()
    return edge


def warm_up(edge, within=60, is_over=lambda: False):
    connections.close_all()  # as before a fork
    edge.refresher.warming.make_ahead(within, is_over)


def test_the_addresses_of_kept_pages_are_written_latest_first_and_nothing_else(file):
    edge = make_edge()
    for path in ("/", "/articles/?page=x", "/articles/", "/nothing/", "/guide/", "/"):
        get(edge, path)
    edge.refresher.warming.write()
    assert file.read_text() == "/\n/guide/\n/articles/\n"


def test_they_are_written_now_and_then_and_only_when_they_are_others(file, monkeypatch):
    edge = make_edge()
    warming = edge.refresher.warming
    get(edge, "/")
    warming.write()
    get(edge, "/guide/")
    warming.write()
    assert file.read_text() == "/\n"  # it isn't time yet
    monkeypatch.setattr(page_cache_warming, "WRITE_EVERY", 0)
    warming.write_at = 0
    warming.write()
    assert file.read_text() == "/guide/\n/\n"
    file.unlink()
    get(edge, "/")
    warming.write()
    assert not file.exists()


def test_a_worker_that_still_makes_what_it_found_writes_nothing(file):
    file.write_text("/guide/\n/\n")
    edge = make_edge()
    get(edge, "/")
    edge.refresher.warming.read()
    edge.refresher.warming.write()
    assert file.read_text() == "/guide/\n/\n"
    while edge.refresher.renew_once():
        pass
    edge.refresher.warming.write()
    assert set(file.read_text().split()) == {"/guide/", "/"}


def test_a_full_disk_costs_the_list_alone(file):
    edge = make_edge()
    get(edge, "/")
    file.parent.rmdir()
    edge.refresher.warming.write()
    edge.refresher.warming.read()
    assert not edge.refresher.warming.paths


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"", b"no path\n/\x00\n\n", b"/" * 100_000])
def test_a_damaged_list_harms_nothing(file, content):
    file.write_bytes(content)
    edge = make_edge()
    edge.refresher.warming.read()
    while edge.refresher.renew_once():
        pass
    assert not edge.cache.pages


def test_a_list_is_read_up_to_a_bound(file, monkeypatch):
    monkeypatch.setattr(page_cache_warming, "MAX_PATHS", 2)
    file.write_text("/\n/guide/\n/articles/\n")
    edge = make_edge()
    warming = Warming(edge.cache, edge.refresher.versions, edge.ask, file)
    warming.read()
    assert list(warming.paths) == ["/", "/guide/"]


def test_a_worker_makes_what_was_kept_before_when_nothing_is_stale(file):
    file.write_text("/guide/\n/gone/\n/\n")
    edge = make_edge()
    edge.refresher.warming.read()
    while edge.refresher.renew_once():
        pass
    assert set(edge.cache.pages) == {"/guide/", "/"}


def test_nothing_is_made_while_the_database_is_away(file):
    file.write_text("/guide/\n")
    edge = make_edge()
    edge.refresher.warming.read()
    edge.watch.is_away = True
    assert not edge.refresher.renew_once()
    assert list(edge.refresher.warming.paths) == ["/guide/"]


def test_workers_to_come_have_the_pages_in_the_order_of_before(file):
    make_article(slug="kept")
    file.write_text("/articles/kept/\n/guide/\n/gone/\n/\n")
    edge = make_edge()
    warm_up(edge)
    assert list(edge.cache.pages) == ["/", "/guide/", "/articles/kept/"]
    page = edge.cache.pages["/articles/kept/"]
    edge.cache.pages.clear()
    made = get(edge, "/articles/kept/", HTTP_ACCEPT_ENCODING="br")
    kept = page.answer.answer("GET", "br", "")
    headers = {name.lower(): value for name, value in kept.headers}
    volatile = {"content-length", "content-security-policy", "etag"}
    assert {n: headers[n] for n in headers.keys() - volatile} == {
        n: made["headers"][n] for n in headers.keys() - volatile
    }
    assert page.tags
    assert page.counted
    assert edge.cache.size >= page.answer.size > 0


def test_a_page_that_was_made_before_an_edit_is_not_shown_after_it(file):
    article = make_article(slug="kept", title="Before")
    file.write_text("/articles/kept/\n/guide/\n")
    edge = make_edge()
    warm_up(edge)
    article.title = "After"
    article.save()
    edge.refresher.versions.check()  # as a worker does when it begins
    assert "/guide/" in edge.cache.pages
    assert b"After" in get(edge, "/articles/kept/")["body"]


def begin(edge, monkeypatch):
    """Begin as a worker does, without its threads."""
    monkeypatch.setattr(page_cache_refresh.Thread, "start", lambda thread: None)
    edge.refresher.check_version()
    edge.refresher.start()


def test_a_worker_that_cannot_know_what_changed_begins_without_pages(file, monkeypatch):
    article = make_article(slug="kept")
    file.write_text("/articles/kept/\n")
    edge = new_edge()
    warm_up(edge)
    article.state = article.State.WITHDRAWN
    article.withdrawn_note = "It was wrong."
    article.save()
    check = edge.refresher.versions.check
    edge.refresher.versions.check = fail
    begin(edge, monkeypatch)
    assert not edge.cache.pages
    edge.refresher.versions.check = check
    assert get(edge, "/articles/kept/")["status"] == "410 Gone"


def test_one_that_knows_begins_with_them(file, monkeypatch):
    file.write_text("/\n")
    edge = new_edge()
    warm_up(edge)
    begin(edge, monkeypatch)
    assert set(edge.cache.pages) == {"/"}


def test_one_that_dies_in_the_middle_of_a_page_costs_that_page_alone(file):
    file.write_text("/\n/guide/\n")
    edge = make_edge()
    render = edge.refresher.render

    def dying(path):
        render(path)
        if path == "/guide/":
            edge.cache.pages[path].answer.headers = Deadly()

    class Deadly(tuple):
        def __reduce__(self):
            os._exit(1)

    edge.refresher.render = dying
    warm_up(edge)
    assert list(edge.cache.pages) == ["/"]


@pytest.mark.parametrize("size", [1, 10, 100, 1_000, 10_000])
def test_a_part_of_a_page_is_no_page(file, monkeypatch, size):
    file.write_text("/\n/guide/\n")
    received = page_cache_warming._received
    monkeypatch.setattr(page_cache_warming, "_received", lambda *args: received(*args)[:-size])
    edge = make_edge()
    warm_up(edge)
    assert "/guide/" not in edge.cache.pages


def test_when_no_process_can_begin_the_server_does(file, monkeypatch, caplog):
    def refuse(process):
        raise BlockingIOError

    file.write_text("/\n")
    edge = make_edge()
    monkeypatch.setattr("multiprocessing.context.ForkProcess.start", refuse)
    warm_up(edge)
    assert "workers begin without" in caplog.text


def test_a_release_that_fails_on_every_page_says_so_a_few_times(file):
    file.write_text("".join(f"/nothing-{number}/\n" for number in range(50)))
    edge, asked = make_edge(), []
    edge.refresher.render = asked.append
    edge.refresher.warming.read()
    while edge.refresher.renew_once():
        pass
    assert len(asked) == page_cache_warming.MAX_FAILURES


def test_pages_that_were_dropped_a_moment_ago_stay_in_the_list(file, monkeypatch):
    monkeypatch.setattr(page_cache_warming, "WRITE_EVERY", 0)
    file.write_text("/guide/\n/gone/\n/articles/\n")
    edge = make_edge()
    edge.refresher.warming.read()
    while edge.refresher.renew_once():
        pass
    edge.cache.clear()
    get(edge, "/")
    edge.refresher.warming.write()
    assert file.read_text() == "/\n/guide/\n/articles/\n"


def test_one_that_hangs_is_ended(file):
    file.write_text("/\n")
    edge = make_edge()
    edge.refresher.render = lambda path: time.sleep(1_000)
    warm_up(edge, within=0.2)
    assert not edge.cache.pages
    assert not multiprocessing.active_children()


def test_who_is_told_to_stop_waits_for_no_page(file):
    file.write_text("/\n")
    edge = make_edge()
    edge.refresher.render = lambda path: time.sleep(1_000)
    warm_up(edge, within=1_000, is_over=lambda: True)
    assert not multiprocessing.active_children()


def test_one_that_dies_harms_nobody(file):
    file.write_text("/\n")
    edge = make_edge()
    edge.refresher.render = lambda path: os._exit(1)
    warm_up(edge, within=1_000)
    assert not edge.cache.pages


def test_a_page_that_fails_keeps_no_other_from_being_made(file, capfd):
    file.write_text("/\n/guide/\n")
    edge = make_edge()
    render = edge.refresher.render

    def failing(path):
        return render(path) if path == "/guide/" else 1 / 0

    edge.refresher.render = failing
    warm_up(edge)
    assert list(edge.cache.pages) == ["/guide/"]


def test_without_a_database_nothing_is_made_and_nothing_is_said_twice(file, capfd):
    file.write_text("/\n")
    edge = make_edge()
    edge.refresher.versions.check = fail
    warm_up(edge, within=1_000)
    assert not edge.cache.pages
    assert "Traceback" not in capfd.readouterr().err


def test_what_does_not_fit_is_left(file, monkeypatch):
    file.write_text("/\n/guide/\n/articles/\n")
    edge = make_edge()
    warm_up(edge)
    sizes = {path: page.answer.size for path, page in edge.cache.pages.items()}
    edge.cache.pages.clear()
    edge.cache.size = 0
    monkeypatch.setattr("trustsite.web.serving.page_cache.MAX_BYTES", sizes["/"])
    warm_up(edge)
    assert list(edge.cache.pages) == ["/"]
    assert edge.cache.size == sizes["/"]
