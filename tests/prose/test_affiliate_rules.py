"""The wall between articles and adverts (what an offer looks like: test_article.py; on which pages: tests/browser/)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.checks import offers_are_shown
from articles.editing import checks
from articles.models import Article, Helpline, Offer, Source
from prose import affiliate_rules
from prose.renderer import render
from tests.factories import make_article, make_offer, make_page, make_response

pytestmark = pytest.mark.django_db

TEXT = "Lead.\n\n## One\n\na\n\n## Two\n\nb\n\n{}\n\n## Three\n\nc"


def refusal(row):
    """Return what the row's own check says against it, by field; empty when nothing."""
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


# -- links that go around the offer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "[x](https://partner.example/start)",
        "[x](http://partner.example)",
        "[x](HTTPS://Partner.Example/)",
        "[x](https://partner.example./)",
        "[x](https://go.partner.example/?id=1)",
        "<https://partner.example/>",
        "[x][ref]\n\n[ref]: https://partner.example",
        "*[x](https://partner.example:8443/ 'a title')*",
    ],
)
@pytest.mark.parametrize("make", [make_article, make_page, make_response])
def test_a_raw_link_to_a_partner_is_refused_and_its_line_named(make, link):
    make_offer()
    row = make()
    row.body = f"Lead.\n\nWords\nand {link}"
    [message] = refusal(row)["body"]
    assert message.lower().startswith("line 4: the link http")
    assert "leads to a partner" in message


@pytest.mark.parametrize(
    "link",
    [
        "https://notpartner.example/",
        "https://partner.example.org/",
        "https://other.example/?to=partner.example",
    ],
)
def test_a_link_to_somebody_else_passes(link):
    make_offer()
    article = make_article()
    article.body = f"Lead. [x]({link})"
    assert refusal(article) == {}


def test_www_makes_no_difference():
    make_offer(url="https://www.partner.example/", allowed_host="www.partner.example")
    article = make_article()
    article.body = "[x](https://partner.example/)"
    assert "leads to a partner" in refusal(article)["body"][0]


@pytest.mark.parametrize(
    "link",
    [
        "https:///partner.example",
        "https:/partner.example",
        "https:partner.example",
        "https://partner%2eexample/",
        "https:\\\\partner.example",
        "https://x@partner.example",
        "HTTPS://x@partner.example",
    ],
)
def test_an_address_that_browsers_would_repair_is_refused_and_leads_nowhere(link):
    made = render(f"[x]({link})")
    assert made.problems
    assert "partner" not in made.html


@pytest.mark.parametrize(
    "markdown",
    [
        '[x](https://elsewhere.example/){rel="dofollow"}',
        '[x](https://elsewhere.example/ "x\\" rel=\\"me")',
        '<a href="https://elsewhere.example/" rel="me">x</a>',
        '[x](https://elsewhere.example/"rel="me)',
    ],
)
def test_no_markdown_sets_a_rel_of_its_own(parse, markdown):
    document = parse(f"<!doctype html><title>x</title>{render(markdown).html}")
    assert {link.get("rel") for link in document.iter("a")} <= {"noopener"}


def test_a_new_partner_is_refused_while_a_text_links_to_it():
    make_article(title="Links there", body="[x](https://www.partner.example/)")
    assert "Links there" in checks.offer_errors(make_offer())["allowed_host"]


def test_a_partner_is_neither_source_nor_helpline():
    make_offer()
    assert (
        "no source"
        in refusal(Source(key="a", authors="A", url="https://partner.example/"))["url"][0]
    )
    line = Helpline(
        key="a",
        country="gb",
        country_name="UK",
        needs=["crisis"],
        name="A",
        url="https://www.partner.example/",
    )
    assert "never among the helplines" in refusal(line)["url"][0]


# -- where an offer may stand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        ":::offer online-therapy\n\n## One\n\na\n\n## Two\n\nb",
        "Lead.\n\n:::offer online-therapy\n\n## One\n\na\n\n## Two\n\nb",
        "Lead.\n\n## One\n\na\n\n:::offer online-therapy\n\n## Two\n\nb",
        "Lead.\n\n## One\n\n### Detail\n\na\n\n:::offer online-therapy\n\n## Two\n\nb",
    ],
    ids=["first of all", "in the lead", "in the first section", "under a lesser heading"],
)
def test_an_offer_before_the_second_section_is_refused(body):
    make_offer()
    article = make_article(affiliate=True)
    article.body = body
    [said] = refusal(article)["body"]
    line = body.split("\n").index(":::offer online-therapy") + 1
    assert (
        said
        == f"Line {line}: The offer stands too early: it may come after the second section’s heading."
    )


def test_an_offer_in_the_second_section_passes():
    make_offer()
    article = make_article(affiliate=True)
    article.body = TEXT.format(":::offer online-therapy")
    assert refusal(article) == {}


