"""Too many complaints, or reports that speak of us: letters and notes wait, the rest goes on, owners hear of it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from analytics import api as analytics
from newsletter.bounces import bounces, reputation
from newsletter.bounces.bounce_classes import Meaning
from newsletter.issues import copies, scheduling
from newsletter.models import Bounce, Delivery, Heartbeat
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


def report(kind, number, at=None):
    start = Bounce.objects.count()
    Bounce.objects.bulk_create(
        Bounce(fingerprint=f"{n:064}", kind=kind, event=f"{n:064}", at=at or timezone.now())
        for n in range(start, start + number)
    )


@pytest.mark.parametrize(
    ("kind", "reports", "mails", "held"),
    [
        ("complaint", 1, 10, False),
        ("complaint", 2, 100, False),
        ("complaint", 3, 100, True),
        ("complaint", 3, 3000, False),  # one in a thousand, and no more
        ("complaint", 4, 3000, True),
        ("about-us", 9, 20, False),
        ("about-us", 10, 100, False),
        ("about-us", 11, 100, True),
        ("soft", 90, 100, False),
        ("hard", 90, 100, False),
    ],
)
def test_what_holds_letters_back_is_a_share_and_a_least_number(
    kind, reports, mails, held, monkeypatch
):
    Heartbeat.beat()
    monkeypatch.setattr(reputation, "_sent", lambda within: mails)
    report(kind, reports)
    reputation.check()
    assert bool(reputation.trouble()) is held


@pytest.mark.parametrize(("kind", "days"), [("complaint", 30), ("about-us", 1)])
def test_a_report_counts_for_its_time_and_no_longer(kind, days):
    Heartbeat.beat()
    report(kind, 20, timezone.now() - timedelta(days=days, minutes=1))
    reputation.check()
    assert not reputation.trouble()
    Bounce.objects.update(at=timezone.now() - timedelta(days=days, minutes=-5))
    reputation.check()
    assert reputation.trouble()


def test_of_the_outbox_and_the_daily_sums_the_larger_number_of_mails_counts(monkeypatch):
    now = timezone.now()
    for days in (0, 29, 31):
        make_delivery(state="sent", sent_at=now - timedelta(days=days))
    make_delivery(state="failed")
    assert reputation._sent(reputation.COMPLAINTS_WITHIN) == 2
    # Rows of people who have left are gone with them.
    monkeypatch.setattr(analytics, "mails_sent", lambda since: 7)
    assert reputation._sent(reputation.COMPLAINTS_WITHIN) == 7


@pytest.fixture
def letter():
    for _ in range(3):
        make_subscriber(wants_letters=True)
    letter = make_letter(state="scheduled")
    scheduling.start(letter)
    copies.settle()
    return letter


def test_letters_and_notes_wait_and_what_was_asked_for_goes_on(
    letter, work, mailoutbox, log, admin_client
):
    Heartbeat.beat()
    reader = make_subscriber(wants_letters=True)
    note = make_delivery(subscriber=reader, kind="welcome-1", priority=Delivery.BULK)
    make_delivery(kind="confirm", subscriber=make_subscriber(state="pending"))
    make_delivery(kind="guide")
    report("complaint", 4)
    reputation.check()
    work()
    assert len(mailoutbox) == 2
    letter.refresh_from_db()
    note.refresh_from_db()
    assert (letter.state, note.state) == ("sending", "queued")
    # It is told: in the log, from which owners get a mail, at the desk and by the doctor.
    assert (
        log.getvalue().count("ERROR newsletter.bounces.reputation Letters and notes are held") == 1
    )
    assert "held back: 4 people" in Heartbeat.objects.get().trouble
    for page in ("/admin/", "/admin/newsletter/delivery/"):
        shown = admin_client.get(page).content.decode()
        assert shown.count("Letters and notes are held back: 4 people") == 1, page
    assert "Let letters and notes go on" in shown
    # A person lets them go on, and what was reported before is settled.
    admin_client.post("/admin/newsletter/delivery/letters/")
    reputation.check()
    work()
    assert len(mailoutbox) == 6
    assert Heartbeat.objects.get().trouble == ""
    report("complaint", 2)
    reputation.check()
    assert not reputation.trouble()
    report("complaint", 1)
    reputation.check()
    assert reputation.trouble()


def test_without_the_look_the_letter_goes_on_to_everybody(letter, work, mailoutbox, monkeypatch):
    monkeypatch.setattr(reputation, "check", lambda: None)
    Heartbeat.beat()
    report("complaint", 4)
    work()
    assert len(mailoutbox) == 3


def test_a_worker_looks_by_itself(letter, mailoutbox):
    Heartbeat.beat()
    report("about-us", 30)
    call_command("run_mail_worker", "--once")
    assert "held back" in Heartbeat.objects.get().bulk_trouble
    assert mailoutbox == []


def test_who_may_only_look_cannot_let_them_go_on(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    assert client.post("/admin/newsletter/delivery/letters/").status_code == 403


def test_a_report_that_speaks_of_us_is_kept_and_counts_against_nobody():
    person = make_subscriber(address=ADDRESS, wants_letters=True)
    for number in range(5):
        bounces.returned(person.fingerprint, Meaning.ABOUT_US, f"event {number}")
    person.refresh_from_db()
    assert (person.state, person.paused_until) == ("confirmed", None)
    assert set(Bounce.objects.values_list("kind", flat=True)) == {"about-us"}
    # The server we talk to ourselves is listened to at once, by who sends the letter.
    bounces.refused(person.fingerprint, Meaning.ABOUT_US, "another")
    assert Bounce.objects.count() == 5
