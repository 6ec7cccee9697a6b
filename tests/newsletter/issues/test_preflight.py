"""What is found before a letter may go."""

import dns.exception
import dns.name
import dns.resolver
import pytest
from django.core.cache import cache

from articles.models import Redirect
from newsletter.issues import dns_lookup, preflight
from newsletter.issues.preflight import SENSITIVE_WORDS, UNSURE_WORDS, blocking, check
from tests.factories import make_article, make_letter, make_offer, make_page, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.DEVELOPMENT = False
    settings.SITE_URL, settings.FROM_EMAIL = "https://site.example", "notes@mail.site.example"
    settings.PUBLISHER, settings.POSTAL_ADDRESS = "The Press", "1 Long Lane, Oldtown"
    settings.DKIM_SELECTORS = ["s1"]


class Records:
    """A DNS of the test's own: TXT records by name; `None` means that it doesn't answer.

    test_sender_domain.py has a real one.
    """

    def __init__(self):
        self.known = {
            "mail.site.example": ["v=spf1 mx -all"],
            "_dmarc.site.example": ["v=DMARC1; p=reject"],
            "s1._domainkey.mail.site.example": ["v=DKIM1; k=rsa; p=MIIB"],
        }
        self.asked = []

    def resolve(self, name, kind, lifetime):
        self.asked.append(name)
        if kind != "TXT":
            name = dns.name.from_text("site.example")
            known = {"MX": [type("Record", (), {"exchange": name})], "A": ["192.0.2.1"]}
            return known.get(kind, [name] if kind == "PTR" else [])
        found = self.known.get(name, [])
        if found is None:
            raise dns.exception.Timeout
        if not found:
            raise dns.resolver.NXDOMAIN
        return [
            type("Record", (), {"strings": [text.encode() for text in (record[:4], record[4:])]})
            for record in found
        ]


@pytest.fixture(autouse=True)
def records(monkeypatch):
    found = Records()
    monkeypatch.setattr(dns_lookup, "resolver", lambda: found)
    return found


def found(ask_dns=False, **over):
    return check(make_letter(**over), ask_dns=ask_dns)


def said(findings):
    return " ".join(finding.message for finding in findings)


def test_a_plain_letter_has_no_finding_at_all():
    make_article(slug="a")
    assert (
        found(body="See [it](/articles/a/#top) and [another](https://example.org/).", ask_dns=True)
        == []
    )


def test_broken_words_are_a_finding_too():
    assert "There is no directive" in said(blocking(found(body=":::banner")))


@pytest.mark.parametrize(
    "subject",
    [
        "About trauma",
        "Living with PTSD",
        "Your fawn side",
        "After abuse",
        "The quiz is new",
        "Narcissists",
        "Complex p.t.s.d.",
        "C-PTSD",
        "P T S D in spring",
        "On self harm",
        "Rape",
        *("Narcs at work", "Gaslit", "Gas-lighting", "On incest", "Hyper-vigilance"),
    ],
)
def test_a_subject_that_tells_what_its_reader_reads_about_blocks(subject):
    assert [finding.name for finding in blocking(found(subject=subject))] == ["subject"]


@pytest.mark.parametrize(
    "subject",
    [
        *("A quiet week", "Health in winter", "Notes for May", "Small steps", "Drapes"),
        *("Narcotics", "Asparagus stalk"),
    ],
)
def test_a_plain_subject_does_not(subject):
    assert SENSITIVE_WORDS.search(subject) is None
    assert UNSURE_WORDS.search(subject) is None
    assert found(subject=subject) == []


@pytest.mark.parametrize(
    "subject",
    [
        *("In flight", "Trauma-informed", "How your childhood shaped you", "A price freeze"),
        *("Your inner child", "What is triggering", "Nervous-system notes", "People pleasing"),
    ],
)
def test_a_subject_that_may_tell_it_is_mentioned_and_may_go(subject):
    [finding] = found(subject=subject)
    assert (finding.name, finding.blocks) == ("subject", False)


def test_a_loud_subject_is_mentioned_and_may_go():
    [finding] = found(subject="Read this now!")
    assert (finding.name, finding.blocks) == ("subject", False)


def test_words_we_avoid_are_mentioned_with_their_line_and_what_to_write():
    [finding] = found(body="Hello.\n\nThis will heal you.")
    assert (finding.blocks, finding.message) == (False, "Line 3: “heal”: ease, steady, help.")


