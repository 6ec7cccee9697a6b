"""Subscriber export: the list as a file, CSV or JSON.

Who, since when, on what basis, and how their mail fares, in one place; everything but the codes.
"""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from newsletter.models import Bounce, Subscriber, Suppression

CHUNK = 1000
# Beginnings that a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BEFORE = " \n\v\f\0"  # what spreadsheets pass over before one
Row = tuple[str, ...]


HEADINGS = (
    "address",
    "status",
    "wants the letters",
    "agreed to the letters",
    "asked",
    "confirmed",
    "wording agreed to",
    "consent given elsewhere",
    "guide sent",
    "paused until",
    "mail came back",
    "returned mail",
    "must not be written to",
)


class SubscriberExport:
    """The subscribers of a queryset as rows of words, in the order of HEADINGS.

    Read a chunk at a time by their keys: neither the list nor the file is ever in memory, and no
    chunk's reading lasts.
    """

    def __init__(self, subscribers: QuerySet[Subscriber]) -> None:
        self.subscribers = subscribers.order_by("pk")

    def rows(self) -> Iterator[Row]:
        """Yield a row a person."""
        last = 0
        while people := list(self.subscribers.filter(pk__gt=last)[:CHUNK]):
            last = people[-1].pk
            fingerprints = [person.fingerprint for person in people]
            found = Bounce.objects.filter(fingerprint__in=fingerprints)
            bounces: defaultdict[str, Counter[str]] = defaultdict(Counter)
            for fingerprint, kind in found.values_list("fingerprint", "kind"):
                bounces[fingerprint][Bounce.Kind(kind).label] += 1
            refused = Suppression.objects.filter(fingerprint__in=fingerprints)
            reasons = dict(refused.values_list("fingerprint", "reason"))
            for person in people:
                reason = reasons.get(person.fingerprint)
                yield _row(person, bounces[person.fingerprint], reason)

    def as_csv(self) -> Iterator[str]:
        """Yield the rows as CSV, in which nothing begins like a formula."""
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number, row in enumerate(self.rows()):
            writer.writerow(map(_as_text, row))
            if number % CHUNK == CHUNK - 1:
                yield file.getvalue()
                file.seek(0)
                file.truncate()
        yield file.getvalue()

    def as_json(self) -> Iterator[str]:
        """Yield the rows as a JSON list of objects."""
        between = "[\n"
        for row in self.rows():
            person = dict(zip(HEADINGS, row, strict=True))
            yield between + json.dumps(person, ensure_ascii=False)
            between = ",\n"
        yield "\n]\n" if between == ",\n" else "[]\n"


def _row(person: Subscriber, bounces: Counter[str], reason: str | None) -> Row:
    counts = [f"{number} × {kind}" for kind, number in sorted(bounces.items())]
    return (
        person.address,
        person.get_state_display(),
        "yes" if person.wants_letters else "no",
        _time(person.letters_agreed_at),
        _time(person.asked_at),
        _time(person.confirmed_at),
        person.wording,
        person.basis,
        _time(person.guide_sent_at),
        _time(person.paused_until),
        _time(person.returned_at),
        ", ".join(counts),
        str(Suppression.Reason(reason).label) if reason else "",
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _as_text(value: str) -> str:
    """Return a cell that a spreadsheet takes for words, by an apostrophe before it."""
    return f"'{value}" if value.lstrip(BEFORE).startswith(FORMULA) else value
