"""The page cache: what is kept, for how long, and that nothing outdated is."""

import gzip
import time
from datetime import timedelta
from urllib.parse import urlsplit

import brotli
import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.utils import timezone

import trustsite.models
from articles.models import Article, next_publication
from tests.edge import catch_up, get, make_edge
from tests.factories import make_article, make_picture, make_topic
from trustsite.models import MAX_CHANGES, CacheVersion
from trustsite.web.serving import page_cache, page_cache_refresh
from trustsite.web.serving.page_cache import EVERYTHING, invalidate, public, soft
from trustsite.web.serving.page_cache_refresh import missed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edge():
    return make_edge()


def test_a_kept_page_is_answered_without_asking_django(edge):
    make_article(slug="kept")
    first = get(edge, "/articles/kept/")
    edge.application = None
    assert get(edge, "/articles/kept/") == first
    assert first["status"] == "200 OK"


def test_each_encoding_is_the_same_page_with_its_own_tag(edge):
    make_article(slug="kept")
    plain = get(edge, "/articles/kept/")
    by_gzip = get(edge, "/articles/kept/", HTTP_ACCEPT_ENCODING="gzip")
    by_brotli = get(edge, "/articles/kept/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert gzip.decompress(by_gzip["body"]) == brotli.decompress(by_brotli["body"]) == plain["body"]
    assert len({answer["headers"]["etag"] for answer in (plain, by_gzip, by_brotli)}) == 3
    assert by_brotli["headers"]["content-encoding"] == "br"
    assert by_brotli["headers"]["vary"] == "Accept-Encoding"


def test_an_unchanged_page_is_not_sent_again(edge):
    make_article(slug="kept")
    tag = get(edge, "/articles/kept/")["headers"]["etag"]
    again = get(edge, "/articles/kept/", HTTP_IF_NONE_MATCH=tag)
    assert (again["status"], again["body"]) == ("304 Not Modified", b"")


def test_head_has_the_headers_alone(edge):
    make_article(slug="kept")
    whole = get(edge, "/articles/kept/")
    head = get(edge, "/articles/kept/", method="HEAD")
    assert head["body"] == b""
    assert head["headers"]["content-length"] == whole["headers"]["content-length"]


def test_a_saved_change_is_seen_at_once(edge):
    article = make_article(slug="kept", title="Before")
    assert b"Before" in get(edge, "/articles/kept/")["body"]
    article.title = "After"
    article.save()
    assert b"After" in get(edge, "/articles/kept/")["body"]


def test_without_the_stamp_the_old_page_would_stay(edge, monkeypatch):
    article = make_article(slug="kept", title="Before")
    get(edge, "/articles/kept/")
    monkeypatch.setattr(trustsite.models, "invalidate", lambda *tags: None)
    article.title = "After"
    article.save()
    assert b"Before" in get(edge, "/articles/kept/")["body"]


def test_a_withdrawn_article_is_gone_at_once(edge):
    article = make_article(slug="kept")
    get(edge, "/articles/kept/")
    article.state, article.withdrawn_note = Article.State.WITHDRAWN, "It was wrong."
    article.save()
    assert get(edge, "/articles/kept/")["status"] == "410 Gone"


def test_a_scheduled_article_appears_when_its_time_has_come(edge, monkeypatch):
    due = timezone.now() + timedelta(minutes=5)
    make_article(slug="due", title="Due later", publish_at=due)
    assert next_publication() == due
    assert b"Due later" not in get(edge, "/articles/")["body"]
    assert edge.cache.due_at <= due.timestamp()
    later = due + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    monkeypatch.setattr(page_cache.time, "time", later.timestamp)
    assert b"Due later" in get(edge, "/articles/")["body"]


def test_it_appears_at_its_second_and_not_before_in_pages_that_were_kept(edge, monkeypatch):
    due = (timezone.now() + timedelta(minutes=5)).replace(microsecond=0)
    make_article(slug="due", title="Due later", publish_at=due)
    for moment, is_there in (
        (due - timedelta(seconds=1), False),
        (due - timedelta(milliseconds=1), False),
        (due, True),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        monkeypatch.setattr(page_cache.time, "time", moment.timestamp)
        assert (b"Due later" in get(edge, "/articles/")["body"]) is is_there
        assert get(edge, "/articles/due/")["status"] == ("200 OK" if is_there else "404 Not Found")


@pytest.mark.parametrize("path", ["/nowhere/", "/admin/login/", "/healthz", "/search/?q=stress"])
def test_only_public_pages_are_kept(edge, path):
    get(edge, path)
    assert edge.cache.pages == {}


def test_a_post_always_reaches_django(edge):
    get(edge, "/articles/")
    assert get(edge, "/articles/", method="POST")["status"].startswith("4")


def test_saving_content_raises_the_stamp():
    make_article()
    before = CacheVersion.objects.get().number
    make_article()
    assert CacheVersion.objects.get().number > before


def test_another_host_gets_no_page_made_for_this_one(edge):
    get(edge, "/articles/")
    assert get(edge, "/articles/", HTTP_HOST="evil.example")["status"].startswith("400")


def test_a_picture_is_kept_as_it_is_and_not_compressed_again(edge):
    make_article(slug="kept")
    plain = get(edge, "/articles/kept/card.png")
    edge.application = None
    again = get(edge, "/articles/kept/card.png", HTTP_ACCEPT_ENCODING="gzip, br")
    assert again["body"] == plain["body"]
    assert "content-encoding" not in again["headers"]
    assert again["headers"]["content-type"] == "image/png"
    assert again["headers"]["cross-origin-resource-policy"] == "cross-origin"
    unchanged = get(edge, "/articles/kept/card.png", HTTP_IF_NONE_MATCH=again["headers"]["etag"])
    assert unchanged["status"] == "304 Not Modified"


def test_a_card_is_made_anew_with_its_title(edge):
    article = make_article(slug="kept", title="Before")
    before = get(edge, "/articles/kept/card.png")["body"]
    article.title = "After"
    article.save()
    assert get(edge, "/articles/kept/card.png")["body"] != before


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br, gzip", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0", ""),
        ("GZIP;Q=0.5, br;q=0.1", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("identity;q=1, br;q=0.5", ""),
        ("brotli, xgzip", ""),
        ("br;q=nonsense, gzip;q=nan", ""),
        ("", ""),
    ],
)
def test_the_encoding_is_one_that_was_asked_for(edge, accepted, encoding):
    make_article(slug="kept")
    answer = get(edge, "/articles/kept/", HTTP_ACCEPT_ENCODING=accepted)
    assert answer["headers"].get("content-encoding", "") == encoding