@pytest.mark.parametrize("body", ["---\n\nHello.\n\n---\n", "--- a: [\n---\nHello."])
def test_a_letter_may_begin_with_a_line(body):
    assert blocking(found(body=body)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/articles/none/",
        "/articles/draft/",
        "/nowhere",
        "/topics/none/",
        "/responses/other/",
        "/admin/",
        "/contact/",
    ],
)
def test_a_link_to_a_page_that_readers_cannot_open_blocks(path):
    make_article(slug="draft", state="draft")
    [finding] = blocking(found(body=f"See [it]({path})."))
    assert finding.name == "links"
    assert f"https://site.example{path} leads nowhere" in finding.message


def test_a_link_to_a_withdrawn_article_blocks():
    make_article(slug="gone", state="withdrawn", withdrawn_note="It was wrong.")
    assert "was withdrawn" in said(blocking(found(body="See [it](/articles/gone/).")))


def test_a_link_to_an_older_address_that_leads_on_does_not():
    article = make_article(slug="first")
    article.slug = "second"
    article.save()
    Redirect.objects.create(path="/old/", target="/articles/second/")
    assert found(body="See [it](/articles/first/) or [it](/old/).") == []


@pytest.mark.parametrize(
    "path",
    ["/", "/articles/", "/contact/", "/guide/", "/get-help/", "/search/?q=sleep", "/topics/sleep/"],
)
def test_a_link_to_a_page_that_is_there_does_not(path):
    make_page(slug="contact")
    make_article(topic=make_topic(slug="sleep"))
    assert found(body=f"See [it]({path}) or [it](https://site.example{path}).") == []


def test_looking_after_links_asks_no_other_site(records):
    found(body="See [it](https://elsewhere.example/none/).")
    assert records.asked == []


def test_an_unencrypted_link_is_mentioned():
    [finding] = found(body="See [it](http://elsewhere.example/).")
    assert not finding.blocks


def mail(
    html="<a href='/newsletter/unsubscribe/sample/'>Out</a>",
    text="Hello.\n\n--\n/unsubscribe/sample/",
):
    made = preflight.as_email(make_letter())
    made.body = text
    made.alternatives = []
    made.attach_alternative(html, "text/html")
    return made


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"html": "<p>Hello.</p>"}, "The HTML part has no link to unsubscribe."),
        ({"text": "Hello."}, "The text part has no link to unsubscribe."),
        ({"text": "\n\n--\n/unsubscribe/sample/"}, "The text part is empty"),
    ],
)
def test_a_template_that_lost_its_foot_blocks(over, message):
    findings = [finding for finding in preflight._parts(mail(**over)) if finding.blocks]
    assert message in said(findings)


def test_a_head_without_a_way_out_blocks():
    made = mail()
    del made.extra_headers["List-Unsubscribe"]
    assert "The head of the mail has no List-Unsubscribe." in said(preflight._parts(made))


def test_a_picture_without_words_blocks():
    findings = list(
        preflight._pictures(mail(html='<img src="cid:a"><img src="cid:b" alt="A path">'))
    )
    assert [finding.blocks for finding in findings] == [True]
    assert "cid:a" in findings[0].message


def test_a_mail_that_would_be_cut_off_blocks():
    [finding] = blocking(found(body="A line of words.\n\n" * 4000))
    assert finding.name == "size"


def test_an_offer_that_expired_since_it_was_written_blocks(settings):
    settings.LETTER_OFFERS = True
    make_offer(valid_until="2020-01-01")
    assert "It expired on" in said(blocking(found(body="Hello.\n\n:::offer online-therapy")))


@pytest.mark.parametrize("name", ["PUBLISHER", "POSTAL_ADDRESS"])
def test_a_placeholder_blocks_on_a_live_site(settings, name):
    setattr(settings, name, "[the publisher's address]")
    [finding] = found()
    assert (finding.blocks, name in finding.message) == (True, True)
    settings.DEVELOPMENT = True
    assert not blocking(found())


def test_a_sender_on_another_domain_is_mentioned(settings):
    settings.FROM_EMAIL = "notes@elsewhere.example"
    [finding] = found()
    assert (finding.name, finding.blocks) == ("sender", False)


def test_what_is_missing_blocks_and_what_is_not_answered_informs(records):
    records.known["_dmarc.site.example"] = []
    [finding] = found(ask_dns=True)
    assert (finding.blocks, "no DMARC record" in finding.message) == (True, True)
    cache.clear()
    records.known["_dmarc.site.example"] = None
    [finding] = found(ask_dns=True)
    assert (finding.blocks, "did not answer about DMARC" in finding.message) == (False, True)


def test_the_dns_is_asked_once_in_ten_minutes(records):
    found(ask_dns=True)
    asked = len(records.asked)
    found(ask_dns=True)
    assert len(records.asked) == asked


def test_blocking_findings_come_first():
    findings = found(subject="Trauma!", body="See [it](http://elsewhere.example/).")
    assert [finding.blocks for finding in findings] == [True, False, False]
