"""How kept pages are forgotten and made anew: changes, the clock, and a database that is away."""

import os
import sys
import time
from pathlib import Path

import brotli
import pytest
from django.db import OperationalError

from articles.models import Article
from tests.edge import catch_up, get, make_edge
from tests.factories import make_article, make_topic
from trustsite.models import MAX_CHANGES, CacheVersion
from trustsite.web.serving import page_cache, page_cache_refresh
from trustsite.web.serving.page_cache import EVERYTHING, invalidate, soft
from trustsite.web.serving.page_cache_refresh import missed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edge():
    return make_edge()


def warm(edge, *paths):
    return {path: get(edge, path)["body"] for path in paths}


def test_a_change_to_the_words_of_an_article_drops_its_page_and_the_feed_alone(edge):
    article = make_article(slug="kept")
    make_article(slug="other", topic=make_topic())
    paths = ["/", "/articles/", "/articles/kept/", "/articles/other/", "/feed/", "/responses/"]
    warm(edge, *paths)
    article.body = article.body.replace("More", "Other")
    article.save()
    edge.refresher.versions.check()
    assert set(paths) - set(edge.cache.pages) == {"/articles/kept/", "/feed/"}
    assert not any(page.is_stale for page in edge.cache.pages.values())


def test_a_new_title_drops_lists_and_lets_other_articles_be_served_until_they_are_made_anew(edge):
    article = make_article(slug="kept", title="Before")
    make_article(slug="other", topic=article.topic)
    before = warm(edge, "/", "/articles/", "/articles/kept/", "/articles/other/")
    article.title = "After"
    article.save()
    edge.refresher.versions.check()
    assert set(edge.cache.pages) == {"/articles/other/"}
    assert get(edge, "/articles/other/")["body"] == before["/articles/other/"]
    catch_up(edge)
    assert b"After" in get(edge, "/articles/other/")["body"]


def test_what_is_taken_back_goes_from_every_page_at_once(edge):
    article = make_article(slug="kept", title="Taken back")
    make_article(slug="other", topic=article.topic)
    assert b"Taken back" in get(edge, "/articles/other/")["body"]
    article.state, article.withdrawn_note = Article.State.WITHDRAWN, "It was wrong."
    article.save()
    edge.refresher.versions.check()
    assert edge.cache.pages == {}


def test_a_draft_that_nobody_can_read_drops_nothing(edge):
    draft = make_article(slug="draft", state=Article.State.DRAFT, publish_at=None)
    warm(edge, "/", "/articles/")
    draft.title = "Another"
    draft.save()
    edge.refresher.versions.check()
    assert set(edge.cache.pages) == {"/", "/articles/"}


def test_a_page_that_says_nothing_of_itself_goes_with_every_change(edge):
    get(edge, "/guide/")
    edge.cache.pages["/guide/"].tags = frozenset()
    invalidate("anything")
    edge.refresher.versions.check()
    assert edge.cache.pages == {}


def test_of_stale_pages_the_one_most_recently_asked_for_is_made_anew_first(edge):
    make_article(slug="a"), make_article(slug="b"), make_article(slug="c")
    warm(edge, "/articles/a/", "/articles/b/", "/articles/c/", "/articles/b/")
    invalidate(soft("cards"))
    edge.refresher.versions.check()
    assert edge.cache.next_stale()[0] == "/articles/b/"
    edge.refresher.renew_once()
    assert not edge.cache.pages["/articles/b/"].is_stale
    assert edge.cache.next_stale()[0] == "/articles/c/"


def test_a_page_that_is_gone_when_it_is_made_anew_is_forgotten(edge):
    make_article(slug="kept")
    get(edge, "/articles/kept/")
    Article.objects.update(state=Article.State.DRAFT)
    edge.cache.pages["/articles/kept/"].is_stale = True
    edge.refresher.renew_once()
    assert edge.cache.pages == {}


def test_a_page_that_cannot_be_made_anew_goes_on_being_served_and_is_tried_later(edge):
    make_article(slug="kept")
    before = get(edge, "/articles/kept/")
    invalidate(soft("cards"))
    edge.refresher.versions.check()

    def failing(path):
        raise OperationalError

    edge.refresher.render = failing
    assert edge.refresher.renew_once()
    assert edge.cache.next_stale() is None
    assert get(edge, "/articles/kept/") == before


def test_each_page_is_made_anew_within_twelve_hours_and_meanwhile_served(edge, monkeypatch):
    before = get(edge, "/guide/")["body"]
    page = edge.cache.pages["/guide/"]
    assert 0 < page.expires - time.monotonic() <= page_cache.MAX_AGE < 24 * 3600
    later = page.expires + 1
    monkeypatch.setattr(page_cache.time, "monotonic", lambda: later)
    assert get(edge, "/guide/")["body"] == before
    assert edge.cache.next_stale() == ("/guide/", page)