def test_a_browser_that_names_the_page_it_has_is_sent_nothing(edge):
    make_article(slug="kept")
    tag = get(edge, "/articles/kept/")["headers"]["etag"].removeprefix("W/")
    for known in ("*", f'"other", {tag}', f"W/{tag}", f" W/{tag} ,*"):
        assert (
            get(edge, "/articles/kept/", HTTP_IF_NONE_MATCH=known)["status"] == "304 Not Modified"
        )
    for unknown in ("", '"other"', tag.strip('"'), tag[:-2]):
        assert get(edge, "/articles/kept/", HTTP_IF_NONE_MATCH=unknown)["status"] == "200 OK"


@pytest.fixture
def spellings():
    ours = urlsplit(settings.SITE_URL).netloc
    return [
        "localhost",
        "127.0.0.1",
        "127.0.0.1:1000",
        "localhost:8001",
        "LOCALHOST",
        f"{ours}.",
        ours + "0",
    ]


def test_only_our_own_name_is_kept(edge, spellings):
    get(edge, "/articles/")
    kept = dict(edge.cache.pages)
    for host in spellings:
        get(edge, "/articles/", HTTP_HOST=host)
    assert edge.cache.pages == kept


def test_without_the_guard_another_name_would_meet_the_cache(edge):
    get(edge, "/articles/")
    page = edge.cache.pages["/articles/"]
    assert get(edge, "/articles/", HTTP_HOST="evil.example")["status"].startswith("400")
    edge.host = "evil.example"
    assert edge.cache.pages["/articles/"] is page
    assert get(edge, "/articles/", HTTP_HOST="evil.example")["status"] == "200 OK"


def fill(edge):
    make_article(slug="first")
    first = get(edge, "/articles/first/")
    for number in range(4):
        make_article(slug=f"other-{number}")
    get(edge, "/articles/first/")
    for number in range(4):
        get(edge, f"/articles/other-{number}/")
        get(edge, "/articles/first/")
    return first


def test_the_least_recently_used_page_goes_when_the_room_is_full(edge, monkeypatch):
    make_article(slug="one")
    get(edge, "/articles/one/")
    monkeypatch.setattr(page_cache, "MAX_BYTES", edge.cache.size * 3)
    fill(edge)
    assert "/articles/first/" in edge.cache.pages
    assert "/articles/other-0/" not in edge.cache.pages
    assert (
        edge.cache.size
        == sum(page.answer.size for page in edge.cache.pages.values())
        <= page_cache.MAX_BYTES
    )


