"""What returned mail and complaints do to an address."""

import smtplib

import pytest

from newsletter import bounces, delivery, keeping, signup, suppression
from newsletter.models import Bounce, Delivery, Subscriber, Suppression
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


@pytest.fixture
def person():
    person = make_subscriber(address=ADDRESS, wants_letters=True)
    make_delivery(subscriber=person)
    return person


def reasons():
    return list(Suppression.objects.values_list("reason", flat=True))


@pytest.mark.parametrize(("kind", "reason"), [("hard", "bounced"), ("complaint", "complained")])
def test_an_address_that_is_not_there_or_complains_is_erased_and_never_written_to(person, kind, reason, ask, dump):
    bounces.note(person.fingerprint, kind, "event")
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert reasons() == [reason]
    assert ADDRESS not in str(dump())
    ask(ADDRESS)
    assert not Delivery.objects.exists()


def test_a_soft_no_is_final_the_third_time_within_thirty_days(person):
    for number in range(2):
        bounces.note(person.fingerprint, "soft", f"event {number}")
    assert Subscriber.objects.exists()
    bounces.note(person.fingerprint, "soft", "event 2")
    assert not Subscriber.objects.exists()
    assert reasons() == ["bounced"]


def test_soft_ones_further_apart_do_not_add_up(person, clock):
    for number in range(6):
        bounces.note(person.fingerprint, "soft", f"event {number}")
        clock(days=16)
    assert Subscriber.objects.exists()


def test_the_same_event_counts_once(person):
    for _ in range(5):
        bounces.note(person.fingerprint, "soft", "event")
    assert Bounce.objects.count() == 1
    assert Subscriber.objects.exists()


def test_nothing_is_kept_of_an_address_we_do_not_hold():
    for kind in Bounce.Kind:
        bounces.note(suppression.fingerprint("stranger@example.org"), kind, f"event {kind}")
    assert not Bounce.objects.exists()
    assert not Suppression.objects.exists()


def test_a_complaint_after_leaving_makes_the_goodbye_final(person):
    signup.leave(person.fingerprint)
    bounces.note(person.fingerprint, "complaint", "event")
    assert reasons() == ["complained"]


def test_what_is_kept_of_a_report_is_a_hash_a_class_and_a_time_for_ninety_days(person, clock):
    bounces.note(person.fingerprint, "soft", f"event about {ADDRESS}")
    [bounce] = Bounce.objects.all()
    assert len(bounce.event) == len(bounce.fingerprint) == 64
    clock(days=89)
    keeping.prune()
    assert Bounce.objects.exists()
    clock(days=2)
    keeping.prune()
    assert not Bounce.objects.exists()


def test_complaints_above_one_in_a_thousand_are_told_without_an_address(person, log):
    bounces.note(person.fingerprint, "complaint", "event")
    assert "ERROR newsletter.bounces 1 complaints against" in log.getvalue()
    assert ADDRESS not in log.getvalue()


def test_a_complaint_among_more_than_a_thousand_mails_is_not(person, log, clock):
    from django.utils import timezone

    others = Subscriber.objects.bulk_create(
        Subscriber(address=f"r{n}@example.org", fingerprint=f"{n:064}", public_id=f"{n:022}") for n in range(1001)
    )
    Delivery.objects.bulk_create(Delivery(kind="guide", subscriber=one, sent_at=timezone.now()) for one in others)
    bounces.note(person.fingerprint, "complaint", "event")
    assert "complaints" not in log.getvalue()


# what the server we send to says itself


def send(monkeypatch, code, words):
    def refuse(*args):
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (code, words)})

    from django.core.mail import get_connection

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    delivery.deliver(delivery.claim(), get_connection())


@pytest.mark.parametrize("words", [b"5.1.1 no such user", b"#5.1.10 unknown", b"5.2.1 mailbox closed"])
def test_a_server_that_does_not_know_the_address_counts_as_hard(person, monkeypatch, words):
    send(monkeypatch, 550, words)
    assert not Subscriber.objects.exists()
    assert reasons() == ["bounced"]


@pytest.mark.parametrize("words", [b"5.7.1 not from you", b"no", b"5.2.2 mailbox full", b"5.1.8 bad sender"])
def test_any_other_final_no_counts_as_soft(person, monkeypatch, words):
    send(monkeypatch, 550, words)
    assert Delivery.objects.get().state == "failed"
    assert Bounce.objects.get().kind == "soft"


@pytest.mark.parametrize(("code", "words"), [(451, b"4.7.1 later"), (550, b"5.4.4 unable to route")])
def test_a_no_for_now_counts_as_nothing(person, monkeypatch, code, words):
    send(monkeypatch, code, words)
    assert Delivery.objects.get().state == "retry"
    assert not Bounce.objects.exists()


def test_a_no_to_the_mail_and_not_to_the_address_counts_as_nothing(person, monkeypatch):
    def refuse(*args):
        raise smtplib.SMTPDataError(554, b"5.1.1 spam")

    from django.core.mail import get_connection

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    delivery.deliver(delivery.claim(), get_connection())
    assert Delivery.objects.get().state == "failed"
    assert not Bounce.objects.exists()
