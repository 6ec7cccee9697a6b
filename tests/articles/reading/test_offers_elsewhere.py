"""Offers stand on articles alone, and nothing on a result's page depends on the result but words about it."""

import pytest

from articles.models import Article
from tests.quiz.conftest import FIXTURES, example

RESULTS = [fixture["id"] for fixture in FIXTURES if fixture["form"] == "short"]


@pytest.fixture
def site(content):
    """The launch content, with an offer that readers see."""
    assert Article.objects.published().filter(html__contains="offer:online-therapy").exists()


def sponsored(document):
    return [link for link in document.iter("a") if "sponsored" in (link.get("rel") or "")]


def post_result(client, letter, **over):
    from quiz.models import Version

    version = Version.objects.live().get(quiz__slug="short")
    return client.post("/quiz/", {"version": version.number, **example(letter)[1], **over})


def test_the_offer_is_there_to_be_found(site, client, parse):
    assert len(sponsored(parse(client.get("/articles/trauma-and-trust-issues/")))) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/articles/",
        "/quiz/",
        "/guide/",
        "/get-help/",
        "/search/?q=therapy",
        "/responses/",
        "/responses/fawn/",
        "/topics/responses/",
        "/about/",
        "/privacy/",
        "/affiliate-disclosure/",
        "/leaving-this-site/",
        "/articles/when-the-danger-isnt-over/",
        "/nowhere/",
        "/newsletter/confirm/not-a-token/",
        "/newsletter/unsubscribe/not-a-token/",
    ],
)
def test_no_other_page_holds_an_offer(site, client, path):
    page = client.get(path).content
    assert b"</html>" in page
    assert b"sponsored" not in page
    assert b"partner.example" not in page


def test_pages_of_refusal_hold_none(site, client):
    withdrawn = Article.objects.get(slug="trauma-and-trust-issues")
    withdrawn.state = Article.State.WITHDRAWN
    withdrawn.save()
    answers = [
        client.get("/articles/trauma-and-trust-issues/"),
        client.post("/quiz/", {}),
        client.post("/quiz/", {}, headers={"Origin": "https://elsewhere.example"}),
    ]
    assert [answer.status_code for answer in answers] == [410, 400, 403]
    assert not [answer for answer in answers if b"partner.example" in answer.content]


def test_the_feed_holds_none(site, client):
    assert b"partner.example" not in client.get("/feed/").content


@pytest.mark.parametrize("letter", RESULTS)
def test_no_result_holds_an_offer(site, client, parse, letter):
    assert sponsored(parse(post_result(client, letter))) == []


def test_every_result_leads_out_to_the_same_places(site, client, parse):
    ways_out = {
        letter: sorted(
            {
                link.get("href")
                for link in parse(post_result(client, letter)).iter("a")
                if "//" in link.get("href") and not link.get("href").startswith("mailto:")
            }
        )
        for letter in RESULTS
    }
    headings = {
        str(post_result(client, letter).content.partition(b"<h1>")[2][:80]) for letter in RESULTS
    }
    assert len(headings) >= 4, "too few outcomes to compare"
    assert len({tuple(links) for links in ways_out.values()}) == 1, ways_out
