"""Which promises stand just now, and when that changes by the clock alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from operations import verdicts
from operations.doctor.findings import FAIL, OK
from operations.promises.catalogue import Promise, catalogue
from operations.promises.named_tests import is_there

VERDICT_GOOD_FOR = timedelta(hours=48)


@dataclass(frozen=True)
class Standing:
    """A promise as it is printed."""

    id: str
    group: str
    says: str
    check: str


def standing(now: datetime | None = None) -> list[Standing]:
    """Return the promises that hold, in the words of today."""
    now = now or timezone.now()
    return [_printed(promise) for promise in catalogue() if holds(promise, now)]


def holds(promise: Promise, now: datetime) -> bool:
    """Whether all that a promise stands on is there."""
    return (
        all(is_there(test) for test in promise.tests)
        and doctor_agrees(promise.doctor, now)
        and (not promise.day or _is_recent(_day(promise), promise.good_for, now))
    )


def doctor_agrees(looks: tuple[str, ...], now: datetime) -> bool:
    """Whether doctor has looked lately, and found each of `looks` good."""
    if not looks:
        return True
    at, found = _verdict()
    if at is None or not timedelta(0) <= now - at < VERDICT_GOOD_FOR:
        return False
    return all(OK in found.get(look, ()) and FAIL not in found[look] for look in looks)


def next_change() -> datetime | None:
    """Return when a promise next stops to hold because time has passed."""
    now = timezone.now()
    return min((moment for moment in _ends() if moment > now), default=None)


def _ends() -> Iterator[datetime]:
    at, _ = _verdict()
    if at:
        yield at + VERDICT_GOOD_FOR
    for promise in catalogue():
        day = _day(promise)
        if day:
            yield _end_of(day, promise.good_for)


def _verdict() -> tuple[datetime | None, dict[str, set[str]]]:
    """Return when doctor last looked, and what it found of each thing."""
    latest = verdicts.latest("doctor")
    found: dict[str, set[str]] = {}
    try:
        for finding in latest["findings"]:
            found.setdefault(finding["check"], set()).add(finding["status"])
        at = datetime.fromisoformat(latest["at"])
    except (KeyError, TypeError, ValueError):
        return None, {}
    return at if at.tzinfo else at.replace(tzinfo=UTC), found


def _day(promise: Promise) -> date | None:
    said = getattr(settings, promise.day) if promise.day else ""
    return date.fromisoformat(said) if said else None


def _end_of(day: date, good_for: timedelta) -> datetime:
    return datetime.combine(day, time(), UTC) + good_for


def _is_recent(day: date | None, good_for: timedelta, now: datetime) -> bool:
    return day is not None and now < _end_of(day, good_for)


def _printed(promise: Promise) -> Standing:
    day = _day(promise)
    says = promise.says.replace("{backup_days}", str(settings.BACKUP_DAYS))
    if day:
        says = says.replace("{day}", date_format(day, "j F Y"))
    return Standing(promise.id, promise.group, says, promise.check)
