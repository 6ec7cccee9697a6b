"""The suppression list and its journal brought to one state: after a restore, and before a backup.

Either may know more. A database that was restored has forgotten who left after its backup; a
journal misses what was committed while it couldn't be written. Harmless to repeat.
"""

import time
from datetime import UTC, datetime
from datetime import time as clock

from django.db import transaction
from django.utils import timezone

from newsletter import suppression, suppression_journal
from newsletter.models import Subscriber, Suppression
from newsletter.suppression_journal import LIFTED, MOVED, Entry, Journal

KNOWN = {reason.value: reason for reason in Suppression.Reason}


def reconcile() -> dict[str, int]:
    """Bring both to one state. Return how many were taken out, and how many entries were noted."""
    noted = note_rows()
    journal = suppression_journal.read()
    taken_out = sum(_replay(entry) for entry in journal.suppressed())
    return {"taken out": taken_out, "noted": noted, "torn lines": journal.torn}


def note_rows() -> int:
    """Append to the journal what the database knows and the journal doesn't; return how many."""
    journal = suppression_journal.read()
    missing = _missing(journal)
    if missing or journal.begun is None:
        suppression_journal.append(missing)
    return len(missing)


def _missing(journal: Journal) -> list[Entry]:
    begun = journal.begun or int(time.time())
    since = datetime.fromtimestamp(begun, UTC).date()
    rows = Suppression.objects.filter(since__gte=since).iterator()
    return [_entry(row) for row in rows if row.fingerprint not in journal.entries]


def _entry(row: Suppression) -> Entry:
    """Return a row as an entry of the end of its day, for the row knows no time."""
    end = datetime.combine(row.since, clock.max, UTC)
    return Entry(int(min(end, timezone.now()).timestamp()), row.reason, row.fingerprint)


@transaction.atomic
def _replay(entry: Entry) -> bool:
    """Take somebody out who left, unless they came back; return whether that changed anything."""
    row = Suppression.objects.filter(fingerprint=entry.fingerprint).first()
    person = Subscriber.objects.filter(fingerprint=entry.fingerprint).first()
    if entry.reason == MOVED:
        return person is not None and _forget_moved(entry, person)
    reason = KNOWN.get(entry.reason)
    if reason is None or (row and not person):
        return False
    if person and reason in suppression.LIFTED and _came_back(person, entry):
        suppression_journal.note(entry.fingerprint, LIFTED)
        return False
    if person and _is_of_now(person, row, entry):
        return False
    suppression.forget(entry.fingerprint, reason)
    return True


def _forget_moved(entry: Entry, person: Subscriber) -> bool:
    if _came_back(person, entry) or _is_of_now(person, None, entry):
        return False
    person.delete()
    return True


def _came_back(person: Subscriber, entry: Entry) -> bool:
    """Whether somebody confirmed after they had left."""
    return person.confirmed_at is not None and person.confirmed_at.timestamp() > entry.at


def _is_of_now(person: Subscriber, row: Suppression | None, entry: Entry) -> bool:
    """Whether a row is younger than the leaving: its last mail waits, or its person asks anew."""
    has_asked = person.state == Subscriber.State.PENDING and person.asked_at.timestamp() > entry.at
    return has_asked or (row is not None and person.state == Subscriber.State.LEAVING)
