import json
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Article
from tests.factories import make_article, make_offer, make_source, make_topic

pytestmark = pytest.mark.django_db

OFFER_BODY = "Lead.\n\n## One\n\na\n\n## Two\n\nb\n\n:::offer online-therapy\n\n## Three\n\nc"


def test_it_shows_the_article_with_its_facts(client, parse, text_of):
    make_source(key="freyd-1996", authors="Freyd JJ", title="Betrayal Trauma")
    make_article(
        slug="trust",
        title="Trust",
        standfirst="A line.",
        body="Lead.\n\n## One\n\nSo.[^freyd-1996]\n\n## Two\n\nb\n\n## Three\n\nc",
    )
    document = parse(client.get("/articles/trust/"))
    assert [text_of(h1) for h1 in document.iter("h1")] == ["Trust"]
    facts = text_of(document.find(".//details[@class='facts']/summary"))
    assert re.search(r"About this page: 1 min · \d+ \w+ \d{4} · 1 source$", facts)
    sources = document.find(".//ol[@class='sources']")
    assert "Freyd JJ (2001). Betrayal Trauma." in text_of(sources)
    assert [a.get("href") for a in sources.iter("a")] == ["#cite-1-1"]
    contents = document.find(".//nav[@aria-labelledby='contents']")
    assert [a.get("href") for a in contents.iter("a")] == ["#one", "#two", "#three", "#sources"]


def test_a_short_article_has_no_contents_list(client, parse):
    make_article(slug="short", body="Lead.\n\n## One\n\nWords.")
    assert parse(client.get("/articles/short/")).find(".//nav[@aria-labelledby='contents']") is None


@pytest.mark.parametrize(
    "over",
    [{"state": "draft"}, {"publish_at": timezone.now() + timedelta(hours=1)}],
    ids=["draft", "scheduled"],
)
def test_readers_cannot_open_what_is_not_published(client, over):
    make_article(slug="later", **over)
    assert client.get("/articles/later/").status_code == 404
    assert b"/articles/later/" not in client.get("/articles/").content


def test_it_says_that_nobody_checked_it_until_somebody_has(client, parse, text_of):
    article = make_article(slug="new")
    meta = ".//details[@class='facts']"
    assert "Not yet checked" in text_of(parse(client.get("/articles/new/")).find(meta))
    article.checked_on = timezone.localdate().replace(year=2026, month=5, day=3)
    article.save()
    assert "Last checked 3 May 2026" in text_of(parse(client.get("/articles/new/")).find(meta))


def test_the_offer_is_labelled_before_its_link(client, parse, text_of):
    make_offer()
    make_article(slug="with", affiliate=True, body=OFFER_BODY)
    offer = parse(client.get("/articles/with/")).find(".//aside[@class='offer']")
    assert "1 advert" in text_of(parse(client.get("/articles/with/")).find(".//summary"))
    assert text_of(offer[0]) == "Ad · affiliate link"
    assert "We may earn a commission if you sign up, at no extra cost to you." in text_of(offer[1])
    [link] = [a for a in offer.iter("a") if a.get("href").startswith("https://")]
    assert link.get("rel") == "sponsored nofollow noopener"
    assert "Free routes:" in text_of(offer)


@pytest.mark.parametrize(
    "over", [{"checked_on": -181}, {"valid_until": -1}], ids=["unchecked for 181 days", "expired"]
)
def test_a_stale_offer_is_not_shown(client, parse, over):
    [(name, days)] = over.items()
    make_offer(**{name: timezone.localdate() + timedelta(days=days)})
    make_article(slug="with", affiliate=True, body=OFFER_BODY)
    assert parse(client.get("/articles/with/")).find(".//aside[@class='offer']") is None


def test_a_public_site_shows_no_offer_of_a_placeholder(client, parse, settings):
    make_offer()
    make_article(slug="with", affiliate=True, body=OFFER_BODY)
    settings.DEVELOPMENT = False
    assert parse(client.get("/articles/with/")).find(".//aside[@class='offer']") is None


@pytest.mark.parametrize(
    ("body", "affiliate", "says"),
    [
        (OFFER_BODY, False, "may hold no offer"),
        (OFFER_BODY + "\n\n:::offer online-therapy", True, "one offer at most"),
        (":::offer nobody", True, "There is no offer “nobody”"),
        ("So.[^nobody-2001]", True, "There is no source “nobody-2001”"),
        (":::unknown", True, "There is no directive"),
    ],
)
def test_it_refuses_what_would_break_the_page(body, affiliate, says):
    make_offer()
    article = make_article(affiliate=affiliate)
    article.body = body
    with pytest.raises(ValidationError, match=says):
        article.full_clean()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://partner.example/",
        "https://evil.example/",
        "https://a@partner.example/",
        "https://partner.example:8443/",
    ],
)
def test_an_offer_leads_only_to_its_own_host(url):
    offer = make_offer()
    offer.url = url
    with pytest.raises(ValidationError):
        offer.full_clean()


