"""What the edge answers by itself beside kept pages: addresses where nothing is, the health check, refusals."""

from datetime import timedelta

import brotli
import pytest
from django.utils import timezone

from articles.models import Article
from tests.edge import get, make_edge
from tests.factories import make_article, make_picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edge():
    return make_edge()


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
