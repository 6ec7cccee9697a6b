"""A clock that jumps: nothing begins, goes out or is erased by it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Subscriber
from newsletter.outbox.clock_watch import SETTLE, ClockWatch
from newsletter.worker import Worker
from tests.factories import make_delivery, make_letter, make_subscriber


@pytest.fixture
def steady(monkeypatch):
    """A clock that only goes forward, when it is told to."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def forward(seconds):
        now[0] += seconds

    return forward


@pytest.mark.parametrize("hours", [24, -24])
def test_a_clock_that_jumped_is_trusted_after_a_minute(clock, steady, hours):
    watch = ClockWatch()
    assert watch.is_trusted()
    clock(hours=hours)
    assert not watch.is_trusted()
    steady(SETTLE - 1)
    clock(seconds=SETTLE - 1)
    assert not watch.is_trusted()
    steady(2)
    clock(seconds=2)
    assert watch.is_trusted()


def test_a_jump_for_a_moment_is_two(clock, steady):
    watch = ClockWatch()
    clock(hours=24)
    assert not watch.is_trusted()
    steady(30)
    clock(hours=-24, seconds=30)
    assert not watch.is_trusted()
    steady(SETTLE)
    clock(seconds=SETTLE)
    assert watch.is_trusted()


@pytest.fixture
def tomorrow(db):
    """A letter of tomorrow and somebody who has two days to confirm."""
    now = timezone.now()
    asked = now - timedelta(hours=60)
    make_subscriber(address="ann@example.org", state="pending", asked_at=asked)
    return make_letter(state="scheduled", send_at=now + timedelta(hours=23, minutes=30))


def test_by_a_clock_that_jumped_no_letter_begins_and_nobody_is_erased(tomorrow, clock):
    worker = Worker()
    clock(hours=24)
    worker.round()
    tomorrow.refresh_from_db()
    assert (tomorrow.state, Subscriber.objects.count()) == ("scheduled", 1)


def test_without_the_watch_both_would_have_happened(tomorrow, clock, monkeypatch):
    """The twin."""
    monkeypatch.setattr(ClockWatch, "is_trusted", lambda self: True)
    worker = Worker()
    clock(hours=24)
    worker.round()
    tomorrow.refresh_from_db()
    assert tomorrow.state != "scheduled"
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("connections", [1, 4])
def test_by_a_clock_that_jumped_no_mail_goes_out_by_any_connection(
    db, clock, mailoutbox, connections
):
    make_delivery()
    worker = Worker(connections)
    clock(hours=24)
    worker.round()
    assert not mailoutbox


def test_without_the_watch_it_would_have_gone(db, clock, mailoutbox, monkeypatch):
    """The twin."""
    monkeypatch.setattr(ClockWatch, "is_trusted", lambda self: True)
    make_delivery()
    worker = Worker(1)
    clock(hours=24)
    worker.round()
    assert len(mailoutbox) == 1
