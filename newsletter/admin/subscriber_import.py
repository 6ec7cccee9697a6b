"""Subscriber import: people who agreed elsewhere, brought in from a CSV file, one a line.

Nothing is mailed to them by it. The rules are those of the form: an address is normalised, whoever
must not be written to is skipped. So is who is on the list already, whatever state they are in. A
line that can't be read stops the whole file, and is named; then nothing is saved.

Between the preview and its confirmation the file is kept nowhere: signed and packed, it travels in
the page itself. No disk, no cache and no other worker ever holds it.
"""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, time
from typing import NamedTuple

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from newsletter import addresses, hashing
from newsletter.models import Subscriber, Suppression

MAX_AGE = 3600  # seconds from the preview to its confirmation
# Characters, packed: the most that comes back with a form (about 8,000 addresses).
MAX_PACKED = 400_000
BATCH = 500
PREVIEWED = 5

REPEATED = "stands in the file more than once"
KNOWN = "on the list already"
SUPPRESSED = "must not be written to: left, returned or complained"
BLOCKED = "at a blocked domain"


class FileTooLong(ValueError):  # noqa: N818  said to who uploads
    """The file doesn't fit into a page."""


class UnreadableFile(ValueError):  # noqa: N818  said to who uploads
    """The file as a whole can't be read; the message says why."""


class InvalidLine(ValueError):  # noqa: N818  said to who uploads
    """A line can't be read; the message says why."""


class LineError(NamedTuple):
    """A line that can't be read: its number below the columns' names, and why."""

    number: int
    message: str


class SignedFormStorage:
    """An uploaded file as a form field: signed, packed, good for an hour, and kept nowhere else."""

    _signer = signing.TimestampSigner(salt="newsletter.import")

    @classmethod
    def pack(cls, data: bytes) -> str:
        """Return a file signed and packed. Raises FileTooLong, or UnicodeDecodeError."""
        packed: str = cls._signer.sign_object(data.decode("utf-8-sig"), compress=True)
        if len(packed) > MAX_PACKED:
            raise FileTooLong
        return packed

    @classmethod
    def unpack(cls, packed: str) -> str:
        """Return the file's text. Raises BadSignature when it isn't ours, or older than an hour."""
        text: str = cls._signer.unsign_object(packed, max_age=MAX_AGE)
        return text


class SubscriberImport:
    """The lines of a file, sorted into people to add, people to skip, and errors."""

    def __init__(
        self, text: str, *, basis: str, address_column: str = "address", day_column: str = ""
    ) -> None:
        """Read the file. Raises UnreadableFile."""
        self.basis = basis
        self.new: list[Subscriber] = []
        self.errors: list[LineError] = []
        people = self._people(_lines(text, address_column, day_column))
        # A dict: a template would find no key of a Counter missing, not even "items".
        self.skipped = dict(self._sort(people))

    @property
    def preview(self) -> list[Subscriber]:
        """The first few that come in, for a person to look at."""
        return self.new[:PREVIEWED]

    @transaction.atomic
    def save(self) -> None:
        """Add the new people, all or none. Raises IntegrityError if one has just signed up."""
        Subscriber.objects.bulk_create(self.new, batch_size=BATCH)

    def _people(self, lines: "list[Line]") -> list[Subscriber]:
        """Return a person a line; lines that can't be read become errors."""
        people = []
        for number, line in enumerate(lines, start=1):
            try:
                people.append(self._person(line))
            except InvalidLine as error:
                self.errors.append(LineError(number, str(error)))
        return people

    def _person(self, line: "Line") -> Subscriber:
        if line.is_too_long:
            raise InvalidLine("It has more cells than the first line has names.")
        try:
            address = addresses.normalise(line.address)
        except addresses.AddressError:
            raise InvalidLine(
                "That isn’t an address: it should look like name@example.org."
            ) from None
        # They confirmed to others, when they agreed; with us there is no second word.
        agreed_at = timezone.now() if line.day is None else _moment(line.day)
        return Subscriber(
            address=address,
            fingerprint=hashing.fingerprint(address),
            state=Subscriber.State.CONFIRMED,
            wants_letters=True,
            basis=self.basis,
            asked_at=agreed_at,
            confirmed_at=agreed_at,
        )

    def _sort(self, people: list[Subscriber]) -> Counter[str]:
        """Skip whom we know, must not write to, or have read before; return how many, by reason."""
        skipped: Counter[str] = Counter()
        known, suppressed = _look_up([person.fingerprint for person in people])
        seen: set[str] = set()
        for person in people:
            fingerprint = person.fingerprint
            if fingerprint in suppressed:
                skipped[SUPPRESSED] += 1
            elif addresses.is_blocked(person.address):
                skipped[BLOCKED] += 1
            elif fingerprint in known:
                skipped[KNOWN] += 1
            elif fingerprint in seen:
                skipped[REPEATED] += 1
            else:
                self.new.append(person)
            seen.add(fingerprint)
        return skipped


class Line(NamedTuple):
    """The cells of a line that are read. Without a day column there is no day."""

    address: str
    day: str | None
    is_too_long: bool


def _lines(text: str, address_column: str, day_column: str) -> list[Line]:
    """Return the lines below the columns' names. Raises UnreadableFile."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        headings = list(reader.fieldnames or [])
        address = _find_column(headings, address_column)
        day = _find_column(headings, day_column) if day_column.strip() else None
        lines = []
        for row in reader:
            cell = (row[day] or "") if day is not None else None
            lines.append(Line(row[address] or "", cell, is_too_long=None in row))
    except csv.Error:
        raise UnreadableFile("This file isn’t CSV that we can read.") from None
    if not lines:
        raise UnreadableFile("No valid data to import. Below the columns’ names nothing stands.")
    return lines


def _find_column(headings: list[str], name: str) -> str:
    """Return the heading that is meant by a name, whatever its capitals."""
    for heading in headings:
        if heading.strip().casefold() == name.strip().casefold():
            return heading
    there = "”, “".join(headings)
    raise UnreadableFile(
        f"There is no column “{name.strip()}”. The first line names these: “{there}”."
    )


def _look_up(fingerprints: list[str]) -> tuple[set[str], set[str]]:
    """Return which of them are on the list, and which must not be written to."""
    known: set[str] = set()
    suppressed: set[str] = set()
    for start in range(0, len(fingerprints), BATCH):
        batch = fingerprints[start : start + BATCH]
        for model, result in ((Subscriber, known), (Suppression, suppressed)):
            rows = model._default_manager.filter(fingerprint__in=batch)
            result.update(rows.values_list("fingerprint", flat=True))
    return known, suppressed


def _moment(text: str) -> datetime:
    """Return the moment of a consent: a day or a time of ISO 8601, in the past."""
    text = text.strip()
    try:
        moment, day = parse_datetime(text), parse_date(text)
    except ValueError:
        moment = day = None
    if day:
        moment = datetime.combine(day, time(12), tzinfo=UTC)
    if moment is None:
        raise InvalidLine(f"“{text}” isn’t a day we can read. Write it as 2026-05-03.")
    moment = moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    if moment > timezone.now() and moment.date() > timezone.localdate():
        raise InvalidLine(f"“{text}” hasn’t come yet.")
    return min(moment, timezone.now())
