"""Days as files write them: ISO 8601, seconds since 1970, programs' own, European and American.

03/04/2023 is two days. Which one is meant is told by the other rows of the file, or by a person.
"""

import re
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

# Two digits of a year stand beside / and . alone: 23-05-04 may begin with the year.
NUMBERS = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|(?<=[/.])\d{2}(?!\d))(?:[ T,]+(\d{1,2}):(\d{2})(?::\d{2})?.*)?"
)
EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
# The names of time zones, which follow a time and its offset, or stand for one.
ZONE_NAME = re.compile(r" ?(?:UTC|GMT|Z)$|(?<=\d{4}) [A-Z]{2,5}$")
OFFSET = re.compile(r" (?=[+-]\d{2}:?\d{2}$)")
NAMED = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%d-%b-%Y", "%Y/%m/%d")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p")
# What databases write for no day at all.
NO_DAY = re.compile(r"0000-00-00|0001-01-01|1970-01-01")


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


def differs(text: str) -> bool:
    """Whether a day is another one in the other order."""
    found = NUMBERS.match(text.strip())
    return found is not None and len(orders(text)) == 2 and int(found[1]) != int(found[3])


def is_none(text: str) -> bool:
    """Whether a cell names no day."""
    return not text.strip() or NO_DAY.match(text.strip()) is not None


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
        if day := parse_date(text):
            return datetime.combine(day, time(12), tzinfo=UTC)
        found = parse_datetime(_iso(text))
    except ValueError:
        return None
    return found or _from_names(text)


def _iso(text: str) -> str:
    """Return a time that a program wrote (“2023-05-04 10:11:12.5 +0200 CEST”) as ISO 8601 has it."""
    bare = OFFSET.sub("", ZONE_NAME.sub("", text))
    return bare if bare[-6:-5] in {"+", "-"} or bare[-5:-4] in {"+", "-"} else f"{bare}Z"


def _from_numbers(found: re.Match[str], day_first: bool) -> datetime:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day, month = (first, second) if day_first else (second, first)
    hour, minute = (int(found[5]), int(found[6])) if found[5] else (12, 0)
    return datetime(year + 2000 if year < 100 else year, month, day, hour, minute, tzinfo=UTC)


def _from_names(text: str) -> datetime | None:
    for pattern in (day + clock for day in NAMED for clock in CLOCKS):
        try:
            found = datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        return found if "%M" in pattern else found.replace(hour=12)
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
