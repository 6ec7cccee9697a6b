"""People brought in from a file: who agreed elsewhere, one a line. Nothing is mailed to them by it.

The rules are those of the form: an address is normalised, whoever must not be written to is left out. So is who is on the list
already, whatever state they are in. A line that can't be read stops the whole file, which names it; then nothing is kept.

Between the look and the word to go on, the file is kept nowhere: signed and packed, it travels in the page itself. No
disk, no cache and no other worker ever holds it.
"""

from collections import Counter
from datetime import UTC, datetime, time
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from import_export import resources
from import_export.tmp_storages import BaseStorage
from tablib import Dataset  # type: ignore[attr-defined]

from newsletter import addresses, hashing
from newsletter.models import Subscriber, Suppression

WITHIN = 3600  # seconds from the look to the word
LONGEST = (
    400_000  # characters, packed: the most that comes back with a form (about 8,000 addresses)
)
BATCH = 500
SHOWN = 5

IN_FILE = "stands in the file more than once"
KNOWN = "on the list already"
SUPPRESSED = "must not be written to: left, returned or complained"
BLOCKED = "at a blocked domain"


class TooLong(ValueError):  # noqa: N818  said to who uploads
    """The file doesn't fit into a page."""


def pack(data: bytes) -> str:
    """Return a file signed and packed. Raises TooLong, or UnicodeDecodeError when it isn't text."""
    packed = signing.TimestampSigner(salt="newsletter.import").sign_object(
        data.decode("utf-8-sig"), compress=True
    )
    if len(packed) > LONGEST:
        raise TooLong
    return packed


def unpack(packed: str) -> str:
    """Return the file's text. Raises BadSignature when it isn't ours, or was packed more than an hour ago."""
    text: str = signing.TimestampSigner(salt="newsletter.import").unsign_object(
        packed, max_age=WITHIN
    )
    return text


class InThePage(BaseStorage):  # type: ignore[misc]
    """What import-export takes for a file's place until the import is confirmed: its name is the file."""

    def save(self, data: bytes) -> None:
        self.name = pack(data)

    def read(self) -> str:
        return unpack(str(self.name))

    def remove(self) -> None:
        """Nothing is kept, so there is nothing to remove."""


class PeopleToAdd(resources.ModelResource):  # type: ignore[misc]
    """The lines of a file as people who have agreed elsewhere. `left_out` counts why lines were left out."""

    class Meta:
        model = Subscriber
        fields = ("address", "asked_at")
        import_id_fields = ()
        use_bulk = True
        batch_size = BATCH
        skip_diff = True
        clean_model_instances = False

    def __init__(
        self, basis: str = "", address_column: str = "address", day_column: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self.basis, self.address_column, self.day_column = basis, address_column, day_column
        self.left_out: Counter[str] = Counter()
        self.known: set[str] = set()
        self.suppressed: set[str] = set()
        self.read: set[str] = set()
        self.first: list[Subscriber] = []  # the first few that come in, for a person to look at

    def before_import(self, dataset: Dataset, **options: Any) -> None:
        """Find the columns, and whom of the file we know, in a few queries."""
        headers = {(header or "").strip().casefold(): header for header in dataset.headers or []}
        for name in ("address_column", "day_column"):
            asked = getattr(self, name).strip()
            if asked and asked.casefold() not in headers:
                there = "”, “".join(str(header) for header in headers.values())
                raise ValidationError(
                    f"There is no column “{asked}”. The first line names these: “{there}”."
                )
            setattr(self, name, headers.get(asked.casefold(), ""))
        hashes = [found for text in dataset[self.address_column] if (found := _fingerprint(text))]
        for start in range(0, len(hashes), BATCH):
            some = hashes[start : start + BATCH]
            self.known |= set(
                Subscriber.objects.filter(fingerprint__in=some).values_list(
                    "fingerprint", flat=True
                )
            )
            refused = Suppression.objects.filter(fingerprint__in=some)
            self.suppressed |= set(refused.values_list("fingerprint", flat=True))

    def get_or_init_instance(self, loader: object, row: dict[str, Any]) -> tuple[Subscriber, bool]:
        """Make a person of a line. Raises ValidationError, which names it."""
        try:
            address = addresses.normalise(str(row[self.address_column] or ""))
        except addresses.AddressError:
            raise ValidationError(
                "That isn’t an address: it should look like name@example.org."
            ) from None
        person = Subscriber(
            address=address, fingerprint=hashing.fingerprint(address), wants_letters=True
        )
        person.state, person.basis = Subscriber.State.CONFIRMED, self.basis
        # They confirmed to others, when they agreed; with us there is no second word.
        person.asked_at = (
            _day(str(row[self.day_column] or "")) if self.day_column else timezone.now()
        )
        person.confirmed_at = person.asked_at
        return person, True

    def import_instance(self, instance: Subscriber, row: dict[str, Any], **options: Any) -> None:
        """Nothing is left to read."""

    def skip_row(
        self, instance: Subscriber, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Leave out whom we know, must not write to, or have read before."""
        print_ = instance.fingerprint
        reasons = {
            SUPPRESSED: print_ in self.suppressed,
            BLOCKED: addresses.is_blocked(instance.address),
            KNOWN: print_ in self.known,
            IN_FILE: print_ in self.read,
        }
        self.read.add(print_)
        reason = next((reason for reason, holds in reasons.items() if holds), None)
        if reason:
            self.left_out[reason] += 1
        elif len(self.first) < SHOWN:
            self.first.append(instance)
        return reason is not None

    def after_import(self, dataset: Dataset, result: Any, **options: Any) -> None:
        """Hand on what was counted."""
        super().after_import(dataset, result, **options)
        result.left_out, result.first, result.basis = dict(self.left_out), self.first, self.basis


def _fingerprint(text: object) -> str | None:
    try:
        return hashing.fingerprint(addresses.normalise(str(text or "")))
    except addresses.AddressError:
        return None


def _day(text: str) -> datetime:
    """Return the moment that a line gives for its consent: a day or a time of ISO 8601, in the past."""
    try:
        moment, day = parse_datetime(text.strip()), parse_date(text.strip())
    except ValueError:
        moment = day = None
    if day:
        moment = datetime.combine(day, time(12), tzinfo=UTC)
    if moment is None:
        raise ValidationError(f"“{text}” isn’t a day we can read. Write it as 2026-05-03.")
    moment = moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    if moment > timezone.now() and moment.date() > timezone.localdate():
        raise ValidationError(f"“{text}” hasn’t come yet.")
    return min(moment, timezone.now())