@pytest.mark.parametrize("make", [make_page, make_response])
def test_pages_and_responses_hold_no_offer(make):
    make_offer()
    row = make()
    row.body = TEXT.format(":::offer online-therapy")
    assert refusal(row)["body"] == ["Line 11: Offers stand in articles alone."]


def test_an_article_about_danger_holds_no_offer():
    article = make_article(safety=True)
    article.affiliate = True
    assert "holds no offer" in refusal(article)["affiliate"][0]


DANGEROUS = [
    "When it isn’t safe for you",
    "If saying no isn't safe",
    "When a boundary could put you at risk",
    "When shame turns dangerous",
    "When silence is used to control",
    "If you might hurt someone",
    "If you’re with someone who frightens you",
    "Thoughts of suicide",
    "Someone has died",
]


@pytest.mark.parametrize("heading", DANGEROUS)
def test_an_article_with_a_section_about_danger_or_dying_holds_no_offer(heading):
    make_offer()
    article = make_article(affiliate=True)
    article.body = TEXT.format(":::offer online-therapy") + f"\n\n## {heading}\n\nCall.\n"
    [said] = refusal(article)["affiliate"]
    assert "a section about danger or dying" in said
    assert heading[:9] in said


@pytest.mark.parametrize(
    "heading", ["Why limits feel dangerous", "If kindness feels unsafe", "A kind night", "The diet"]
)
def test_a_section_about_a_feeling_is_not_one_about_danger(heading):
    make_offer()
    article = make_article(affiliate=True)
    article.body = TEXT.format(":::offer online-therapy") + f"\n\n## {heading}\n\nCall.\n"
    assert refusal(article) == {}


def test_an_offer_that_got_into_such_an_article_is_not_shown(client):
    offer = make_offer()
    article = make_article(affiliate=True, body=TEXT.format(":::offer online-therapy"))
    assert offer.button in client.get(article.get_absolute_url()).content.decode()
    headings = [*article.contents, [2, "danger", "When it isn’t safe for you"]]
    type(article).objects.filter(pk=article.pk).update(contents=headings)
    assert offer.button not in client.get(article.get_absolute_url()).content.decode()


def test_without_the_rule_that_offer_is_shown(client, monkeypatch):
    monkeypatch.setattr(affiliate_rules, "danger_among", lambda headings: "")
    offer = make_offer()
    text = TEXT.format(":::offer online-therapy") + "\n\n## When it isn’t safe for you\n\nCall.\n"
    article = make_article(affiliate=True, body=text)
    assert offer.button in client.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "name", ["trauma-and-shame", "trauma-and-anger", "loving-someone-with-trauma"]
)
def test_the_launch_articles_about_danger_hold_none(content, name):
    assert not Article.objects.get(slug=name).affiliate


# -- what an offer may be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://2130706433/", "2130706433"),
        ("https://127.0.0.0x1/", "127.0.0.0x1"),
        ("https://[::1]/", "[::1]"),
        ("https://localhost/", "localhost"),
        ("https://xn--prtner-cua.example/", "xn--prtner-cua.example"),
        ("https://pаrtner.example/", "pаrtner.example"),  # a Cyrillic letter
        ("https://Partner.example/", "Partner.example"),
        ("https://partner.example:443/", "partner.example:443"),
    ],
)
def test_a_host_that_could_be_another_is_refused(url, host):
    assert refusal(make_offer(url=url, allowed_host=host)).keys() & {"allowed_host", "url"}


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/",
        "javascript:alert(1)",
        "https://partner.example:443/",
        "https://partner.example:x/",
        "https://a@partner.example/",
        "https://@partner.example/",
        "https://a:b@partner.example/",
        "https://partner.example@evil.example/",
        "https://evil.example/partner.example",
        "https://evil.example\\partner.example/",
        "https://partner.example\\@evil.example/",
        "https://partner.example.evil.example/",
        "https://partner.example/a b",
        "https://[partner.example/",  # no address at all
    ],
)
def test_an_address_elsewhere_or_in_disguise_is_refused(url):
    assert "url" in refusal(make_offer(url=url))


def test_what_is_no_address_counts_as_one_in_disguise():
    assert affiliate_rules.disguise("https://[partner.example/")
    assert not affiliate_rules.disguise("https://partner.example/")


def test_an_offer_never_leads_to_a_page_of_ours_that_sends_on(settings):
    settings.SITE_URL = "https://site.test"
    for host in ("site.test", "go.site.test"):
        assert (
            "sends readers on"
            in refusal(make_offer(key=host[:2], url=f"https://{host}/x", allowed_host=host))["url"][
                0
            ]
        )


