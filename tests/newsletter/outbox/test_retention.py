"""How long things are kept."""

import sqlite3
from contextlib import closing

import pytest
from django.core.mail import get_connection
from django.utils import timezone

from newsletter.models import Delivery, FormMailCount, Subscriber
from newsletter.outbox import failpoints, queue, retention, sender
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_an_unconfirmed_address_goes_after_three_days_with_its_mail(clock):
    make_delivery(kind="confirm")
    clock(hours=71)
    assert retention.prune()["pending"] == 0
    clock(hours=2)
    assert retention.prune()["pending"] == 1
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert not any(retention.prune().values())


def test_who_asked_for_the_guide_alone_goes_seven_days_after_it_went(clock, work):
    make_delivery()
    work()
    clock(days=6, hours=23)
    retention.prune()
    assert Subscriber.objects.exists()
    clock(hours=2)
    retention.prune()
    assert not Subscriber.objects.exists()


def test_who_wants_the_letters_stays(clock):
    make_delivery(subscriber=make_subscriber(wants_letters=True), state="sent")
    clock(days=60)
    retention.prune()
    assert Subscriber.objects.exists()


def test_nobody_goes_while_their_guide_is_still_on_its_way(clock):
    make_delivery(state="retry", not_before=timezone.now())
    clock(days=30)
    retention.prune()
    assert Subscriber.objects.exists()


def test_who_could_not_be_reached_is_not_kept_for_ever(clock):
    make_delivery(state="failed")
    clock(days=8)
    retention.prune()
    assert not Subscriber.objects.exists()


def test_finished_mails_go_after_ninety_days_and_waiting_ones_stay(clock):
    make_delivery(subscriber=make_subscriber(wants_letters=True), state="sent")
    waiting = make_delivery(subscriber=make_subscriber(wants_letters=True), state="retry")
    clock(days=91)
    retention.prune()
    assert list(Delivery.objects.all()) == [waiting]


def test_the_hashes_that_limit_the_form_go_after_thirty_days(ask, clock):
    ask("ann@example.org")
    clock(days=29)
    retention.prune()
    assert FormMailCount.objects.exists()
    clock(days=2)
    retention.prune()
    assert not FormMailCount.objects.exists()


def test_sweeping_while_a_mail_is_sent_is_harmless(clock, monkeypatch, mailoutbox):
    make_delivery(kind="confirm")

    def sweep(stage):
        if stage == "after-render":
            clock(hours=73)
            retention.prune()

    monkeypatch.setattr(failpoints, "hit", sweep)
    assert sender.deliver(queue.claim(), get_connection()) is None
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()


ERASE = """
    from django.db import connection
    from newsletter.outbox import retention
    from newsletter.subscribing import signup
    from newsletter import hashing
    {before}
    address = "canary-address-7q@example.org"
    signup.ask(address, letters=True)
    signup.ask("somebody-else@example.org", letters=True)
    print(connection.cursor().execute("PRAGMA secure_delete").fetchone()[0])
    signup.leave(hashing.fingerprint(address))
    retention.prune()
"""
CARELESS = 'connection.cursor().execute("PRAGMA secure_delete=OFF")'


@pytest.fixture
def open_site(site):
    """A site whose web server runs, so that SQLite's journal isn't put away when another process ends."""
    with closing(sqlite3.connect(site.folder / "site.sqlite3")) as web:
        web.execute("SELECT 1 FROM newsletter_subscriber").fetchall()
        yield site


def files_with(site, address):
    return [file.name for file in site.folder.glob("site.sqlite3*") if address in file.read_bytes()]


def test_after_leaving_the_bytes_of_the_address_are_in_no_file(open_site):
    assert open_site.script(ERASE.format(before="")).strip() == "1"
    assert files_with(open_site, b"canary-address-7q") == []
    assert files_with(open_site, b"somebody-else")


def test_without_secure_delete_they_would_be_in_the_database(open_site):
    open_site.script(ERASE.format(before=CARELESS))
    assert "site.sqlite3" in files_with(open_site, b"canary-address-7q")


def test_without_emptying_the_journal_they_would_be_in_it(open_site):
    open_site.script(ERASE.format(before="retention.truncate_journal = lambda: None"))
    assert files_with(open_site, b"canary-address-7q") == ["site.sqlite3-wal"]
