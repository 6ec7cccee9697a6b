"""The page cache: what is kept, in which encodings, for whom, and within which bounds."""

import gzip
import random
from datetime import timedelta
from urllib.parse import urlsplit

import brotli
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

import trustsite.models
from articles.models import Article, next_publication
from tests.edge import get, make_edge
from tests.factories import make_article
from trustsite.models import CacheVersion
from trustsite.web.serving import page_cache
from trustsite.web.serving.page_cache import public

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


def test_an_address_with_more_parameters_than_any_link_has_is_never_looked_up():
    assert page_cache._is_plain("&".join(["a="] * 50), frozenset("b"))
    assert not page_cache._is_plain("&".join(["a="] * 51), frozenset("b"))
    assert not page_cache._is_plain("b=", frozenset("b"))


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


def test_what_would_not_arrive_in_one_journey_is_compressed_more(edge):
    from trustsite.web.serving import compression

    page = get(edge, "/get-help/")["body"]
    quick = brotli.compress(page, quality=compression.QUICK, lgwin=compression.WINDOW)
    assert compression.compress(page, "br") == quick
    long = page + random.Random(1).randbytes(compression.FIRST_ROUND_TRIP).hex().encode()
    quick = brotli.compress(long, quality=compression.QUICK, lgwin=compression.WINDOW)
    soon = compression.compress(long, "br")
    assert len(soon) < len(quick) > compression.FIRST_ROUND_TRIP
    assert brotli.decompress(soon) == long


def test_a_page_that_is_read_is_counted_and_a_feed_is_not(edge):
    make_article(slug="kept")
    for path in ("/articles/kept/", "/feed/"):
        edge.make_anew(path)
    assert edge.cache.find("/articles/kept/").counted == (("read", "/articles/kept/"),)
    assert edge.cache.find("/feed/").counted == ()


def test_a_store_that_is_just_full_keeps_all(edge, monkeypatch):
    for slug in ("one", "two"):
        make_article(slug=slug)
        get(edge, f"/articles/{slug}/")
    monkeypatch.setattr(page_cache, "MAX_BYTES", edge.cache.size)
    edge.make_anew("/articles/two/")
    assert {"/articles/one/", "/articles/two/"} <= edge.cache.pages.keys()
    monkeypatch.setattr(page_cache, "MAX_BYTES", edge.cache.size - 1)
    edge.make_anew("/articles/two/")
    assert "/articles/one/" not in edge.cache.pages
