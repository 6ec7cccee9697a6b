"""Nothing a person typed or was sent stands in a log."""

import smtplib
from dataclasses import replace

import pytest

from newsletter import tokens
from newsletter.emails.registry import EMAILS
from newsletter.models import Subscriber
from newsletter.outbox import queue, sender
from tests.factories import make_delivery, make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
ADDRESS = "canary-7q@example.org"


def test_the_whole_way_leaves_no_address_and_no_token(client, ask, work, log):
    ask(ADDRESS, letters="on")
    ask("canary-7q@@example.org")
    ask(ADDRESS, headers={"origin": "https://elsewhere.example"})
    work()
    person = Subscriber.objects.get()
    links = [f"/newsletter/confirm/{tokens.confirm_token(person)}/"]
    links += [f"/newsletter/unsubscribe/{tokens.unsubscribe_token(person)}/"]
    for link in links:
        client.get(f"{link}?address={ADDRESS}")
        client.put(link)
        client.post(link[:-2] + "/")
        client.post(link)
    work()
    assert "Unprocessable" in log.getvalue()
    assert_nothing_of(person, log)


def test_what_people_do_for_themselves_leaves_none_either(client, work, log):
    person = make_subscriber(address=ADDRESS, wants_letters=True)
    make_delivery(subscriber=person)
    work()
    links = [
        f"/newsletter/settings/{token(person)}/"
        for token in (tokens.settings_token, tokens.asked_settings_token)
    ]
    client.post("/newsletter/your-data/", {"address": ADDRESS, "stamp": form_token()})
    client.post(
        "/newsletter/your-data/", {"address": "canary-7q@@example.org", "stamp": form_token()}
    )
    work()
    for link in links:
        for wish in ("nonsense", "pause", "resume", "no-notes"):
            client.post(link, {"wish": wish})
        client.post(link, {"wish": "move", "address": f"x{ADDRESS}"})
        client.post(link, {"wish": "move", "address": "canary-7q@@example.org"})
        client.get(f"{link}copy/?address={ADDRESS}")
        client.put(link)
        client.get(link[:-2] + "/")
    work()
    client.post(links[0], {"wish": "erase", "goodbye": "on"})
    work()
    client.post(links[0], {"wish": "erase"})
    assert_nothing_of(person, log)


@pytest.mark.parametrize(
    ("place", "status"), [("intake.take", 500), ("signup.ask", 200)], ids=["form", "worker"]
)
def test_a_crash_leaves_none_either(client, ask, log, monkeypatch, place, status):
    def crash(*args, **kwargs):
        raise RuntimeError(f"no luck with {args}")

    monkeypatch.setattr(f"newsletter.subscribing.{place}", crash)
    client.raise_request_exception = False
    assert ask(ADDRESS).status_code == status
    assert "RuntimeError" in log.getvalue()
    assert "canary" not in log.getvalue()


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({ADDRESS: (550, f"<{ADDRESS}> unknown".encode())}),
        smtplib.SMTPSenderRefused(451, f"{ADDRESS} later".encode(), ADDRESS),
        OSError(f"lost {ADDRESS}"),
        RuntimeError(f"lost {ADDRESS}"),
    ],
)
def test_a_mail_that_fails_leaves_none(log, monkeypatch, error):
    row = make_delivery(subscriber=make_subscriber(address=ADDRESS))
    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages", raiser(error)
    )
    from django.core.mail import get_connection

    sender.deliver(queue.claim(), get_connection())
    row.refresh_from_db()
    assert row.state in {"failed", "retry"}
    assert f"Delivery {row.pk}" in log.getvalue()
    assert_nothing_of(row.subscriber, log)
    assert "canary" not in row.smtp_reply


def test_a_mail_that_cannot_be_made_leaves_none(log, monkeypatch, work):
    row = make_delivery(subscriber=make_subscriber(address=ADDRESS))
    broken = raiser(RuntimeError(f"no letter to {ADDRESS}"))
    monkeypatch.setitem(EMAILS, "guide", replace(EMAILS["guide"], build=broken))
    work()
    assert f"Delivery {row.pk} could not be rendered" in log.getvalue()
    assert_nothing_of(row.subscriber, log)


def raiser(error):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it


def assert_nothing_of(person, log):
    written = log.getvalue()
    assert written
    secrets = [person.address, "canary-7q", person.public_id, person.fingerprint]
    secrets += [tokens.unsubscribe_token(person).rpartition(":")[2]]
    assert not [secret for secret in secrets if secret in written]
