"""Import: what becomes of each row of a file, and how people and suppressions come in, in batches.

Nothing is mailed to anybody by it. The rules are those of the form: an address is normalised,
whoever must not be written to is left out, and so is who is on the list already. Who left elsewhere
leaves here too, unless they asked us themselves. A row that can't be read is listed, and holds
nobody else up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils import timezone

from newsletter import addresses, hashing, suppression
from newsletter.list_files import days, services
from newsletter.list_files.services import Reading, Standing
from newsletter.list_files.table import Row
from newsletter.models import Subscriber, Suppression

State = Subscriber.State
Reason = Suppression.Reason
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Outcome(TextChoices):
    """What becomes of a row."""

    NEW = "new", "come in"
    SUPPRESSED = "suppressed", "are noted as not to be written to"
    PENDING = "pending", "left out: they never confirmed there"
    KNOWN = "known", "left out: on the list already"
    STAYS = "stays", "left there, and stay here: they asked us themselves"
    REFUSED = "refused", "left out: must not be written to (left, returned or complained)"
    BLOCKED = "blocked", "left out: at a blocked domain"
    REPEATED = "repeated", "left out: in the file more than once"
    UNREADABLE = "unreadable", "can’t be read"


REASONS = {
    Standing.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
    Standing.BOUNCED: Reason.BOUNCED,
    Standing.COMPLAINED: Reason.COMPLAINED,
}
# The states in our own export, and the reasons, by the words it writes.
OUR_STATES = {state.label.lower(): state for state in State}
OUR_REASONS = {reason.label.lower(): reason for reason in Reason}


class InvalidRow(ValueError):  # noqa: N818  said to who uploads
    """A row can't be read; the message says why."""


class Told(NamedTuple):
    """What became of one row."""

    outcome: Outcome
    row: Row
    message: str = ""


class Entry(NamedTuple):
    """A row, read: a person to bring in, or a reason not to write to them."""

    person: Subscriber
    reason: Suppression.Reason | None = None
    is_pending: bool = False


@dataclass
class Options:
    """What a person said of a file."""

    basis: str
    reading: Reading
    day_first: bool = True
    reason: Suppression.Reason | None = (
        None  # everybody in the file is not to be written to, for this
    )


@dataclass
class Sorted:
    """A batch of rows, sorted."""

    told: list[Told] = field(default_factory=list)
    new: list[Subscriber] = field(default_factory=list)
    suppress: dict[str, Suppression.Reason] = field(default_factory=dict)
    forget: list[str] = field(default_factory=list)  # on the list by a file, and left elsewhere


def sort(rows: list[Row], options: Options, seen: set[str]) -> Sorted:
    """Sort a batch of rows. `seen` are the fingerprints of the file so far, and grows."""
    found = Sorted()
    entries: list[tuple[Row, Entry]] = []
    for row in rows:
        try:
            entries.append((row, _entry(row, options)))
        except InvalidRow as error:
            found.told.append(Told(Outcome.UNREADABLE, row, str(error)))
    fingerprints = [entry.person.fingerprint for _, entry in entries]
    people = Subscriber.objects.filter(fingerprint__in=fingerprints)
    known = {person.fingerprint: person for person in people}
    suppressed = set(
        Suppression.objects.filter(fingerprint__in=fingerprints).values_list(
            "fingerprint", flat=True
        )
    )
    for row, entry in entries:
        outcome = _outcome(entry, known.get(entry.person.fingerprint), suppressed, seen)
        _put(found, entry, outcome, known)
        found.told.append(Told(outcome, row))
        seen.add(entry.person.fingerprint)
    return found


def _outcome(
    entry: Entry, known: Subscriber | None, suppressed: set[str], seen: set[str]
) -> Outcome:
    fingerprint = entry.person.fingerprint
    if entry.reason:
        if known and not known.basis and entry.reason != Reason.COMPLAINED:
            return Outcome.STAYS
        return Outcome.REFUSED if fingerprint in suppressed else Outcome.SUPPRESSED
    tests: list[tuple[Callable[[], bool], Outcome]] = [
        (lambda: entry.is_pending, Outcome.PENDING),
        (lambda: fingerprint in suppressed, Outcome.REFUSED),
        (lambda: addresses.is_blocked(entry.person.address), Outcome.BLOCKED),
        (lambda: known is not None, Outcome.KNOWN),
        (lambda: fingerprint in seen, Outcome.REPEATED),
    ]
    return next((outcome for test, outcome in tests if test()), Outcome.NEW)