def test_without_a_budget_the_store_would_grow(edge, monkeypatch):
    monkeypatch.setattr(page_cache, "MAX_BYTES", float("inf"))
    fill(edge)
    assert len(edge.cache.pages) == 5


@pytest.mark.parametrize("query", ["utm_source=letter", "fbclid=x", "page=2", "a", "=", "&&&"])
def test_a_query_that_no_view_reads_gets_the_kept_page(edge, query):
    make_article(slug="kept")
    first = get(edge, f"/articles/kept/?{query}")
    edge.application = None
    assert get(edge, "/articles/kept/") == get(edge, f"/articles/kept/?{query}") == first


@pytest.mark.parametrize("query", ["q=stress", "utm_source=x&q=stress", "q", "q=", "%71=a"])
def test_a_query_that_its_view_reads_is_never_kept(edge, query):
    plain = get(edge, "/search/")
    assert "/search/" in edge.cache.pages
    answer = get(edge, f"/search/?{query}")
    assert answer["headers"]["cache-control"] == "no-store"
    assert get(edge, "/search/")["body"] == plain["body"]
    kept = get(edge, "/search/?utm_source=q")
    assert kept["body"] == plain["body"]


def test_without_saying_what_it_reads_a_search_would_be_kept(edge):
    get(edge, "/search/")
    edge.cache.pages["/search/"].reads = frozenset()
    assert b"stress" not in get(edge, "/search/?q=stress")["body"]


def test_a_parameter_that_is_taken_away_is_not_on_the_page(rf):
    seen = []

    @public(reads=["page"])
    def view(request):
        seen.append((dict(request.GET), request.get_full_path()))
        return HttpResponse()

    plain, read = view(rf.get("/x/?utm_source=1")), view(rf.get("/x/?page=2&utm_source=1"))
    assert seen[0] == ({}, "/x/")
    assert seen[1][0] == {"page": ["2"], "utm_source": ["1"]}
    assert plain.headers["Cache-Control"] == page_cache.CACHE_CONTROL
    assert not read.has_header("Cache-Control")


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


@pytest.mark.parametrize("path", ["/nowhere/", "/articles/nowhere/", "/search/?q=stress"])
def test_what_is_not_kept_is_compressed_as_well(edge, path):
    plain = get(edge, path)
    small = get(edge, path, HTTP_ACCEPT_ENCODING="br")
    assert small["headers"]["content-encoding"] == "br"
    assert "Accept-Encoding" in small["headers"]["vary"]
    assert brotli.decompress(small["body"]) == plain["body"]
    assert len(small["body"]) < 14 * 1024


def test_pages_of_the_admin_are_not_compressed(edge):
    page = get(edge, "/admin/login/", HTTP_ACCEPT_ENCODING="br, gzip")
    assert "content-encoding" not in page["headers"]


def test_an_address_that_is_nowhere_is_answered_without_django(edge):
    from articles.models import Redirect

    edge.application, django = None, edge.application
    for path in ("/nowhere/", "/wp-login.php", "/a/b/c", "/%00", "/nowhere/?a=b"):
        answer = get(edge, path)
        assert answer["status"] == "404 Not Found"
        assert b"/get-help/" in answer["body"]
        assert "content-security-policy" in answer["headers"]
    edge.application = django
    Redirect.objects.create(path="/nowhere/", target="/guide/")
    Redirect.objects.create(path="/a/", target="/guide/", is_prefix=True)
    assert get(edge, "/nowhere/")["status"] == "301 Moved Permanently"
    assert get(edge, "/a/b/c")["status"] == "301 Moved Permanently"
    assert get(edge, "/guide")["status"] == "301 Moved Permanently"  # a slash is added


MADE_UP = [
    "/articles/made-up/",
    "/articles/made-up/?page=99999",
    "/articles/made-up",
    "/articles/made-up/card.png",
    "/topics/made-up/",
    f"/media/pictures/{'0' * 20}.jpg",
]


def test_made_up_names_cost_neither_django_nor_the_database(edge, django_assert_num_queries):
    edge.refresher.check_version()
    edge.application = None
    with django_assert_num_queries(0):
        for path in MADE_UP:
            answer = get(edge, path, look=False)
            assert answer["status"] == "404 Not Found", path
            assert b'name="q"' in answer["body"]
            assert len(brotli.compress(answer["body"])) < 14 * 1024
        posted = edge.nowhere(edge.host, "/wp-login.php", "br")
    assert posted.status == 404
    assert edge.nowhere(edge.host, "/newsletter/subscribe/", "br") is None


def test_without_the_guard_a_made_up_name_is_asked_of_the_database(
    edge, django_assert_max_num_queries
):
    edge.is_free = lambda path: False
    with django_assert_max_num_queries(9) as asked:
        assert get(edge, MADE_UP[0], look=False)["status"] == "404 Not Found"
    assert len(asked) > 0


