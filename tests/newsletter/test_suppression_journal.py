"""The journal of who left: what it keeps, what a crash may do to it, and how it and the database agree."""

import os
import stat
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import hashing, suppression, suppression_journal, suppression_replay
from newsletter.models import Subscriber, Suppression
from newsletter.subscribing import address_change, signup
from newsletter.suppression_journal import LIFTED, MOVED, Entry
from tests.factories import make_subscriber
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db
DAY = 86_400


@pytest.fixture(autouse=True)
def journal(settings, tmp_path):
    settings.SUPPRESSION_JOURNAL = tmp_path / "journal"
    return settings.SUPPRESSION_JOURNAL


def test_leaving_and_coming_back_are_noted_without_an_address(
    journal, django_capture_on_commit_callbacks
):
    person = make_subscriber(address="reader@example.org")
    signup.leave(person.fingerprint)
    entries = suppression_journal.read().entries
    assert entries[person.fingerprint].reason == "unsubscribed"
    signup.ask("reader@example.org", letters=True)
    with django_capture_on_commit_callbacks(execute=True):
        signup.confirm(Subscriber.objects.get().public_id)
    assert suppression_journal.read().entries[person.fingerprint].reason == LIFTED
    assert "reader" not in journal.read_text()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_who_moves_and_moves_back_is_kept_at_the_last_address():
    person = make_subscriber(address="a@example.org", wants_letters=True)
    for address in ("b@example.org", "a@example.org"):
        address_change.ask(Subscriber.objects.get(state="confirmed"), address)
        address_change.confirm(Subscriber.objects.get(address=address).public_id)
    entries = suppression_journal.read().entries
    assert entries[person.fingerprint].reason == LIFTED
    assert entries[hashing.fingerprint("b@example.org")].reason == MOVED
    suppression_replay.reconcile()
    assert Subscriber.objects.get().address == "a@example.org"


def test_a_torn_line_costs_itself_alone(journal):
    suppression_journal.note("a" * 64, "erased")
    suppression_journal.note("b" * 64, "erased")
    os.truncate(journal, journal.stat().st_size - 30)
    suppression_journal.note("c" * 64, "erased")
    found = suppression_journal.read()
    assert set(found.entries) == {"a" * 64, "c" * 64}
    assert found.torn == 1


@pytest.mark.parametrize("place", [0, 12, 40, 85])
def test_a_changed_byte_is_seen(journal, place):
    suppression_journal.note("a" * 64, "erased")
    lines = journal.read_bytes().splitlines(keepends=True)
    changed = bytearray(lines[-1])
    changed[place] = ord("1") if changed[place] != ord("1") else ord("2")
    journal.write_bytes(lines[0] + bytes(changed))
    found = suppression_journal.read()
    assert (len(found.entries), found.torn) == (0, 1)


def test_many_at_once_and_a_compaction_lose_no_line(monkeypatch):
    monkeypatch.setattr(suppression_journal, "LOCK_WITHIN", PATIENCE)  # on a busy machine too
    now = int(time.time())

    def write(number):
        for count in range(20):
            fingerprint = f"{number:02x}{count:02x}" * 16
            suppression_journal.append([Entry(now, "erased", fingerprint)])

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    [thread.start() for thread in threads]
    for _ in range(10):
        suppression_journal.compact(now - DAY)
    [thread.join() for thread in threads]
    assert len(suppression_journal.read().entries) == 120


def test_compaction_keeps_the_last_word_and_says_how_far_back_it_reaches(journal):
    now = int(time.time())
    old, new = "a" * 64, "b" * 64
    suppression_journal.append([Entry(now - 50 * DAY, "erased", old)])
    suppression_journal.append([Entry(now, "unsubscribed", new), Entry(now, "complained", new)])
    assert suppression_journal.compact(now - 42 * DAY) == 1
    found = suppression_journal.read()
    assert {entry.reason for entry in found.entries.values()} == {"complained"}
    assert found.begun >= now - 42 * DAY
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_a_full_disk_keeps_nobody_from_leaving(monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    person = make_subscriber()
    with monkeypatch.context() as patch:
        patch.setattr(suppression_journal, "append", full)
        signup.leave(person.fingerprint)
    assert suppression.is_suppressed(person.fingerprint)
    assert not Subscriber.objects.exists()
    suppression_replay.reconcile()
    assert person.fingerprint in suppression_journal.read().entries


def leave_in_the_journal(person, reason="unsubscribed", at=None):
    at = at or timezone.now()
    suppression_journal.append([Entry(int(at.timestamp()), reason, person.fingerprint)])


def test_who_the_database_has_forgotten_to_have_left_goes():
    person = make_subscriber(confirmed_at=timezone.now() - timedelta(days=9))
    leave_in_the_journal(person)
    assert suppression_replay.reconcile()["taken out"] == 1
    assert suppression.reason(person.fingerprint) == "unsubscribed"
    assert suppression_replay.reconcile()["taken out"] == 0


def test_who_confirmed_since_stays_unless_they_complained():
    came_back, complained = make_subscriber(), make_subscriber()
    before = timezone.now() - timedelta(days=1)
    leave_in_the_journal(came_back, at=before)
    leave_in_the_journal(complained, "complained", at=before)
    suppression_replay.reconcile()
    assert list(Subscriber.objects.all()) == [came_back]
    assert suppression_journal.read().entries[came_back.fingerprint].reason == LIFTED


def test_who_asks_anew_and_who_waits_for_a_last_mail_stay():
    asks, leaves = make_subscriber(state="pending"), make_subscriber(state="leaving")
    for person in (asks, leaves):
        suppression.suppress(person.fingerprint, Suppression.Reason.ERASED)
    Subscriber.objects.filter(pk=asks.pk).update(asked_at=timezone.now() + timedelta(minutes=1))
    suppression_replay.reconcile()
    assert Subscriber.objects.count() == 2


def test_a_wish_of_before_the_journal_is_noted_when_it_begins_anew(journal):
    person = make_subscriber()
    signup.leave(person.fingerprint)
    journal.unlink()
    assert suppression_replay.reconcile()["noted"] == 1
    assert suppression_replay.reconcile()["noted"] == 0
