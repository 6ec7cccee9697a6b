"""The one last mail, for who ticked its box when they erased everything."""

import smtplib

import pytest

from newsletter import hashing, tokens
from newsletter.models import Delivery, Subscriber, Suppression
from newsletter.outbox import eligibility, queue, retention
from newsletter.subscribing import signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def leave(client):
    """Erase everything as a reader would, with the box ticked."""
    person = make_subscriber(address="ann@example.org", wants_letters=True)
    make_delivery(kind="welcome-2", subscriber=person)
    url = f"/newsletter/settings/{tokens.settings_token(person)}/"
    return lambda: client.post(url, {"wish": "erase", "goodbye": "on"})


def test_until_it_has_gone_nothing_is_left_but_the_address(leave, parse, text_of):
    page = parse(leave())
    assert "One last e-mail says so, and your address goes with it." in text_of(page)
    [person] = Subscriber.objects.all()
    assert (person.state, person.wants_letters, person.wording, person.confirmed_at) == (
        "leaving",
        False,
        "",
        None,
    )
    assert Delivery.objects.get().kind == "goodbye"
    assert Suppression.objects.get().reason == "erased"


def test_when_it_has_gone_the_address_has_gone(leave, work, mailoutbox, dump):
    leave()
    work()
    [sent] = mailoutbox
    assert sent.subject == "It's done"
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert "ann" not in str(dump())


def test_a_refused_one_erases_as_well(leave, monkeypatch, work):
    def refuse(*args):
        raise smtplib.SMTPRecipientsRefused({"ann@example.org": (550, b"5.1.1 unknown")})

    leave()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    work()
    assert not Subscriber.objects.exists()


def test_one_that_is_no_longer_wanted_erases_as_well(leave, work, mailoutbox):
    leave()
    Suppression.objects.update(reason="complained")
    work()
    assert not mailoutbox
    assert not Subscriber.objects.exists()


def test_one_that_is_tried_again_waits_three_days_at_most(leave, monkeypatch, work, clock):
    def later(*args):
        raise smtplib.SMTPRecipientsRefused({"ann@example.org": (451, b"later")})

    leave()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", later)
    work()
    assert Delivery.objects.get().state == "retry"
    clock(days=2, hours=23)
    retention.prune()
    assert Subscriber.objects.exists()
    clock(hours=2)
    retention.prune()
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()


def test_one_whose_outcome_is_unsure_keeps_nobody(leave):
    leave()
    Delivery.objects.update(state="unknown")
    retention.prune()
    assert not Subscriber.objects.exists()


def test_twice_is_once_and_the_link_has_gone(leave, client):
    leave()
    assert leave().status_code == 404
    assert Delivery.objects.count() == 1


def test_leaving_by_a_mail_in_the_meantime_erases_at_once(leave, client):
    leave()
    signup.leave(hashing.fingerprint("ann@example.org"))
    assert not Subscriber.objects.exists()


def test_coming_back_in_the_meantime_is_a_new_beginning(leave, ask, work, mailoutbox):
    leave()
    before = Subscriber.objects.get().public_id
    ask("ann@example.org")
    work()
    assert [mail.subject for mail in mailoutbox] == ["Please confirm your e-mail"]
    assert Subscriber.objects.get().public_id != before
    assert Subscriber.objects.get().state == "pending"


def test_a_letter_on_its_way_is_not_sent_any_more(leave, work, mailoutbox):
    row = queue.claim()  # a worker had it in hand
    leave()
    row.subscriber.refresh_from_db()
    assert not eligibility.is_wanted(row)


def test_one_press_from_a_mail_sends_none(client, work, mailoutbox):
    person = make_subscriber(address="ann@example.org")
    client.post(f"/newsletter/unsubscribe/{tokens.unsubscribe_token(person)}/", {"goodbye": "on"})
    work()
    assert not mailoutbox