@pytest.mark.parametrize(
    "text",
    [
        "It cures trauma.",
        "Guaranteed to help.",
        "A limited offer.",
        "Now or never.",
        "They diagnose you.",
        "Hurry.",
        "Your last chance.",
        "Don't miss it.",
        "Heal fast.",
    ],
)
@pytest.mark.parametrize("name", ["heading", "text", "button"])
def test_an_advert_promises_hurries_and_diagnoses_nobody(name, text):
    assert "doesn’t say" in refusal(make_offer(**{name: text}))[name][0]


@pytest.mark.parametrize(
    "text", ["A secure call.", "Talk to a person who listens.", "An unlimited number of messages."]
)
def test_ordinary_words_pass(text):
    assert refusal(make_offer(text=text)) == {}


@pytest.mark.parametrize("value", ["", "   "])
@pytest.mark.parametrize("name", ["disclosure", "free_alternative", "not_for", "partner"])
def test_an_offer_without_its_plain_words_is_refused(name, value):
    assert name in refusal(make_offer(**{name: value}))


def test_an_offer_that_nobody_looked_up_is_not_shown_and_no_day_to_come_counts():
    offer = make_offer()
    offer.checked_on = None
    assert refusal(offer) == {}
    assert offer.why_hidden == "Nobody has looked up its terms yet."
    offer.checked_on = timezone.localdate() + timedelta(days=1)
    assert "hasn’t come yet" in refusal(offer)["checked_on"][0]


# -- what is not shown is reported -------------------------------------------------------------------------------------

HIDDEN = [
    ({"valid_until": timezone.localdate() - timedelta(days=1)}, "It expired on"),
    ({"checked_on": timezone.localdate() - timedelta(days=181)}, "more than 180 days ago"),
]


@pytest.mark.parametrize(("over", "why"), HIDDEN, ids=["expired", "unchecked"])
def test_a_check_names_the_offer_that_is_not_shown_and_why(over, why):
    make_offer(**over)
    make_offer(key="shown")
    [warning] = offers_are_shown(databases=["default"])
    assert "“online-therapy” isn’t shown" in warning.msg
    assert why in warning.msg


@pytest.mark.parametrize(("over", "why"), HIDDEN, ids=["expired", "unchecked"])
def test_the_desk_says_why_an_offer_is_not_shown(admin_client, parse, text_of, over, why):
    make_offer(**over)
    cell = parse(admin_client.get("/admin/articles/offer/")).find(
        ".//td[@class='field-why_hidden']"
    )
    assert why in text_of(cell)


def test_a_placeholder_is_reported_on_a_public_site_alone(settings):
    make_offer()
    assert offers_are_shown(databases=["default"]) == []
    settings.DEVELOPMENT = False
    assert "placeholder" in offers_are_shown(databases=["default"])[0].msg


@pytest.mark.parametrize("days", [-181, -180, 0])
@pytest.mark.parametrize("development", [True, False])
def test_what_is_reported_is_what_is_not_shown(settings, days, development):
    settings.DEVELOPMENT = development
    day = timezone.localdate() + timedelta(days=days)
    make_offer(key="a", checked_on=day)
    make_offer(key="b", checked_on=day, url="https://partner.com/", allowed_host="partner.com")
    make_offer(key="c", valid_until=timezone.localdate() + timedelta(days=days // 180))
    for offer in Offer.objects.all():
        assert Offer.objects.current().filter(pk=offer.pk).exists() == (not offer.why_hidden), (
            offer.key
        )


def test_an_address_put_in_by_hand_is_no_live_link_at_the_desk(admin_client, parse):
    offer = make_offer()
    Offer.objects.update(url="javascript:alert(1)")
    for path in ("/admin/articles/offer/", f"/admin/articles/offer/{offer.pk}/change/"):
        links = [link.get("href", "") for link in parse(admin_client.get(path)).iter("a")]
        assert not [href for href in links if href.startswith("javascript:")]


@pytest.mark.parametrize(
    "url",
    ["http://partner.example/", "https://partner.example/é", "https://partner.example/\\x"],
)
def test_an_address_that_is_not_plain_is_no_offers(url):
    assert "plain letters" in affiliate_rules.address_error(url, "partner.example", "site.example")


def test_an_address_that_is_none_leads_to_no_partner():
    assert affiliate_rules.leads_to_partner("https://go.example/x", ["example"])
    assert not affiliate_rules.leads_to_partner("https://[", ["example"])


def test_each_way_to_disguise_an_address_is_enough():
    for plain in ("https://partner.example/x", "http://partner.example", "/get-help/"):
        assert not affiliate_rules.disguise(plain)
    for disguised in (
        "ftp://partner.example",
        "https://a@b.example",
        "ftp://a@b.example",
        "https://[",
    ):
        assert affiliate_rules.disguise(disguised).startswith("The address must be a plain one")
