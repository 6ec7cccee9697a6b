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
    """The subscribers of a queryset as rows of words, in the order of HEADINGS."""

    def __init__(self, subscribers: QuerySet[Subscriber]) -> None:
        self.subscribers = subscribers
        # What is kept by hash, in two queries.
        self.bounces: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for fingerprint, kind in Bounce.objects.values_list("fingerprint", "kind"):
            self.bounces[fingerprint][Bounce.Kind(kind).label] += 1
        self.suppressed = dict(Suppression.objects.values_list("fingerprint", "reason"))

    def rows(self) -> Iterator[Row]:
        """Yield a row a person."""
        for person in self.subscribers.iterator(chunk_size=CHUNK):
            yield (
                person.address,
                person.get_state_display(),
                "yes" if person.wants_letters else "no",
                _time(person.asked_at),
                _time(person.confirmed_at),
                person.wording,
                person.basis,
                _time(person.guide_sent_at),
                _time(person.paused_until),
                _time(person.returned_at),
                self._bounces(person),
                self._suppression(person),
            )

    def as_csv(self) -> str:
        """Return the rows as CSV, in which nothing begins like a formula."""
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for row in self.rows():
            writer.writerow(map(_as_text, row))
        return file.getvalue()

    def as_json(self) -> str:
        """Return the rows as a JSON list of objects."""
        people = [dict(zip(HEADINGS, row, strict=True)) for row in self.rows()]
        return json.dumps(people, ensure_ascii=False, indent=2)

    def _bounces(self, person: Subscriber) -> str:
        counts = sorted(self.bounces.get(person.fingerprint, {}).items())
        return ", ".join(f"{number} × {kind}" for kind, number in counts)

    def _suppression(self, person: Subscriber) -> str:
        reason = self.suppressed.get(person.fingerprint)
        return str(Suppression.Reason(reason).label) if reason else ""


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _as_text(value: str) -> str:
    """Return a cell that a spreadsheet takes for words, by an apostrophe before it."""
    return f"'{value}" if value.lstrip(BEFORE).startswith(FORMULA) else value
