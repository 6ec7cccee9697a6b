import gzip
import io
from datetime import timedelta
from urllib.parse import urlsplit

import brotli
import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from articles.models import Article, next_publication
from tests.factories import make_article
from trustsite.models import PageStamp
from trustsite.web import page_cache
from trustsite.web.page_cache import PageStore
from trustsite.wsgi import django_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(page_cache, "LOOK_EVERY", 0)
    return PageStore(django_application)


def get(store, path, method="GET", **headers):
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **headers,
    }
    answer = {}

    def start_response(status, headers, exc_info=None):
        answer.update(status=status, headers={name.lower(): value for name, value in headers})

    chunks = store(environ, start_response)
    answer["body"] = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return answer


def test_a_kept_page_is_answered_without_asking_django(store):
    make_article(slug="kept")
    first = get(store, "/articles/kept/")
    store.application = None
    assert get(store, "/articles/kept/") == first
    assert first["status"] == "200 OK"


def test_each_encoding_is_the_same_page_with_its_own_tag(store):
    make_article(slug="kept")
    plain = get(store, "/articles/kept/")
    by_gzip = get(store, "/articles/kept/", HTTP_ACCEPT_ENCODING="gzip")
    by_brotli = get(store, "/articles/kept/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert gzip.decompress(by_gzip["body"]) == brotli.decompress(by_brotli["body"]) == plain["body"]
    assert len({answer["headers"]["etag"] for answer in (plain, by_gzip, by_brotli)}) == 3
    assert by_brotli["headers"]["content-encoding"] == "br"
    assert by_brotli["headers"]["vary"] == "Accept-Encoding"


def test_an_unchanged_page_is_not_sent_again(store):
    make_article(slug="kept")
    tag = get(store, "/articles/kept/")["headers"]["etag"]
    again = get(store, "/articles/kept/", HTTP_IF_NONE_MATCH=tag)
    assert (again["status"], again["body"]) == ("304 Not Modified", b"")


def test_head_has_the_headers_alone(store):
    make_article(slug="kept")
    whole = get(store, "/articles/kept/")
    head = get(store, "/articles/kept/", method="HEAD")
    assert head["body"] == b""
    assert head["headers"]["content-length"] == whole["headers"]["content-length"]


def test_a_saved_change_is_seen_at_once(store):
    article = make_article(slug="kept", title="Before")
    assert b"Before" in get(store, "/articles/kept/")["body"]
    article.title = "After"
    article.save()
    assert b"After" in get(store, "/articles/kept/")["body"]


def test_without_the_stamp_the_old_page_would_stay(store, monkeypatch):
    article = make_article(slug="kept", title="Before")
    get(store, "/articles/kept/")
    monkeypatch.setattr(page_cache, "renew", lambda: None)
    article.title = "After"
    article.save()
    assert b"Before" in get(store, "/articles/kept/")["body"]


def test_a_withdrawn_article_is_gone_at_once(store):
    article = make_article(slug="kept")
    get(store, "/articles/kept/")
    article.state, article.withdrawn_note = Article.State.WITHDRAWN, "It was wrong."
    article.save()
    assert get(store, "/articles/kept/")["status"] == "410 Gone"


def test_a_scheduled_article_appears_when_its_time_has_come(store, monkeypatch):
    due = timezone.now() + timedelta(minutes=5)
    make_article(slug="due", title="Due later", publish_at=due)
    assert next_publication() == due
    assert b"Due later" not in get(store, "/articles/")["body"]
    assert store.fresh_until <= due.timestamp()
    later = due + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    monkeypatch.setattr(page_cache.time, "time", later.timestamp)
    assert b"Due later" in get(store, "/articles/")["body"]


def test_it_appears_at_its_second_and_not_before_in_pages_that_were_kept(store, monkeypatch):
    due = (timezone.now() + timedelta(minutes=5)).replace(microsecond=0)
    make_article(slug="due", title="Due later", publish_at=due)
    for moment, is_there in (
        (due - timedelta(seconds=1), False),
        (due - timedelta(milliseconds=1), False),
        (due, True),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        monkeypatch.setattr(page_cache.time, "time", moment.timestamp)
        assert (b"Due later" in get(store, "/articles/")["body"]) is is_there
        assert get(store, "/articles/due/")["status"] == ("200 OK" if is_there else "404 Not Found")


def test_pages_are_made_anew_each_hour_for_their_form_stamps(store, monkeypatch):
    get(store, "/articles/")
    assert store.fresh_until - page_cache.time.time() <= 3600
    in_an_hour = page_cache.time.time() + 3601
    monkeypatch.setattr(page_cache.time, "time", lambda: in_an_hour)
    kept = store.pages
    get(store, "/about-nothing/")
    assert kept == {}
    assert store.size == 0


@pytest.mark.parametrize("path", ["/nowhere/", "/admin/login/", "/healthz", "/articles/?page=2"])
def test_only_public_pages_are_kept(store, path):
    get(store, path)
    assert store.pages == {}


def test_a_post_always_reaches_django(store):
    get(store, "/articles/")
    assert get(store, "/articles/", method="POST")["status"].startswith("4")


def test_kept_pages_outlive_the_database(store, monkeypatch, caplog):
    from django.db import DatabaseError

    make_article(slug="kept")
    get(store, "/articles/kept/")

    def fail():
        raise DatabaseError

    monkeypatch.setattr(page_cache, "stamp_number", fail)
    assert get(store, "/articles/kept/")["status"] == "200 OK"


def test_saving_content_raises_the_stamp():
    make_article()
    before = PageStamp.objects.get().number
    make_article()
    assert PageStamp.objects.get().number > before


def test_another_host_gets_no_page_made_for_this_one(store):
    get(store, "/articles/")
    assert get(store, "/articles/", HTTP_HOST="evil.example")["status"].startswith("400")


def test_a_picture_is_kept_as_it_is_and_not_compressed_again(store):
    make_article(slug="kept")
    plain = get(store, "/articles/kept/card.png")
    store.application = None
    again = get(store, "/articles/kept/card.png", HTTP_ACCEPT_ENCODING="gzip, br")
    assert again["body"] == plain["body"]
    assert "content-encoding" not in again["headers"]
    assert again["headers"]["content-type"] == "image/png"
    assert again["headers"]["cross-origin-resource-policy"] == "cross-origin"
    unchanged = get(store, "/articles/kept/card.png", HTTP_IF_NONE_MATCH=again["headers"]["etag"])
    assert unchanged["status"] == "304 Not Modified"


def test_a_card_is_made_anew_with_its_title(store):
    article = make_article(slug="kept", title="Before")
    before = get(store, "/articles/kept/card.png")["body"]
    article.title = "After"
    article.save()
    assert get(store, "/articles/kept/card.png")["body"] != before


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
def test_the_encoding_is_one_that_was_asked_for(store, accepted, encoding):
    make_article(slug="kept")
    answer = get(store, "/articles/kept/", HTTP_ACCEPT_ENCODING=accepted)
    assert answer["headers"].get("content-encoding", "") == encoding


def test_a_browser_that_names_the_page_it_has_is_sent_nothing(store):
    make_article(slug="kept")
    tag = get(store, "/articles/kept/")["headers"]["etag"]
    for known in ("*", f'"other", {tag}', f"W/{tag}", f" W/{tag} ,*"):
        assert (
            get(store, "/articles/kept/", HTTP_IF_NONE_MATCH=known)["status"] == "304 Not Modified"
        )
    for unknown in ("", '"other"', tag.strip('"'), tag[:-2]):
        assert get(store, "/articles/kept/", HTTP_IF_NONE_MATCH=unknown)["status"] == "200 OK"


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


def test_only_our_own_name_is_kept(store, spellings):
    get(store, "/articles/")
    kept = dict(store.pages)
    for host in spellings:
        get(store, "/articles/", HTTP_HOST=host)
    assert store.pages == kept


def test_without_the_guard_every_spelling_would_meet_the_store(store, spellings, monkeypatch):
    monkeypatch.setattr(store, "_is_ours", lambda environ: True)
    get(store, "/articles/", HTTP_HOST="localhost")
    assert get(store, "/articles/", HTTP_HOST="evil.example")["status"] == "200 OK"


def fill(store):
    make_article(slug="first")
    first = get(store, "/articles/first/")
    for number in range(4):
        make_article(slug=f"other-{number}")
    store._look()
    get(store, "/articles/first/")
    for number in range(4):
        get(store, f"/articles/other-{number}/")
        get(store, "/articles/first/")
    return first


def test_the_least_recently_used_page_goes_when_the_room_is_full(store, monkeypatch):
    make_article(slug="one")
    get(store, "/articles/one/")
    monkeypatch.setattr(page_cache, "BUDGET", store.size * 3)
    fill(store)
    assert "/articles/first/" in store.pages
    assert "/articles/other-0/" not in store.pages
    assert store.size == sum(page.size for page in store.pages.values()) <= page_cache.BUDGET


def test_without_a_budget_the_store_would_grow(store, monkeypatch):
    monkeypatch.setattr(page_cache, "BUDGET", float("inf"))
    fill(store)
    assert len(store.pages) == 5


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_change_is_seen_after_the_connection_died(store, monkeypatch, is_closed):
    article = make_article(slug="kept", title="Before")
    get(store, "/articles/kept/")
    number = PageStamp.objects.get().number
    asked = []

    def stamp():
        asked.append(connection.dead)
        if connection.dead:
            raise OperationalError("server closed the connection unexpectedly")
        return number + 1

    class Connection:
        dead = True

        def close(self):
            self.dead = not is_closed  # the twin: closing that closes nothing

    article.title = "After"
    article.save()
    connection = Connection()
    monkeypatch.setattr(page_cache, "connection", connection)
    monkeypatch.setattr(page_cache, "_stamp_number", stamp)
    assert b"Before" in get(store, "/articles/kept/")["body"]
    assert (b"After" in get(store, "/articles/kept/")["body"]) is is_closed
