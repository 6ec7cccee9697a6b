from datetime import timedelta

import pytest
from django.utils import timezone

from tests.articles.desk import log_in
from tests.factories import make_article, make_offer, make_page, make_picture, make_source

pytestmark = pytest.mark.django_db
LOOKUP = "/admin/articles/article/lookup/"


def found(browser, kind, words=""):
    return browser.get(LOOKUP, {"kind": kind, "q": words}).json()["choices"]


def values(browser, kind, words=""):
    return [choice["value"] for choice in found(browser, kind, words)]


@pytest.fixture
def writer():
    return log_in("Writers")


def test_a_source_is_found_by_key_author_title_or_year(writer):
    make_source(key="walker-2013", authors="Walker, P.", title="Complex PTSD", year=2013)
    make_source(
        key="cantor-2007", authors="Cantor, C., Price, J.", title="Traumatic entrapment", year=2007
    )
    for words in ("WALKER-2013", "walker", "complex", "ptsd walker", "2013 complex"):
        assert values(writer, "source", words) == ["walker-2013"], words
    assert values(writer, "source", "walker entrapment") == []


def test_a_source_says_whether_somebody_has_opened_it(writer):
    make_source(key="a-2001", authors="A", year=2001, title="Work", checked=True)
    make_source(key="b-2001", authors="B", year=None, title="")
    assert found(writer, "source") == [
        {"value": "a-2001", "title": "Work", "detail": "A (2001)"},
        {"value": "b-2001", "title": "B", "detail": "B. Nobody has opened it yet."},
    ]


def test_only_offers_that_readers_would_see_are_offered(writer):
    make_offer(key="now")
    make_offer(key="over", valid_until=timezone.localdate() - timedelta(days=1))
    make_offer(key="long-ago", checked_on=timezone.localdate() - timedelta(days=200))
    assert values(writer, "offer") == ["now"]
    assert values(writer, "offer", "professional") == ["now"]
    assert values(writer, "offer", "shoes") == []


def test_a_picture_shows_itself_and_its_words(writer):
    make_picture(key="path", alt="A path through a garden.")
    make_picture(key="line", alt="", decorative=True)
    make_picture(key="bare", alt="")
    [path] = found(writer, "picture", "garden")
    assert path["detail"] == "A path through a garden."
    assert path["image"].startswith("/media/pictures/")
    assert path["image"].endswith(".webp")
    told = {choice["value"]: choice["detail"] for choice in found(writer, "picture")}
    assert told["line"] == "It adds nothing that needs words."
    assert told["bare"] == "It has no words yet."


def test_pages_that_readers_can_open_are_found_by_title(writer):
    make_article(slug="slow", title="Slow mornings")
    make_article(slug="hidden", title="Slow evenings", state="draft", publish_at=None)
    make_page(slug="about", title="About slow reading")
    assert values(writer, "page", "slow") == ["/articles/slow/", "/about/"]


@pytest.mark.parametrize(
    "words", ["danger isn't", "danger isn’t", "isn't danger", "OVER when", "  when   over "]
)
def test_pages_are_found_by_words_in_any_order_with_either_apostrophe(writer, words):
    make_article(slug="danger", title="When the danger isn’t over")
    assert values(writer, "page", words) == ["/articles/danger/"]
    assert values(writer, "page", f"{words} elsewhere") == []


def test_offers_and_pictures_are_too(writer):
    make_offer(key="talk", heading="Talk when it isn’t easy")
    make_picture(key="path", alt="A path that isn’t straight")
    assert values(writer, "offer", "isn't talk") == ["talk"]
    assert values(writer, "picture", "isn't path") == ["path"]


def test_the_quiz_the_guide_and_the_helplines_are_pages_too(writer):
    assert values(writer, "page", "the quiz") == ["/quiz/", "/quiz/method/"]
    assert values(writer, "page", "guide") == ["/guide/"]
    assert values(writer, "page", "help now") == ["/get-help/"]


def test_never_more_than_eight(writer):
    for number in range(12):
        make_source(key=f"s-{number}")
        make_article(title=f"Slow {number}")
    assert len(found(writer, "source")) == 8
    assert len(found(writer, "page", "slow")) == 8


@pytest.mark.parametrize(
    "words", ["%", "_", "'; DROP TABLE articles_source; --", "\0", "x" * 5000, "“’\u202e", "٣٤٥٦"]
)
@pytest.mark.parametrize("kind", ["offer", "source", "picture", "page"])
def test_no_words_are_too_strange(writer, kind, words):
    make_source()
    response = writer.get(LOOKUP, {"kind": kind, "q": words})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    if words not in ("\0",):
        assert response.json() == {"choices": []}


@pytest.mark.parametrize("kind", ["", "user", "__class__"])
def test_there_is_no_other_kind(writer, kind):
    response = writer.get(LOOKUP, {"kind": kind})
    assert response.status_code == 400
    assert response.json() == {
        "error": "There is nothing of this kind. There are: offer, source, picture, figure, page, all."
    }


def test_it_is_for_who_may_see_articles(client):
    assert client.get(LOOKUP, {"kind": "source"}).status_code == 302
    assert log_in("List managers").get(LOOKUP, {"kind": "source"}).status_code == 403
    assert log_in("Reviewers").get(LOOKUP, {"kind": "source"}).status_code == 200


def test_it_is_only_looked_at(writer):
    assert writer.post(LOOKUP, {"kind": "source"}).status_code == 405