def test_related_are_the_picks_first_then_the_topic_and_never_itself(client, parse, text_of):
    topic, other = make_topic(), make_topic()
    make_article(slug="a", title="A", topic=topic, related=["c", "a", "nowhere"])
    make_article(slug="b", title="B", topic=topic)
    make_article(slug="c", title="C", topic=other)
    make_article(slug="d", title="D", topic=topic, state="draft")
    section = parse(client.get("/articles/a/")).find(".//section[@aria-labelledby='related']")
    assert [text_of(h3) for h3 in section.iter("h3")] == ["C", "B"]


def test_it_invites_to_the_quiz_once_wherever_the_author_put_it(client, parse):
    make_article(slug="placed", body="Lead.\n\n## One\n\n:::quiz\n\nWords.")
    make_article(slug="not-placed")
    for slug in ("placed", "not-placed"):
        assert len(parse(client.get(f"/articles/{slug}/")).findall(".//p[@class='invite']")) == 1


def test_a_page_about_danger_has_help_first_and_nothing_to_sign_or_share(client, parse):
    make_article(slug="danger", safety=True, sign_up=False)
    document = parse(client.get("/articles/danger/"))
    article = document.find(".//article")
    order = [
        element.get("class")
        for element in article.iter()
        if element.get("class") in {"help-panel", "prose prose--lead"}
    ]
    assert order == ["help-panel", "prose prose--lead"]
    assert document.find(".//main//form") is None  # the page's header holds the search
    assert document.find(".//*[@class='share']") is None


def test_it_asks_the_database_a_bounded_number_of_questions(client, django_assert_max_num_queries):
    make_offer()
    topic = make_topic()
    for number in range(12):
        make_source(key=f"s-{number}")
        make_article(topic=topic)
    body = OFFER_BODY + "".join(f" x[^s-{number}]" for number in range(12))
    make_article(slug="full", topic=topic, affiliate=True, body=body, related=["article-1"])
    with django_assert_max_num_queries(8):
        assert client.get("/articles/full/").status_code == 200
    with django_assert_max_num_queries(2):
        client.get("/articles/")


def test_title_line_and_facts_stand_before_the_text_and_nothing_else_does(client, parse):
    make_offer()
    make_article(slug="with", affiliate=True, body=OFFER_BODY, content_note="Mentions loss.")
    article = parse(client.get("/articles/with/")).find(".//article")
    order = [child.get("class") or child.tag for child in article]
    assert order[:6] == ["topic", "h1", "dek", "facts", "content-note", "prose prose--lead"]


def test_a_sentence_set_large_stands_under_the_line_of_its_topic(client, parse):
    topic = make_topic(mark="pulse")
    make_article(slug="quoted", topic=topic, body="Lead.\n\n:::quote\nLarge.\n:::")
    quote = parse(client.get("/articles/quoted/")).find(".//blockquote[@class='pull']")
    assert quote[0].get("aria-hidden") == "true"
    assert quote.find(".//{http://www.w3.org/2000/svg}path").get("d") == topic.line


def test_stored_html_of_an_older_renderer_is_made_anew(client, parse):
    make_article(slug="old")
    Article.objects.update(html="<p>old</p>", renderer=0)
    assert "A lead paragraph." in client.get("/articles/old/").content.decode()


def test_reading_time_is_rounded_up_and_never_zero():
    assert make_article(body="").minutes == 1
    assert make_article(body="word " * 231).minutes == 2


def test_it_describes_itself_to_machines_and_claims_no_more_than_it_shows(client, parse, settings):
    topic = make_topic(title="Skills", slug="skills")
    make_article(slug="a", title="</script><b>& “quotes”", topic=topic, description="About it.")
    document = parse(client.get("/articles/a/"))
    [data] = [
        json.loads(script.text)
        for script in document.iter("script")
        if script.get("type") == "application/ld+json"
    ]
    about, trail = data["@graph"]
    assert about["headline"] == "</script><b>& “quotes”"
    assert about["author"] == {
        "@type": "Organization",
        "name": settings.SITE_NAME,
        "url": f"{settings.SITE_URL}/",
    }
    assert not {"reviewedBy", "lastReviewed"} & set(about)
    assert [step["name"] for step in trail["itemListElement"]] == [
        "Articles",
        "Skills",
        "</script><b>& “quotes”",
    ]
