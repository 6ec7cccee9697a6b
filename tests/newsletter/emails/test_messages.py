"""What the mails say, and what they carry in their heads."""

import hashlib
import re
from email import message_from_bytes, policy
from email.utils import getaddresses, parsedate_to_datetime

import html5lib
import pytest

from newsletter.emails import email, messages, samples
from newsletter.emails.email import Email, to_bytes
from newsletter.emails.registry import EMAILS, Audience
from newsletter.models import Delivery, Letter
from tests.factories import make_delivery, make_subscriber
from trustsite.web.drawings import line_png

pytestmark = pytest.mark.django_db
NOT_DISCREET = re.compile(
    r"trauma|abuse|ptsd|heal|fight|flight|freeze|fawn|quiz|mental|therapy|survivor", re.I
)
WELCOME = ["welcome-1", "welcome-2", "welcome-3", "welcome-4"]
# Every kind there is, so that a new one meets all of this; letters have their own tests.
KINDS = [kind.value for kind in Delivery.Kind if kind != Delivery.Kind.LETTER]
LISTED = [
    kind for kind in KINDS if EMAILS[kind].audience in {Audience.CONFIRMED, Audience.OPTED_IN}
]


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.SITE_URL, settings.FROM_EMAIL = "https://site.example", "notes@mail.example"
    settings.POSTAL_ADDRESS = "1 Long Lane, Oldtown"


def raw(delivery):
    return to_bytes(messages.render(delivery))


def mail(kind, **over):
    return message_from_bytes(raw(make_delivery(kind=kind, **over)), policy=policy.default)


def part(mail, kind):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def links(mail):
    return set(re.findall(r"https?://[^\s\"<>)]+", part(mail, "html") + part(mail, "plain")))


@pytest.mark.parametrize("kind", KINDS)
def test_sender_and_subject_and_first_line_say_nothing_of_the_subject_matter(kind):
    sent = mail(kind)
    first_lines = part(sent, "plain").split("\n\n")[:2]
    assert not NOT_DISCREET.search(f"{sent['From']} {sent['Subject']} {first_lines}")