def test_pages_do_not_all_age_in_the_same_minute(edge):
    warm(edge, "/", "/guide/", "/search/", "/responses/", "/articles/")
    assert len({round(page.expires / 60) for page in edge.cache.pages.values()}) > 1


def test_a_page_made_while_its_content_changed_is_sent_and_not_kept(edge):
    article = make_article(slug="kept", title="Before")
    django = edge.application

    def changing(environ, start_response):
        answer = list(django(environ, start_response))
        article.title = "After"
        article.save()
        edge.refresher.versions.check()
        return answer

    edge.application = changing
    assert b"Before" in get(edge, "/articles/kept/")["body"]
    assert edge.cache.pages == {}


def test_kept_pages_outlive_the_database_and_a_change_is_seen_once_it_is_back(edge, monkeypatch):
    article = make_article(slug="kept", title="Before")
    get(edge, "/articles/kept/")
    closed = []

    def fail():
        raise OperationalError("server closed the connection unexpectedly")

    check = edge.refresher.versions.check
    monkeypatch.setattr(edge.refresher.versions, "check", fail)
    monkeypatch.setattr(page_cache_refresh.connection, "close", lambda: closed.append(True))
    article.title = "After"
    article.save()
    assert b"Before" in get(edge, "/articles/kept/")["body"]
    assert edge.watch.is_away
    assert closed  # a dead connection is not asked a second time
    monkeypatch.setattr(edge.refresher.versions, "check", check)
    assert b"After" in get(edge, "/articles/kept/")["body"]
    assert not edge.watch.is_away


