"""The welcome series: who gets it, when, and what stops them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import hashing
from newsletter.emails.registry import EMAILS
from newsletter.models import Delivery, Subscriber
from newsletter.outbox import eligibility, failpoints, queue, retention, sender
from newsletter.subscribing import preferences, signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
KINDS = ["welcome-1", "welcome-2", "welcome-3", "welcome-4"]


@pytest.fixture
def reader():
    """Somebody who ticked the box and waits for the guide."""
    person = make_subscriber(address="ann@example.org", wants_letters=True)
    make_delivery(subscriber=person)
    return person


def welcome_emails(**over):
    return Delivery.objects.filter(kind__in=KINDS, **over).order_by("kind")


def days_until(rows):
    return [round((row.not_before - timezone.now()) / timedelta(days=1)) for row in rows]


def subjects(mailoutbox):
    return [mail.subject for mail in mailoutbox]


def test_they_are_queued_when_the_guide_has_gone_two_five_nine_and_fourteen_days_ahead(
    reader, work
):
    assert not welcome_emails().exists()
    work()
    assert [row.kind for row in welcome_emails()] == KINDS
    assert days_until(welcome_emails()) == [2, 5, 9, 14]
    assert {row.priority for row in welcome_emails()} == {Delivery.BULK}


def test_they_arrive_one_by_one_over_two_weeks(reader, work, clock, mailoutbox):
    arrived = []
    for day in range(16):
        before = len(mailoutbox)
        work()
        arrived += [(day, mail.subject) for mail in mailoutbox[before:]]
        clock(days=1, seconds=1)
    assert arrived == [
        (0, "Here's your guide"),
        (2, "What your alarm is for"),
        (5, "One minute, two feet"),
        (9, "The people around you"),
        (14, "Where next"),
    ]


def test_who_asked_for_the_guide_alone_gets_none(work):
    make_delivery(subscriber=make_subscriber(wants_letters=False))
    work()
    assert not welcome_emails().exists()


def test_a_guide_that_did_not_go_out_starts_none(reader, monkeypatch, work):
    monkeypatch.setitem(EMAILS, "guide", replace(EMAILS["guide"], build=None))
    work()
    assert not welcome_emails().exists()


def test_marking_the_guide_and_queueing_the_series_stand_or_fall_together(reader, monkeypatch):
    from django.core.mail import get_connection

    def die(stage):
        if stage == "before-commit":
            raise SystemExit

    monkeypatch.setattr(failpoints, "hit", die)
    with pytest.raises(SystemExit):
        sender.deliver(queue.claim(), get_connection())
    assert not welcome_emails().exists()
    assert Subscriber.objects.get().guide_sent_at is None


def test_asking_for_the_guide_again_neither_repeats_nor_restarts_them(
    reader, work, ask, clock, mailoutbox
):
    work()
    before = list(welcome_emails().values_list("pk", "not_before"))
    ask("ann@example.org", letters="on")
    work()
    assert list(welcome_emails().values_list("pk", "not_before")) == before
    clock(days=15)
    work()
    clock(days=15)
    ask("ann@example.org")
    work()
    assert sorted(subjects(mailoutbox)).count("Where next") == 1
    assert welcome_emails(state="sent").count() == 4


def test_not_even_when_their_rows_have_been_swept_up_and_a_person_sends_the_guide_again(
    reader, work, clock
):
    work()
    clock(days=20)
    work()
    Delivery.objects.filter(kind__in=KINDS).delete()  # as retention does after ninety days
    queue.requeue(Delivery.objects.get(kind="guide"))
    work()
    assert not welcome_emails().exists()


def test_who_ticks_the_box_later_gets_them_then(ask, work, clock, mailoutbox):
    make_delivery(subscriber=make_subscriber(address="ann@example.org"))
    work()
    clock(days=3)
    ask("ann@example.org", letters="on")
    signup.confirm(Subscriber.objects.get().public_id)
    work()
    assert days_until(welcome_emails()) == [2, 5, 9, 14]


def test_leaving_takes_them_along(reader, work, clock, mailoutbox):
    work()
    signup.leave(hashing.fingerprint("ann@example.org"))
    clock(days=20)
    work()
    assert subjects(mailoutbox) == ["Here's your guide"]
    assert not Delivery.objects.exists()


def test_a_pause_puts_off_what_is_left_and_keeps_the_spacing(reader, work, clock):
    work()
    clock(days=3)
    work()
    preferences.pause(reader)
    assert days_until(welcome_emails(state="queued")) == [32, 36, 41]


def test_pausing_twice_is_pausing_once(reader, work):
    work()
    preferences.pause(reader)
    preferences.pause(reader)
    assert days_until(welcome_emails()) == [32, 35, 39, 44]


def test_ending_a_pause_brings_them_forward_by_what_was_left_of_it(reader, work, clock):
    work()
    preferences.pause(reader)
    clock(days=10)
    preferences.resume(reader)
    assert days_until(welcome_emails()) == [2, 5, 9, 14]
    assert Subscriber.objects.get().paused_until is None
    preferences.resume(reader)
    assert days_until(welcome_emails()) == [2, 5, 9, 14]


def test_ending_a_pause_that_is_over_changes_no_day(reader, work, clock):
    work()
    preferences.pause(reader)
    clock(days=31)
    before = list(welcome_emails().values_list("not_before"))
    preferences.resume(reader)
    assert list(welcome_emails().values_list("not_before")) == before


def test_a_guide_that_goes_out_during_a_pause_starts_them_after_it(reader, work):
    preferences.pause(reader)
    work()
    assert days_until(welcome_emails()) == [32, 35, 39, 44]


def test_stopping_the_series_means_none_and_leaves_the_letters(reader, work, clock, mailoutbox):
    work()
    preferences.stop_welcome_series(reader)
    clock(days=20)
    work()
    assert subjects(mailoutbox) == ["Here's your guide"]
    assert {row.state for row in welcome_emails()} == {"suppressed"}
    assert Subscriber.objects.get().wants_letters


def test_a_past_pause_is_not_kept(reader, clock):
    preferences.pause(reader)
    clock(days=31)
    retention.prune()
    assert Subscriber.objects.get().paused_until is None


def test_a_letter_that_goes_out_during_a_pause_is_not_sent():
    from newsletter.models import Letter

    letter = Letter.objects.create(subject="A letter", body="Words.", state="sending")
    row = make_delivery(
        kind="letter", letter=letter, subscriber=make_subscriber(wants_letters=True)
    )
    assert eligibility.is_wanted(row)
    row.subscriber.paused_until = timezone.now() + timedelta(days=1)
    assert not eligibility.is_wanted(row)
    row.subscriber.paused_until = timezone.now() - timedelta(days=1)
    assert eligibility.is_wanted(row)


@pytest.mark.parametrize("state", ["queued", "retry", "sending", "sent"])
def test_a_welcome_email_gives_way_for_a_day_to_a_letter_of_the_same_day(
    reader, work, clock, mailoutbox, state
):
    from newsletter.models import Letter

    work()
    clock(days=2, hours=1)
    letter = Letter.objects.create(subject="A letter", body="Words.", state="paused")
    soon = timezone.now() + timedelta(hours=1)
    sent_at = timezone.now() if state == "sent" else None
    row = make_delivery(
        kind="letter",
        letter=letter,
        subscriber=reader,
        state=state,
        sent_at=sent_at,
        not_before=soon,
        lease_until=soon,
    )
    work()
    assert subjects(mailoutbox) == ["Here's your guide"]
    assert days_until(welcome_emails(kind="welcome-1")) == [1]
    Delivery.objects.filter(pk=row.pk).update(state="sent", sent_at=timezone.now())
    clock(days=1, hours=1)
    work()
    assert subjects(mailoutbox) == ["Here's your guide", "What your alarm is for"]


def test_a_letter_of_another_day_does_not_hold_a_welcome_email_up(reader, work, clock, mailoutbox):
    from newsletter.models import Letter

    work()
    clock(days=2, hours=1)
    letter = Letter.objects.create(subject="A letter", body="Words.", state="sent")
    yesterday = timezone.now() - timedelta(days=1)
    make_delivery(kind="letter", letter=letter, subscriber=reader, state="sent", sent_at=yesterday)
    work()
    assert subjects(mailoutbox)[-1] == "What your alarm is for"
