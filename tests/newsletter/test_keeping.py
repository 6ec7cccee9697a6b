"""How long things are kept."""

import pytest
from django.core.mail import get_connection
from django.utils import timezone

from newsletter import delivery, keeping
from newsletter.models import Delivery, FormMail, Subscriber
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_an_unconfirmed_address_goes_after_three_days_with_its_mail(clock):
    make_delivery(kind="confirm")
    clock(hours=71)
    assert keeping.prune()["pending"] == 0
    clock(hours=2)
    assert keeping.prune()["pending"] == 1
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert not any(keeping.prune().values())


def test_who_asked_for_the_guide_alone_goes_seven_days_after_it_went(clock, work):
    make_delivery()
    work()
    clock(days=6, hours=23)
    keeping.prune()
    assert Subscriber.objects.exists()
    clock(hours=2)
    keeping.prune()
    assert not Subscriber.objects.exists()


def test_who_wants_the_letters_stays(clock):
    make_delivery(subscriber=make_subscriber(wants_letters=True), state="sent")
    clock(days=60)
    keeping.prune()
    assert Subscriber.objects.exists()


def test_nobody_goes_while_their_guide_is_still_on_its_way(clock):
    make_delivery(state="retry", not_before=timezone.now())
    clock(days=30)
    keeping.prune()
    assert Subscriber.objects.exists()


def test_who_could_not_be_reached_is_not_kept_for_ever(clock):
    make_delivery(state="failed")
    clock(days=8)
    keeping.prune()
    assert not Subscriber.objects.exists()


def test_finished_mails_go_after_ninety_days_and_waiting_ones_stay(clock):
    make_delivery(subscriber=make_subscriber(wants_letters=True), state="sent")
    waiting = make_delivery(subscriber=make_subscriber(wants_letters=True), state="retry")
    clock(days=91)
    keeping.prune()
    assert list(Delivery.objects.all()) == [waiting]


def test_the_hashes_that_limit_the_form_go_after_thirty_days(ask, clock):
    ask("ann@example.org")
    clock(days=29)
    keeping.prune()
    assert FormMail.objects.exists()
    clock(days=2)
    keeping.prune()
    assert not FormMail.objects.exists()


def test_sweeping_while_a_mail_is_sent_is_harmless(clock, monkeypatch, mailoutbox):
    make_delivery(kind="confirm")

    def sweep(stage):
        if stage == "after-render":
            clock(hours=73)
            keeping.prune()

    monkeypatch.setattr(delivery, "reached", sweep)
    assert delivery.deliver(delivery.claim(), get_connection()) is None
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()


ERASE = """
    from django.db import connection
    from newsletter import keeping, signup, suppression
    {before}
    address = "canary-address-7q@example.org"
    signup.ask(address, letters=True)
    signup.ask("somebody-else@example.org", letters=True)
    print(connection.cursor().execute("PRAGMA secure_delete").fetchone()[0])
    signup.leave(suppression.fingerprint(address))
    keeping.prune()
"""
CARELESS = 'connection.cursor().execute("PRAGMA secure_delete=OFF")'


def found_in_files(site):
    return [file.name for file in site.folder.glob("site.sqlite3*") if b"canary-address-7q" in file.read_bytes()]


def test_after_leaving_the_bytes_of_the_address_are_in_no_file(site):
    assert site.script(ERASE.format(before="")).strip() == "1"
    assert found_in_files(site) == []
    assert [file for file in site.folder.glob("site.sqlite3*") if b"somebody-else" in file.read_bytes()]


def test_without_secure_delete_they_would_be(site):
    site.script(ERASE.format(before=CARELESS))
    assert found_in_files(site)