def fail_with(monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr("articles.reading.views.newest", fail)


def test_a_page_that_the_database_keeps_from_being_made_is_not_now_at_once(edge, monkeypatch):
    """Before the watch knows: a worker that has just begun has no page in memory."""
    fail_with(monkeypatch, OperationalError("unable to open database file"))
    assert not edge.watch.is_away
    assert get(edge, "/", look=False)["status"].startswith("503")


def test_a_mistake_of_ours_stays_one(edge, monkeypatch):
    fail_with(monkeypatch, ZeroDivisionError())
    assert get(edge, "/", look=False)["status"].startswith("500")


@pytest.mark.parametrize(
    ("known", "number", "changes", "tags"),
    [
        (1, 1, [], set()),
        (1, 2, [[2, ["a"]]], {"a"}),
        (1, 3, [[1, ["x"]], [2, ["a"]], [3, ["b", "c"]]], {"a", "b", "c"}),
        (1, 3, [[3, ["b"]]], {EVERYTHING}),  # 2 has left the log, or another release counted it
        (-1, 2, [[1, ["a"]], [2, ["b"]]], {EVERYTHING}),
        (5, 2, [[2, ["b"]]], {EVERYTHING}),  # an older database was brought back
    ],
)
def test_a_change_that_the_log_does_not_hold_is_everything(known, number, changes, tags):
    assert missed(known, number, changes) == tags


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux alone is asked")
def test_what_is_free_is_given_back_to_the_system():
    def used():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    blocks = [b"x" * 100_000 for _ in range(400)]
    blocks[:-1] = []  # the last lies above all others, which the C library keeps
    before = used()
    page_cache_refresh.give_back_memory()
    assert before - used() > 20_000_000
    assert blocks


def test_the_log_is_bounded():
    for number in range(MAX_CHANGES + 5):
        invalidate(f"tag-{number}")
    invalidate(*(f"tag-{number}" for number in range(100)))
    row = CacheVersion.objects.get()
    assert len(row.changes) == MAX_CHANGES
    assert row.changes[-1] == [row.number, [EVERYTHING]]


def test_brotli_is_made_smaller_when_there_is_nothing_else_to_do(edge):
    before = get(edge, "/guide/", HTTP_ACCEPT_ENCODING="br")
    assert edge.refresher.compress_once()
    after = get(edge, "/guide/", HTTP_ACCEPT_ENCODING="br")
    assert len(after["body"]) < len(before["body"])
    assert brotli.decompress(after["body"]) == brotli.decompress(before["body"])
    assert edge.cache.size == sum(page.answer.size for page in edge.cache.pages.values())
    assert not edge.refresher.compress_once()


def test_pages_are_made_anew_one_after_the_other_until_the_server_stops(monkeypatch):
    refresher = make_edge().refresher
    made = []

    def renew():
        made.append(1)
        if len(made) == 3:
            refresher.stopping.set()
        return True

    monkeypatch.setattr(refresher.watch, "guard_thread", lambda *arguments: None)
    monkeypatch.setattr(refresher, "renew_once", renew)
    refresher._make_anew()
    assert len(made) == 3
    refresher._make_anew()
    assert len(made) == 3


def test_a_worker_watches_makes_anew_and_compresses_in_threads_of_their_own(monkeypatch, tmp_path):
    refresher, started = make_edge().refresher, []

    class Thread:
        def __init__(self, target, name, daemon):
            self.target, self.daemon = target, daemon

        def start(self):
            started.append((self.target, self.daemon))

    monkeypatch.setattr(page_cache_refresh, "Thread", Thread)
    monkeypatch.setattr(refresher.warming, "file", tmp_path / "kept")
    (tmp_path / "kept").write_text("/\n")
    refresher.start()
    assert list(refresher.warming.paths) == ["/"]
    work = (refresher._check_versions, refresher._make_anew, refresher._compress)
    assert started == [(each, True) for each in work]


def test_a_database_that_is_away_is_noted_once(monkeypatch, caplog):
    refresher = make_edge().refresher
    monkeypatch.setattr(page_cache_refresh.connection, "close", lambda: None)

    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr(refresher.versions, "check", fail)
    for _ in range(3):
        refresher.check_version()
    assert caplog.text.count("The database did not answer") == 1


def test_the_version_is_looked_at_again_and_again_until_the_server_stops(monkeypatch):
    refresher = make_edge().refresher
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 3:
            refresher.stopping.set()

    monkeypatch.setattr(page_cache_refresh, "CHECK_INTERVAL", 0.0)
    guarded = []
    monkeypatch.setattr(refresher.watch, "guard_thread", lambda **options: guarded.append(options))
    monkeypatch.setattr(refresher, "check_version", look)
    refresher._check_versions()
    refresher._check_versions()
    assert len(looks) == 3
    assert guarded == [{"is_probe": True}] * 2  # its calls are those that find a database back


def test_what_falls_due_changes_once_and_what_is_to_come_does_not_yet():
    cache, changed = page_cache.PageCache(), []
    cache.apply = changed.append
    now = time.time()
    cache.set_due([(now - 1, ("past",)), (now + 3600, ("to come",))])
    cache.fall_due()
    cache.fall_due()
    assert changed == [("past",)]
    assert cache.due_at == now + 3600


def test_a_page_begun_before_more_changes_than_are_remembered_is_not_kept(edge):
    make_article(slug="kept")
    get(edge, "/articles/kept/")
    page, since = edge.cache.pages["/articles/kept/"], edge.cache.count
    for _ in range(page_cache.MAX_EVENTS):
        edge.cache.apply(["of no page"])
    assert not edge.cache._is_outdated(page, since)
    edge.cache.apply(["of no page"])
    assert edge.cache._is_outdated(page, since)


def test_who_hears_of_changes_is_told_of_each_once_and_again_after_failing():
    from trustsite.models import CacheVersion

    versions, told = make_edge().refresher.versions, []
    fails = iter([False, True, False])

    def hear():
        told.append(versions.number)
        if next(fails):
            raise ZeroDivisionError

    versions.on_change = [hear]
    versions.check()
    assert told == []  # nothing has changed since it was made
    CacheVersion.add({"lists"})
    versions.check()
    versions.check()
    assert len(told) == 1
    CacheVersion.add({"lists"})
    with pytest.raises(ZeroDivisionError):
        versions.check()
    versions.check()
    versions.check()
    assert len(told) == 3


def test_what_nobody_foresaw_ends_no_look_at_the_version(monkeypatch, caplog):
    refresher = make_edge().refresher

    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(refresher.versions, "check", fail)
    refresher.check_version()
    assert "could not tell what changed" in caplog.text


def test_pages_are_compressed_while_none_waits_to_be_made_anew_until_the_server_stops(monkeypatch):
    refresher, done = make_edge().refresher, []
    monkeypatch.setattr(page_cache_refresh, "IDLE", 0.0)
    monkeypatch.setattr(page_cache_refresh.os, "setpriority", lambda *options: None, raising=False)
    stale = iter([None, None, ("/a/", None), None, None])

    def compress_once():
        done.append(len(done))
        if len(done) == 4:
            refresher.stopping.set()
        return len(done) < 3

    given_back = []
    monkeypatch.setattr(
        page_cache_refresh, "give_back_memory", lambda: given_back.append(len(done))
    )
    monkeypatch.setattr(refresher.cache, "next_stale", lambda: next(stale))
    monkeypatch.setattr(refresher, "compress_once", compress_once)
    refresher._compress()
    assert given_back == [2]  # and not after each look that finds nothing to do
    assert (
        len(done) == 4
    )  # two, then a page goes first, then one that was the last, and one more look
    assert next(stale, "asked for all") == "asked for all"