def _put(found: Sorted, entry: Entry, outcome: Outcome, known: dict[str, Subscriber]) -> None:
    fingerprint = entry.person.fingerprint
    if outcome == Outcome.NEW:
        found.new.append(entry.person)
    elif outcome == Outcome.SUPPRESSED and entry.reason:
        found.suppress[fingerprint] = entry.reason
        found.new = [person for person in found.new if person.fingerprint != fingerprint]
        if fingerprint in known:
            found.forget.append(fingerprint)


def bring_in(found: Sorted) -> None:
    """Write a sorted batch, in the caller's transaction."""
    Subscriber.objects.bulk_create(found.new, ignore_conflicts=True)
    suppression.suppress_all(found.suppress)
    if found.forget:
        Subscriber.objects.filter(fingerprint__in=found.forget).delete()


def _entry(row: Row, options: Options) -> Entry:
    if row.problem:
        raise InvalidRow(row.problem)
    cells = {name: _without_apostrophe(cell) for name, cell in row.cells.items()}
    try:
        address = addresses.normalise(cells.get(options.reading.address, ""))
    except addresses.AddressError:
        raise InvalidRow("That isn’t an address: it should look like name@example.org.") from None
    person = Subscriber(address=address, fingerprint=hashing.fingerprint(address))
    if options.reading.service == services.OURS:
        return _our_entry(person, cells)
    standing = options.reading.standing(cells)
    reason = REASONS.get(standing)
    if reason or options.reason:
        return Entry(person, reason or options.reason)
    if standing is Standing.UNKNOWN:
        words = ", ".join(filter(None, (cells.get(name, "") for name in options.reading.states)))
        raise InvalidRow(f"“{words[:40]}” is no state we know, so nobody is brought in by it.")
    asked = _day(cells.get(options.reading.day, ""), options)
    # They confirmed to others, when they agreed; with us there is no second word.
    person.state, person.wants_letters = State.CONFIRMED, True
    person.basis, person.asked_at, person.confirmed_at = options.basis, asked, asked
    return Entry(person, is_pending=standing is Standing.PENDING)


def _our_entry(person: Subscriber, cells: dict[str, str]) -> Entry:
    """Read a row of our own export, so that nothing of it is lost."""
    must_not = cells.get("must not be written to", "")
    state = OUR_STATES.get(cells.get("status", "").lower())
    if must_not or state == State.LEAVING:
        return Entry(person, OUR_REASONS.get(must_not.lower(), Reason.UNSUBSCRIBED))
    if state is None:
        raise InvalidRow(f"“{cells.get('status', '')[:40]}” is no state we know.")
    person.state = state
    person.wants_letters = cells.get("wants the letters", "") == "yes"
    person.wording = cells.get("wording agreed to", "")[:20]
    person.basis = cells.get("consent given elsewhere", "")[:200]
    person.letters_agreed_at = _our_time(cells, "agreed to the letters")
    person.asked_at = _our_time(cells, "asked") or timezone.now()
    person.confirmed_at = _our_time(cells, "confirmed")
    person.guide_sent_at = _our_time(cells, "guide sent")
    person.returned_at = _our_time(cells, "mail came back")
    person.paused_until = _our_time(cells, "paused until")
    return Entry(person)


def _our_time(cells: dict[str, str], name: str) -> datetime | None:
    text = cells.get(name, "")
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidRow(f"“{text[:40]}” isn’t a time of ours.") from None


def _day(text: str, options: Options) -> datetime:
    if days.is_none(text) or services.is_switch(text):
        return timezone.now()
    try:
        return days.moment(text, day_first=options.day_first)
    except days.UnreadableDay as error:
        raise InvalidRow(str(error)) from None


def _without_apostrophe(cell: str) -> str:
    """Return a cell as it was before an export kept a spreadsheet from taking it for a formula."""
    is_guarded = cell[:1] == "'" and cell[1:].lstrip(" \n\v\f\0").startswith(FORMULA)
    return cell[1:] if is_guarded else cell


def counts(found: Sorted) -> dict[str, Any]:
    """Return how many rows of a batch became what."""
    numbers: dict[str, Any] = {}
    for told in found.told:
        numbers[told.outcome.value] = numbers.get(told.outcome.value, 0) + 1
    return numbers
