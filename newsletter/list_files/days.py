"""Days as files write them: ISO 8601, seconds since 1970, European and American.

03/04/2023 is two days. Which one is meant is told by the other rows of the file, or by a person.
"""

import re
from datetime import UTC, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::\d{2})?.*)?")
EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
NAMED = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%Y/%m/%d", "%Y/%m/%d %H:%M")


class UnreadableDay(ValueError):  # noqa: N818  said to who uploads
    """That is no day we can read; the message says what to do."""


def orders(text: str) -> set[bool]:
    """Return which orders a day can be read in: True is the day first, False the month."""
    found = NUMBERS.match(text.strip())
    if not found:
        return {True, False}
    if found[2] == ".":
        return {True}
    first, second = int(found[1]), int(found[3])
    return {order for order, month in ((True, second), (False, first)) if month <= 12}


def moment(text: str, *, day_first: bool) -> datetime:
    """Return the moment that a cell names, in the past. Raises UnreadableDay."""
    found = _read(text.strip(), day_first)
    if found is None:
        raise UnreadableDay(f"“{text[:40]}” isn’t a day we can read. Write it as 2026-05-03.")
    found = found if timezone.is_aware(found) else found.replace(tzinfo=UTC)
    if found > timezone.now() and found.date() > timezone.localdate():
        raise UnreadableDay(f"“{text[:40]}” hasn’t come yet.")
    return min(found, timezone.now())


def _read(text: str, day_first: bool) -> datetime | None:
    if EPOCH.fullmatch(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    numbers = NUMBERS.fullmatch(text)
    try:
        if numbers:
            return _from_numbers(numbers, day_first or numbers[2] == ".")
        iso = re.sub(r" ?(UTC|GMT)$", "Z", text)
        found, day = parse_datetime(iso), parse_date(text)
    except ValueError:
        return None
    if found:
        return found
    return datetime.combine(day, time(12), tzinfo=UTC) if day else _from_names(text)


def _from_numbers(found: re.Match[str], day_first: bool) -> datetime:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day, month = (first, second) if day_first else (second, first)
    hour, minute = (int(found[5]), int(found[6])) if found[5] else (12, 0)
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _from_names(text: str) -> datetime | None:
    for pattern in NAMED:
        try:
            return datetime.strptime(text, pattern).replace(hour=12, tzinfo=UTC)
        except ValueError:
            continue
    return None