def test_the_subjects():
    assert {kind: mail(kind)["Subject"] for kind in KINDS} == {
        "confirm": "Please confirm your e-mail",
        "move": "Please confirm your new address",
        "guide": "Here's your guide",
        "listed": "You're already on the list",
        "welcome-1": "What your alarm is for",
        "welcome-2": "One minute, two feet",
        "welcome-3": "The people around you",
        "welcome-4": "Where next",
        "settings": "Your settings",
        "goodbye": "It's done",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_is_complete_and_tells_nothing_of_this_machine(kind, monkeypatch):
    monkeypatch.setattr(
        "django.core.mail.utils.DNS_NAME._fqdn", "vault-7.inside.example", raising=False
    )
    sent = mail(kind)
    assert sent["Message-ID"].endswith("@mail.example>")
    assert parsedate_to_datetime(sent["Date"])
    assert sent["MIME-Version"] == "1.0"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert getaddresses([sent["From"]]) == [("WMTR Notes", "notes@mail.example")]
    assert sent["X-Mailer"] is None
    assert "Received" not in sent
    assert b"vault-7" not in sent.as_bytes()


@pytest.mark.parametrize(
    "name", ["Notes, letters", 'The "Notes"', "notes@elsewhere.example", "Notes 🌿", "Anna’s Notes"]
)
def test_any_sender_name_parses_back_to_one_address(settings, name):
    settings.FROM_NAME = name
    [sender] = mail("confirm")["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "notes@mail.example")


def paragraphs(mail, kind):
    """Return the words of a mail before its foot and without its addresses, by paragraph."""
    if kind == "html":
        body = html5lib.parse(part(mail, "html"), namespaceHTMLElements=False).find(".//body")
        found = [
            element for element in body.iter("p") if element.get("class") not in {"small", "line"}
        ]
        # A button's words stand for the address that the text shows.
        texts = [
            "".join(element.itertext())
            for element in found
            if element.find("a[@class='button']") is None
        ]
    else:
        texts = re.split(r"\n\n", re.split(r"\n--\n|\nNeed help today", part(mail, "plain"))[0])
    plain = [
        re.sub(r"https://\S+", "", text).replace("’", "'").replace("“", '"').replace("”", '"')
        for text in texts
    ]
    return [" ".join(text.split()) for text in plain if text.strip()]


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kind):
    sent = mail(kind)
    assert words(" ".join(paragraphs(sent, "html"))) == words(" ".join(paragraphs(sent, "plain")))
    linked = {link.rstrip("/") for link in re.findall(r'href="([^"]+)"', part(sent, "html"))}
    assert linked == {link.rstrip("/") for link in re.findall(r"https://\S+", part(sent, "plain"))}


def words(text):
    """Return the words alone. What introduces the guide's address in the text stands on a button in the HTML."""
    return re.findall(r"[\w']+", text.replace("Open the guide:", ""))


@pytest.mark.parametrize("kind", WELCOME)
def test_a_welcome_email_is_short_has_one_thing_to_try_and_one_link_to_read_on(kind):
    sent = mail(kind)
    said = " ".join(paragraphs(sent, "plain"))
    assert 120 <= len(said.split()) <= 250
    assert said.count("One small thing to try, if you like.") == 1
    assert (
        len(
            [
                link
                for link in re.findall(r'href="([^"]+)"', part(sent, "html"))
                if "/articles/" in link
            ]
        )
        == 1
    )
    assert "!" not in said


def test_the_welcome_emails_lead_to_articles_that_exist(client, content):
    from newsletter.emails.messages import WELCOME_LINKS

    for slug in WELCOME_LINKS.values():
        assert client.get(f"/articles/{slug}/").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_advertises_anything(kind):
    assert {link.split("/")[2] for link in links(mail(kind))} == {"site.example"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_alone_carries_the_postal_address(kind):
    assert "1 Long Lane, Oldtown" in part(mail(kind), "plain")


def test_the_confirmation_offers_nothing_and_shows_no_picture():
    sent = mail("confirm")
    said = part(sent, "plain") + part(sent, "html")
    assert not re.search(
        r"quiz|offer|therapy|affiliate|sponsored|<img", said.replace("color-scheme", "")
    )
    assert {link.split("/")[2] for link in links(sent)} == {"site.example"}
    assert [piece.get_content_type() for piece in sent.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize("kind", LISTED)
def test_a_mail_to_the_list_says_how_to_leave_in_body_and_head(kind):
    sent = mail(kind)
    [url] = re.findall(
        r"<(https://site\.example/newsletter/unsubscribe/\S+/)>",
        sent["List-Unsubscribe"].replace(" ", ""),
    )
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in part(sent, "plain")
    assert url in part(sent, "html")


@pytest.mark.parametrize("kind", ["guide", "listed", *WELCOME])
def test_a_mail_to_the_list_leads_to_what_we_hold(client, kind):
    sent = mail(kind)
    [url] = [link for link in links(sent) if "/newsletter/settings/" in link]
    assert url in part(sent, "plain")
    assert client.get(url.removeprefix("https://site.example")).status_code == 200


def test_a_mailed_settings_link_is_the_only_one_and_good_for_a_week(client, clock):
    [url] = [link for link in links(mail("settings")) if "/newsletter/settings/" in link]
    clock(days=6)
    assert client.get(url.removeprefix("https://site.example")).status_code == 200
    clock(days=2)
    assert client.get(url.removeprefix("https://site.example")).status_code == 404


@pytest.mark.parametrize("kind", ["confirm", "move"])
def test_a_mail_to_an_address_that_is_not_on_the_list_has_no_way_to_leave_it(kind):
    assert mail(kind)["List-Unsubscribe"] is None


def test_the_foot_says_where_consent_was_given_when_it_was_not_here():
    sent = mail("welcome-1", subscriber=make_subscriber(basis="paper form, May 2026"))
    assert "because you asked for it elsewhere" in part(sent, "plain")
    assert "paper form, May 2026" in part(sent, "html")


def test_the_picture_belongs_to_the_html_and_the_guide_is_attached():
    sent = mail("guide")
    shape = [piece.get_content_type() for piece in sent.walk()]
    assert shape == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    [picture] = html5lib.parse(part(sent, "html"), namespaceHTMLElements=False).findall(".//img")
    assert picture.get("src") == "cid:line"
    assert picture.get("alt")


def test_a_large_guide_is_linked_and_not_attached(settings):
    settings.GUIDE_ATTACH_MAX = 1000
    delivery = make_delivery()
    assert len(raw(delivery)) < 100_000
    assert "application/pdf" not in [piece.get_content_type() for piece in mail("guide").walk()]
    assert "It's here, 12 pages" in part(mail("guide"), "plain")


@pytest.mark.parametrize("kind", ["guide", *WELCOME])
def test_ten_people_get_the_same_words_and_links(kind):
    ten = [mail(kind, subscriber=make_subscriber(wants_letters=number % 2)) for number in range(10)]
    token = re.compile(r"(?<=/unsubscribe/)[^/]+|(?<=/settings/)[^/]+")
    assert len({token.sub("-", part(sent, "plain")) for sent in ten}) == 1
    assert len({token.sub("-", part(sent, "html")) for sent in ten}) == 1


def test_ten_people_get_the_same_guide():
    ten = [mail("guide") for _ in range(10)]
    pdfs = [
        piece.get_payload(decode=True)
        for sent in ten
        for piece in sent.iter_attachments()
        if piece.get_filename()
    ]
    assert len(pdfs) == 10
    assert len({hashlib.sha256(pdf).hexdigest() for pdf in pdfs}) == 1


def test_nothing_is_loaded_from_elsewhere_and_nothing_counts_opening():
    html = part(mail("guide"), "html")
    assert re.findall(r'(?:src|background)="([^"]+)"', html) == ["cid:line"]
    assert "url(" not in html
    assert "<link" not in html


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_fits_and_no_server_has_to_change_a_letter_of_it(kind):
    octets = raw(make_delivery(kind=kind))
    assert len(octets) < 5_000_000
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    assert octets.isascii()
    assert "’" in part(message_from_bytes(octets, policy=policy.default), "html")


def test_the_attachment_has_a_plain_name():
    [pdf] = [
        piece for piece in mail("guide").walk() if piece.get_content_type() == "application/pdf"
    ]
    assert pdf.get_filename() == "trauma-healing-guide.pdf"
    assert pdf.get_filename().isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_the_html_has_its_styles_in_its_elements_and_dark_rules_beside(kind):
    html = part(mail(kind), "html")
    assert re.search(r'<a [^>]*style="[^"]*color: ?#265a4c', html)
    assert "prefers-color-scheme: dark" in html


def test_the_picture_is_small_and_transparent():
    from io import BytesIO

    from PIL import Image

    picture = Image.open(BytesIO(line_png()))
    assert (picture.size, picture.mode) == ((128, 64), "RGBA")
    assert len(line_png()) < 5000
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.getpixel((10, 36))[3] == 255


@pytest.mark.parametrize("length", range(1, 151))
def test_no_header_has_an_empty_first_line_however_long_its_subject(length):
    subject = ("It’s " + "a quiet word " * 12)[:length].strip()
    letter = Email(subject, "Words.", "notes@example.org", ["ann@example.org"])
    letter.attach_alternative("<p>Words.</p>", "text/html")
    whole = to_bytes(letter)
    head = whole.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert not [line for line in head if line.rstrip().endswith(b":") or not line.strip()]
    assert max(map(len, head)) <= 78
    assert message_from_bytes(whole, policy=policy.default)["Subject"] == subject


LONG_NAMES = [
    "Anna’s quiet notes from the house at the end of the street, where it is still",
    "N" * 90,
]


def empty_first_lines(name, subject, address, settings):
    settings.FROM_NAME = name
    letter = Letter(sent_subject=subject, sent_html="<p>x</p>", sent_text="x")
    octets = to_bytes(samples.render(Delivery.Kind.LETTER, letter=letter, to=address))
    parsed = message_from_bytes(octets, policy=policy.default)
    assert (parsed["Subject"], parsed["To"]) == (subject, address)
    assert parsed["From"].addresses[0].display_name == name
    head = octets.partition(b"\r\n\r\n")[0]
    return re.findall(rb"^([\w-]+):[ \t]*\r\n", head, re.M)


@pytest.mark.parametrize("name", LONG_NAMES)
@pytest.mark.parametrize("subject", ["x" * 100, "🌿" * 40, "A quiet week"])
@pytest.mark.parametrize("address", ["ann@example.org", "a" * 60 + "@" + "b" * 60 + ".example.org"])
def test_no_header_begins_with_an_empty_line(name, subject, address, settings):
    assert empty_first_lines(name, subject, address, settings) == []


def test_by_the_usual_folding_some_would(settings, monkeypatch):
    monkeypatch.setattr(email, "POLICY", policy.compat32)
    found = empty_first_lines(LONG_NAMES[1], "A quiet week", "ann@example.org", settings)
    assert found == [b"From"]
