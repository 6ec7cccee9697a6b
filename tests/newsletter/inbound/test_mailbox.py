"""When the mailbox for returned mail is looked into, and what the desk says of it."""

import threading
import time

import pytest
from django.db import DatabaseError
from django.test import override_settings

from newsletter import dashboard
from newsletter.inbound import mailbox
from newsletter.models import Heartbeat


@pytest.fixture
def looks(settings, monkeypatch):
    """Count the looks; each waits until it is let go."""
    settings.IMAP_HOST, settings.BOUNCE_ADDRESS = "localhost", "bounces@mail.example"
    begun, may_end = [], threading.Event()

    def look(stopping):
        begun.append(stopping)
        may_end.wait(20)

    monkeypatch.setattr(mailbox, "look", look)
    yield begun, may_end
    may_end.set()


def test_one_look_at_a_time_and_one_a_minute(looks, monkeypatch):
    begun, may_end = looks
    poll = mailbox.Poll()
    poll.tick()
    poll.next = 0.0
    poll.tick()  # the first is still under way
    assert len(begun) == 1
    may_end.set()
    poll.close(at_once=False)
    poll.tick()
    poll.close(at_once=False)
    assert len(begun) == 2
    poll.tick()  # the minute isn't over
    assert len(begun) == 2
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + mailbox.EVERY + 1)
    poll.tick()
    poll.close(at_once=True)
    assert len(begun) == 3
    assert begun[-1].is_set()


def test_nobody_looks_where_no_mailbox_is_named(looks):
    for name in ("IMAP_HOST", "BOUNCE_ADDRESS"):
        with override_settings(**{name: ""}):
            mailbox.Poll().tick()
    assert looks[0] == []


def test_a_database_that_is_away_ends_a_look_and_no_more(settings, monkeypatch, log):
    def fail(stopping):
        raise DatabaseError

    settings.IMAP_HOST, settings.BOUNCE_ADDRESS = "localhost", "bounces@mail.example"
    monkeypatch.setattr(mailbox, "look", fail)
    poll = mailbox.Poll()
    poll.tick()
    poll.close(at_once=False)
    poll.next = 0.0
    poll.tick()
    poll.close(at_once=False)
    assert log.getvalue().count("stays there") == 2


def test_trouble_with_the_mailbox_is_on_the_first_page_of_the_desk(db, settings, rf, admin_user):
    request = rf.get("/")
    request.user = admin_user
    settings.IMAP_HOST, settings.BOUNCE_ADDRESS = "localhost", "bounces@mail.example"

    def said():
        return [item.text for item in dashboard.dashboard_items(request)]

    Heartbeat.mailbox_failed("The mailbox is away.")
    assert "The mailbox is away." in said()
    Heartbeat.mailbox_was_read()
    assert "The mailbox is away." not in said()


@pytest.mark.parametrize(("minutes", "is_read"), [(0, True), (9, True), (11, False), (-60, False)])
def test_a_look_is_fresh_for_ten_minutes_by_a_clock_that_is_right(db, clock, minutes, is_read):
    clock(hours=2)
    Heartbeat.mailbox_was_read()
    clock(minutes=minutes)
    assert Heartbeat.mailbox_is_read() is is_read
