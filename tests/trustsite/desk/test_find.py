"""The desk's search: everything that a person may see, from every page, in one answer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.linking import site_links
from articles.models import Article
from newsletter.models import EmailWords
from quiz.models import Question, Quiz, Version
from tests.articles.desk import log_in
from tests.factories import (
    make_article,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_subscriber,
    make_topic,
)
from trustsite.desk import find

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything():
    make_article(title="When the danger isn’t over", state="draft", publish_at=None)
    make_page(slug="about", title="About lanterns")
    make_response(title="Freeze, with a lantern")
    make_topic(title="Lantern topic")
    make_source(key="lantern-2001", title="On lanterns")
    make_picture(key="a-lantern")
    make_offer(heading="A lantern offer")
    make_helpline(name="Lantern line")
    make_letter(subject="Letter of the lantern")
    EmailWords.objects.create(kind="welcome-1", subject="A lantern note", body="Hello.")
    make_subscriber(address="lantern@example.org")
    quiz = Quiz.objects.create(slug="everyday", title="The quiz")
    version = Version.objects.create(quiz=quiz, number=1)
    Question.objects.create(version=version, key="q1", position=0, stem="You see a lantern.")


def groups(browser, typed):
    response = browser.get("/admin/search/", {"q": typed})
    assert response.status_code == 200
    return {group.name: [hit.title for hit in group.hits] for group in response.context["groups"]}


def test_everything_is_found_by_kind(everything):
    found = groups(log_in("Editors"), "lantern")
    assert list(found) == [
        *("Pages", "Responses", "Topics", "Sources", "Pictures", "Offers", "Helplines"),
        *("Letters", "Words of mails", "Questions of the quiz"),
    ]


def test_only_what_a_person_may_see_and_never_a_person(everything):
    assert list(groups(log_in("List managers"), "lantern")) == ["Letters"]
    assert "Words of mails" not in groups(log_in("Reviewers"), "lantern")
    for role in ("Editors", "Owners", "List managers"):
        browser = log_in(role)
        assert b"lantern@example.org" not in browser.get("/admin/search/?q=lantern").content


@pytest.mark.parametrize(
    "typed",
    [
        "danger isn't",
        "danger isn’t",
        "danger isnt",
        "over danger",
        "isn't the danger",
        "DANGER OVER",
        "dang ove",
    ],
)
def test_order_and_apostrophes_make_no_difference(everything, typed):
    assert groups(log_in("Writers"), typed)["Articles"] == ["When the danger isn’t over"]
    Article.objects.update(state="published", publish_at="2026-01-01T00:00Z")
    assert [title for _, title in site_links.targets(typed)] == ["When the danger isn’t over"]


def test_a_title_comes_before_a_text_and_many_are_cut_short(everything):
    for number in range(find.MOST + 3):
        make_article(title=f"Text {number}", body="A lantern.")
    make_article(title="Zebra with a lantern")
    response = log_in("Writers").get("/admin/search/?q=lantern")
    articles = response.context["groups"][0]
    assert (articles.hits[0].title, len(articles.hits)) == ("Zebra with a lantern", find.MOST)
    assert articles.has_more


@pytest.mark.parametrize("typed", ["", "   ", "%", "_", "\0", "x" * 5000, "'" * 50, "a " * 300])
def test_whatever_is_typed_is_answered(everything, typed):
    groups(log_in("Writers"), typed)


def test_a_sign_of_the_database_is_only_a_sign(everything):
    assert groups(log_in("Editors"), "100%") == {}


def test_it_asks_as_much_whatever_there_is(everything):
    browser = log_in("Editors")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get("/admin/search/?q=lantern")
        return len(queries)

    asked()
    few = asked()
    topic = make_topic()
    Article.objects.bulk_create(
        Article(slug=f"l-{n}", title=f"Lantern {n}", topic=topic) for n in range(300)
    )
    assert asked() <= few < 24


def test_the_field_stands_on_every_page_of_the_desk_and_nowhere_else(everything, client, parse):
    browser = log_in("Editors")
    for path in ("/admin/", "/admin/articles/article/", "/admin/search/"):
        assert parse(browser.get(path)).find(".//form[@role='search']/input[@name='q']") is not None
    assert (
        b"desk-search"
        not in client.get("/admin/login/", follow=True).content.partition(b"<body")[2]
    )
    assert client.get("/admin/search/?q=lantern").status_code == 302
