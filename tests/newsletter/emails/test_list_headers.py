"""Which list a mail is of, where its help is and how to leave: in its head, for mail programs."""

import re
from email import message_from_bytes, policy

import pytest

from newsletter import tokens
from newsletter.emails import list_headers, messages
from newsletter.emails.email import to_bytes
from newsletter.emails.registry import EMAILS, Audience
from newsletter.models import Delivery, Heartbeat, Letter
from newsletter.outbox import personalise
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
LIST = ("List-Id", "List-Help", "List-Owner", "Feedback-ID")
SENT = {"sent_subject": "A quiet morning", "sent_html": "<p>Words</p>", "sent_text": "Words\n"}


@pytest.fixture(autouse=True)
def live_site(settings):
    settings.SITE_URL, settings.FROM_EMAIL = "https://site.example", "notes@mail.example"
    settings.CONTACT_EMAIL, settings.BOUNCE_ADDRESS = "hello@site.example", "bounces@mail.example"
    settings.IMAP_HOST = "imap.example"


def delivery(kind, **over):
    letter = Letter.objects.create(subject="A", body="…", state="sending", **SENT)
    is_letter = {"letter": letter} if kind == Delivery.Kind.LETTER else {}
    return make_delivery(kind=kind, **is_letter, **over)


def head(delivery):
    return message_from_bytes(to_bytes(messages.render(delivery)), policy=policy.default)


@pytest.mark.parametrize("kind", Delivery.Kind)
def test_mails_that_were_opted_in_to_name_their_list_and_no_other_does(kind):
    is_of_the_list = EMAILS[kind].audience is Audience.OPTED_IN
    mail = head(delivery(kind))
    assert [name in mail for name in LIST] == [is_of_the_list] * 4


def test_what_they_say_names_no_person():
    first, second = (
        head(delivery("letter", subscriber=make_subscriber(address=address, wants_letters=True)))
        for address in ("ann@example.org", "bob@example.net")
    )
    assert first["List-Id"] == "<letters.mail.example>"
    assert first["List-Help"] == "<https://site.example/newsletter/your-data/>"
    assert first["List-Owner"] == "<mailto:hello@site.example>"
    assert re.fullmatch(r"\d+:letter:letters:mailexample", first["Feedback-ID"])
    assert [first[name] for name in LIST[:3]] == [second[name] for name in LIST[:3]]
    assert head(delivery("welcome-2"))["Feedback-ID"] == "welcome-2:note:letters:mailexample"


@pytest.mark.parametrize("domain", ["x.co", "a-very-long.domain-name.example.org", "MAIL.example"])
def test_the_senders_name_in_the_feedback_id_is_of_a_length_that_counts(settings, domain):
    settings.FROM_EMAIL = f"notes@{domain}"
    assert re.fullmatch(r"[a-z0-9]{5,15}", head(delivery("welcome-1"))["Feedback-ID"].split(":")[3])


def ways_out(delivery):
    list_headers.forget_answer()
    return re.findall(r"<([^>]*)>", head(delivery)["List-Unsubscribe"])


def test_one_can_leave_by_mail_only_while_somebody_reads_it(clock, settings):
    mail = delivery("guide")
    token = tokens.unsubscribe_token(mail.subscriber)
    link = f"https://site.example/newsletter/unsubscribe/{token}/"
    assert ways_out(mail) == [link]  # nobody has read it yet
    Heartbeat.mailbox_was_read()
    by_mail = f"mailto:bounces@mail.example?subject=unsubscribe%20{token}"
    assert ways_out(mail) == [link, by_mail]
    clock(minutes=11)
    assert ways_out(mail) == [link]
    Heartbeat.mailbox_was_read()
    settings.IMAP_HOST = ""
    assert ways_out(mail) == [link]


def test_whether_it_is_read_is_asked_once_in_ten_seconds(django_assert_num_queries):
    with django_assert_num_queries(1):
        for _ in range(5):
            list_headers.is_left_by_mail()


def test_a_letters_copies_are_the_ordinary_ones_with_both_ways_out(monkeypatch):
    personalise._templates.clear()
    monkeypatch.setattr("email.generator.Generator._make_boundary", lambda *args: "=====b=")
    monkeypatch.setattr("email.utils.time.time", lambda: 1_800_000_000.0)
    letter = Letter.objects.create(subject="A", body="…", state="sending", **SENT)
    ann, bob = (
        make_delivery(
            kind="letter", letter=letter, subscriber=make_subscriber(address=a, wants_letters=True)
        )
        for a in ("ann@example.org", "bob@example.net")
    )
    before = personalise.raw_bytes(ann)
    Heartbeat.mailbox_was_read()
    list_headers.forget_answer()
    for mail in (ann, bob):
        raw = personalise.raw_bytes(mail)
        assert raw == to_bytes(messages.render(mail))
        assert raw.count(tokens.unsubscribe_token(mail.subscriber).encode()) >= 2
    assert b"mailto:bounces" not in before