def test_every_address_that_a_row_has_is_found(edge):
    later = timezone.now() + timedelta(hours=1)
    make_article(slug="new")
    make_article(slug="due", publish_at=later)
    make_article(slug="gone", state="withdrawn", withdrawn_note="Wrong.")
    moved = make_article(slug="old")
    moved.slug = "moved"
    moved.save()
    picture = make_picture()
    for path, status in {
        "/articles/new/": 200,
        "/articles/new/card.png": 200,
        "/articles/new": 301,
        "/articles/gone/": 410,
        "/articles/old/": 301,
        f"/topics/{moved.topic.slug}/": 200,
        picture.fallback["url"]: 200,
        f"/media/{picture.original.name}": 200,
    }.items():
        assert get(edge, path)["status"].startswith(str(status)), path
    Article.objects.filter(slug="due").update(publish_at=timezone.now())  # the clock, in a test
    assert get(edge, "/articles/due/", look=False)["status"] == "200 OK"


def test_what_is_known_of_addresses_is_bounded(edge, monkeypatch):
    from articles.linking import addresses

    make_article(slug="one")
    monkeypatch.setattr(addresses, "MOST_KNOWN", 1)
    is_free = addresses.free()
    assert not is_free("/articles/made-up/")  # too many to tell: Django is asked


def test_everybody_may_ask_whether_it_is_alive(edge):
    edge.application = None
    for host in ("localhost", "10.0.0.1:80", ""):
        answer = get(edge, "/healthz", HTTP_HOST=host)
        assert (answer["status"], answer["body"]) == ("200 OK", b"ok\n")


def test_helplines_are_at_hand_when_no_thread_is(edge):
    edge.keep_help()
    assert edge.refusal(503, path="/get-help/").status == 200
    refused = edge.refusal(503, path="/articles/kept/")
    assert refused.status == 503
    assert b"/get-help/" in refused.body
    assert dict(refused.headers)["Retry-After"]


def test_an_address_with_more_parameters_than_any_link_has_is_never_looked_up():
    assert page_cache._is_plain("&".join(["a="] * 50), frozenset("b"))
    assert not page_cache._is_plain("&".join(["a="] * 51), frozenset("b"))
    assert not page_cache._is_plain("b=", frozenset("b"))


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


def test_a_worker_watches_makes_anew_and_compresses_in_threads_of_their_own(monkeypatch):
    refresher, started = make_edge().refresher, []

    class Thread:
        def __init__(self, target, name, daemon):
            self.target, self.daemon = target, daemon

        def start(self):
            started.append((self.target, self.daemon))

    monkeypatch.setattr(page_cache_refresh, "Thread", Thread)
    refresher.start()
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
    monkeypatch.setattr(refresher.watch, "guard_thread", lambda **options: None)
    monkeypatch.setattr(refresher, "check_version", look)
    refresher._check_versions()
    refresher._check_versions()
    assert len(looks) == 3


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


def test_a_page_is_kept_in_brotli_alone_and_the_rest_is_made_of_it():
    from trustsite.web.serving.stored_answer import Answer, StoredAnswer

    body = b"<p>" + b"Words that come again. " * 500
    kept = StoredAnswer.of(Answer(200, [("Content-Type", "text/html")], body))
    assert list(kept.variants) == ["br"]
    for answer in (kept, kept.compressed_best()):
        assert answer.answer("GET", "", "").body == body
        assert gzip.decompress(answer.answer("GET", "gzip", "").body) == body
        assert brotli.decompress(answer.answer("GET", "br", "").body) == body


def test_what_is_made_of_kept_pages_is_bounded(monkeypatch):
    from trustsite.web.serving import stored_answer
    from trustsite.web.serving.stored_answer import Answer, Derived, StoredAnswer

    monkeypatch.setattr(stored_answer, "MAX_DERIVED", 30_000)
    derived = Derived()
    for number in range(5):
        page = Answer(200, [("Content-Type", "text/html")], b"%d" % number * 12_000)
        assert derived.get(StoredAnswer.of(page), "").body == page.body
    assert (derived.size, len(derived.variants)) == (24_000, 2)


def test_a_hurried_answer_is_the_same_and_little_longer(edge):
    from trustsite.web.serving import compression

    page = get(edge, "/get-help/")["body"]
    soon, hurried = (
        compression.compress(page, "br", is_hurried=is_hurried) for is_hurried in (False, True)
    )
    assert brotli.decompress(hurried) == page
    assert len(soon) <= len(hurried) < len(soon) * 1.25
