"""What the mails say, and what they carry in their heads."""

import hashlib
import re
from email import message_from_bytes, policy
from email.utils import getaddresses, parsedate_to_datetime

import html5lib
import pytest

from newsletter import messages
from newsletter.trace_picture import trace_png
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
NOT_DISCREET = re.compile(r"trauma|abuse|ptsd|heal|fight|flight|freeze|fawn|quiz|mental|therapy|survivor", re.I)
KINDS = ["confirm", "guide"]


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.SITE_URL, settings.FROM_EMAIL = "https://site.example", "notes@mail.example"
    settings.POSTAL_ADDRESS = "1 Long Lane, Oldtown"


def raw(delivery):
    return messages.render(delivery).message().as_bytes(linesep="\r\n")


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
    assert [mail(kind)["Subject"] for kind in KINDS] == ["Please confirm your e-mail", "Here's your guide"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_is_complete_and_tells_nothing_of_this_machine(kind, monkeypatch):
    monkeypatch.setattr("django.core.mail.utils.DNS_NAME._fqdn", "vault-7.inside.example", raising=False)
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


SAID = {
    "confirm": ["We'll delete the address"],
    "guide": ["If you've only got two minutes", "It can't diagnose anyone"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kind):
    sent = mail(kind)
    text, html = part(sent, "plain"), part(sent, "html")
    shown = "".join(html5lib.parse(html, namespaceHTMLElements=False).find(".//body").itertext()).replace("’", "'")
    for sentence in SAID[kind]:
        assert sentence in " ".join(shown.split())
        assert sentence in " ".join(text.split())
    linked = {link.rstrip("/") for link in re.findall(r'href="([^"]+)"', html)}
    assert linked == {link.rstrip("/") for link in re.findall(r"https://\S+", text)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_alone_carries_the_postal_address(kind):
    assert "1 Long Lane, Oldtown" in part(mail(kind), "plain")


def test_the_confirmation_offers_nothing_and_shows_no_picture():
    sent = mail("confirm")
    said = part(sent, "plain") + part(sent, "html")
    assert not re.search(r"quiz|offer|therapy|affiliate|sponsored|<img", said.replace("color-scheme", ""))
    assert {link.split("/")[2] for link in links(sent)} == {"site.example"}
    assert [piece.get_content_type() for piece in sent.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_guide_says_how_to_leave_in_body_and_head():
    sent = mail("guide")
    [url] = re.findall(
        r"<(https://site\.example/newsletter/unsubscribe/\S+/)>", sent["List-Unsubscribe"].replace(" ", "")
    )
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in part(sent, "plain")
    assert url in part(sent, "html")


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


def test_ten_people_get_the_same_words_links_and_guide():
    ten = [mail("guide", subscriber=make_subscriber(wants_letters=number % 2)) for number in range(10)]
    token = re.compile(r"(?<=/unsubscribe/)[^/]+")
    assert len({token.sub("-", part(sent, "plain")) for sent in ten}) == 1
    assert len({token.sub("-", part(sent, "html")) for sent in ten}) == 1
    pdfs = [piece.get_payload(decode=True) for sent in ten for piece in sent.iter_attachments() if piece.get_filename()]
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
    [pdf] = [piece for piece in mail("guide").walk() if piece.get_content_type() == "application/pdf"]
    assert pdf.get_filename() == "trauma-healing-guide.pdf"
    assert pdf.get_filename().isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_the_html_has_its_styles_in_its_elements_and_dark_rules_beside(kind):
    html = part(mail(kind), "html")
    assert re.search(r'<a [^>]*style="[^"]*background-color: ?#265a4c', html)
    assert "prefers-color-scheme: dark" in html


def test_the_picture_is_small_and_transparent():
    from io import BytesIO

    from PIL import Image

    picture = Image.open(BytesIO(trace_png()))
    assert (picture.size, picture.mode) == ((128, 64), "RGBA")
    assert len(trace_png()) < 5000
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.getpixel((10, 36))[3] == 255
