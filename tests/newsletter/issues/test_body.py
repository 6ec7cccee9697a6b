"""A letter's words: what markdown becomes in a mail, and what of it can't stand in one."""

import pytest

from newsletter.emails.email import one_line
from newsletter.issues import body as issue_body
from prose.plain_text import plain
from tests.factories import make_offer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.SITE_URL = "https://site.example"


def html(body):
    return issue_body.render("A subject", body).html


def text(body):
    return issue_body.render("A subject", body).text


def wrong(body, subject="A subject"):
    return [
        message for messages in issue_body.problems(subject, body).values() for message in messages
    ]


def test_links_to_our_own_pages_are_whole_addresses():
    assert 'href="https://site.example/articles/a/"' in html("[An article](/articles/a/)")


def test_the_text_reads_well_alone():
    body = (
        "Hello, this is a paragraph with [a link](/articles/a/) that is long enough to be broken once.\n\n"
        "## One\n\n- a\n- b\n\n1. first\n2. second\n\n> quoted\n\nWrite to [us](mailto:us@site.example)."
    )
    assert text(body) == (
        "Hello, this is a paragraph with a link\n(https://site.example/articles/a/) that is long enough to be broken\nonce.\n\n"
        "One\n===\n\n- a\n- b\n\n1. first\n2. second\n\n> quoted\n\nWrite to us (us@site.example).\n"
    )


def test_lists_in_lists_asides_tables_and_lines_keep_their_shape():
    assert text("- a\n  - b\n- c") == "- a\n\n  - b\n- c\n"
    assert text(":::exercise Feet\n1. Press.\n2. Let go.\n:::") == "Feet\n\n1. Press.\n2. Let go.\n"
    assert text("| a | b |\n| - | - |\n| 1 | 2 |") == "a | b\n1 | 2\n"
    assert text("a\n\n---\n\nb") == "a\n\n* * *\n\nb\n"
    assert text("    two\n    lines") == "two\nlines\n"
    assert text("3. c\n4. d") == "3. c\n4. d\n"
    assert text("> a\n>\n> b") == "> a\n>\n> b\n"


def test_no_address_is_broken_over_two_lines():
    address = "https://site.example/" + "a-" * 60
    assert f"({address})" in text(f"Read [this]({address}).").splitlines()[1]


def test_an_address_that_is_its_own_words_stands_once():
    assert (
        plain('<p><a href="https://a.example/">https://a.example/</a></p>')
        == "https://a.example/\n"
    )
    assert text("[0800 1111](tel:08001111)") == "0800 1111\n"


def test_every_word_of_the_html_is_in_the_text_and_no_other(parse, text_of):
    body = "A *word*.\n\n## Two\n\n- three\n- four\n\n:::note Five\nSix “seven”.\n:::\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    letters = "".join(
        filter(
            str.isalnum, text_of(parse(f"<!doctype html><title>x</title>{html(body)}").find("body"))
        )
    )
    assert "".join(filter(str.isalnum, text(body))) == letters


def test_the_quiz_and_the_guide_become_links():
    assert "Open the quiz (https://site.example/quiz/)" in text("Hello.\n\n:::quiz")
    assert "About the free guide (https://site.example/guide/)" in text("Hello.\n\n:::guide")
    assert "data-block" not in html("Hello.\n\n:::quiz\n\n:::guide")


def test_what_only_the_settings_know_is_filled_in(settings):
    settings.PUBLISHER = "Hart & Co"
    assert "Hart &amp; Co" in html("We are {publisher}.")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "Please write the letter."),
        ("   \n\n", "Please write the letter."),
        ("Hello.\n\n:::banner", "Line 3: There is no directive “:::banner”."),
        ("Hello.\n\n:::picture path", "Line 3: Pictures don’t travel in letters."),
        ("Hello.\n\n![A path](https://elsewhere.example/p.png)", "Line 3: Pictures are uploaded"),
        ("Hello.[^author-2001]", "Footnotes have no foot in a mail."),
        ("Hello. See [above](#one).", "Line 1: The link #one leads to a place on a page."),
        (
            "Hello.\n\nSee [it](articles/a/).",
            "Line 3: The link articles/a/ needs to begin with https://",
        ),
        ("Hello.\n\n:::offer online-therapy", "Line 3: Offers don’t stand in letters."),
    ],
)
def test_what_cannot_work_in_a_mail_is_named_with_its_line(body, said):
    [message] = wrong(body)
    assert message.startswith(said)


def test_a_link_to_a_partner_is_refused():
    make_offer()
    assert "leads to a partner" in wrong("Try [them](https://partner.example/start).")[0]


def test_where_the_owner_allows_it_an_offer_has_its_label_before_its_link(settings):
    settings.LETTER_OFFERS = True
    make_offer()
    body = "Hello.\n\n:::offer online-therapy"
    assert wrong(body) == []
    for part in (html(body), text(body)):
        places = [
            part.index(words)
            for words in (
                "Ad · affiliate link",
                "We may earn",
                "https://partner.example/start",
                "Your doctor.",
            )
        ]
        assert places == sorted(places)
    assert 'rel="sponsored nofollow noopener"' in html(body)
    assert 'href="https://site.example/affiliate-disclosure/"' in html(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Hello.\n\n:::offer other", "There is no offer “other”."),
        ("Hello.\n\n:::offer old", "Readers don’t see the offer “old”: It expired on"),
        (
            "Hello.\n\n:::offer online-therapy\n\n:::offer online-therapy",
            "A letter has one offer at most.",
        ),
    ],
)
def test_an_offer_must_be_one_that_readers_see_and_the_only_one(settings, body, said):
    settings.LETTER_OFFERS = True
    make_offer()
    make_offer(key="old", valid_until="2020-01-01")
    assert said in wrong(body)[0]


def test_a_subject_is_one_line():
    assert (
        one_line("Two\r\nBcc: all@site.example\u2028lines\x00") == "Two Bcc: all@site.example lines"
    )
    assert issue_body.render("Two\nlines", "Hello.").subject == "Two lines"


@pytest.mark.parametrize(
    ("subject", "said"), [(" \n", "Please write a subject."), ("a" * 151, "this one has 151")]
)
def test_a_subject_has_between_1_and_150_characters(subject, said):
    assert said in wrong("Hello.", subject)[0]


def test_raw_html_is_shown_as_words():
    assert "<script" not in html("<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in text("<script>alert(1)</script>")
