"""The access log: reads counted from the lines of the proxy's private log, where a CDN or the proxy answers for the site.

A line has the time, the page, the outcome and one letter for the class of a visit; robots and readers who ask
not to be counted are told by that letter (deploy/). How far a log has been is remembered by its first line
and what stands before that place, so running twice counts once, also after the log has been renamed or packed.
"""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from django.db import transaction
from django.utils import timezone

from analytics import kinds, models
from analytics.models import Key, LogPosition
from analytics.visits import printable

READER = "r"
LONGEST_LINE = 4_096  # bytes; a longer one isn't ours
LINES = 500_000  # in one transaction
MAX_PAGES = 5_000  # addresses that are asked for, in one run
CHECKED = 256  # bytes before the place that must be the same the next time
NGINX = re.compile(r"(\S{1,40}) GET (/\S{0,200}) (\d{3}) \S{1,20} ([a-z])")
OK = frozenset({200, 304})
CountedAs = Callable[[str], Iterable[tuple[str, str]]]


class OtherLogError(Exception):
    """A log that begins like one that was counted, and goes on differently."""


class Line(NamedTuple):
    """A visit of a reader, as the log has it."""

    day: date
    path: str
    status: int


@dataclass
class Outcome:
    """What a run did."""

    lines: int = 0
    counted: int = 0


@dataclass
class Run:
    """One run over a log. `counted_as` returns what a read of a path is counted as; nothing where no page is."""

    counted_as: CountedAs
    pages: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    def count(self, path: Path) -> Outcome:
        """Count what is new in a log."""
        with _opened(path) as file:
            first = file.readline(LONGEST_LINE)
            if first.endswith(b"\n"):
                beginning = _hash(first)
                while self._count_some(file, beginning):
                    pass
        return self.outcome

    def _count_some(self, file: BinaryIO, beginning: str) -> bool:
        """Count so many lines. Whether there may be more."""
        new = {"offset": 0, "ending": _hash(b""), "day": timezone.now().date()}
        known, _ = LogPosition.objects.get_or_create(pk=beginning, defaults=new)
        if _hash(_before(file, known.offset)) != known.ending:
            raise OtherLogError
        file.seek(known.offset)
        visits, last, lines = self._read(file)
        place = file.tell()
        position = LogPosition(beginning, place, _hash(_before(file, place)), last)
        # Pages are asked here and not in the transaction: a request ends with its connection.
        sums, counted = self._sums(visits)
        if self._write(sums, position, known.offset):
            self.outcome.lines += lines
            self.outcome.counted += counted
        return lines == LINES

    @staticmethod
    @transaction.atomic
    def _write(sums: Counter[Key], position: LogPosition, since: int) -> bool:
        """Add to the sums and note how far that was, in one; nothing if another run was quicker."""
        known = LogPosition.objects.select_for_update().get(pk=position.pk)
        if known.offset != since:
            return False
        models.add(sums)
        position.save(force_update=True)
        return True

    def _read(self, file: BinaryIO) -> tuple[Counter[Line], date, int]:
        """Return the visits of the next lines, the day of the last, and how many lines there were."""
        today = timezone.now().date()
        visits: Counter[Line] = Counter()
        last = today
        lines = 0
        while lines < LINES:
            begun = file.tell()
            raw = file.readline(LONGEST_LINE)
            if not raw:
                break
            if not raw.endswith(b"\n"):
                if len(raw) < LONGEST_LINE:
                    file.seek(begun)  # still being written: the next run has it
                    break
                _skip_line(file)
            lines += 1
            line = parse(raw)
            if line and today - models.KEEP < line.day <= today + timedelta(days=1):
                visits[line] += 1
                last = line.day
        return visits, last, lines

    def _sums(self, visits: Counter[Line]) -> tuple[Counter[Key], int]:
        """Return the sums of visits, and how many of them were reads."""
        sums: Counter[Key] = Counter()
        missing: Counter[Key] = Counter()
        counted = 0
        for line, number in visits.items():
            if line.status == 404:
                missing[Key(line.day, kinds.MISSING, printable(line.path))] += number
            elif line.status in OK:
                keys = self._keys(line.path)
                counted += number if keys else 0
                sums.update({Key(line.day, kind, name): number for kind, name in keys})
        sums.update(_many_enough(missing))
        return sums, counted

    def _keys(self, path: str) -> list[tuple[str, str]]:
        if path not in self.pages:
            if len(self.pages) >= MAX_PAGES:
                return []
            self.pages[path] = list(self.counted_as(path))
        return self.pages[path]


def _many_enough(missing: Counter[Key]) -> Counter[Key]:
    """Return the missing addresses that enough asked for, and so many at most."""
    found = [
        (key, number)
        for key, number in missing.most_common(kinds.MAX_MISSING_KEPT)
        if number >= kinds.MISSING_AFTER
    ]
    return Counter(dict(found))


def parse(raw: bytes) -> Line | None:
    """Return a line of nginx or Caddy, if it is a reader's GET."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        return _of_caddy(text) if text.startswith("{") else _of_nginx(text)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None


def _of_nginx(text: str) -> Line | None:
    match = NGINX.fullmatch(text)
    if not match or match[4] != READER:
        return None
    return Line(_day(datetime.fromisoformat(match[1])), match[2], int(match[3]))


def _of_caddy(text: str) -> Line | None:
    data = json.loads(text)
    request = data["request"]
    if data["user_id"] != READER or request["method"] != "GET":
        return None
    moment = datetime.fromtimestamp(float(data["ts"]), tz=UTC)
    return Line(moment.date(), str(request["uri"])[:200], int(data["status"]))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _before(file: BinaryIO, place: int) -> bytes:
    start = max(0, place - CHECKED)
    file.seek(start)
    return file.read(place - start)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
