"""Daily sums: all that is kept of what was counted, and how far each log has been."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.utils import timezone

KEEP = timedelta(days=761)  # 25 months
LONGEST = 200  # characters of a name
PER_STATEMENT = 1_000  # rows; SQLite takes 32,766 values in one


class Key(NamedTuple):
    """What a sum is of."""

    day: date
    kind: str
    name: str


class DailySum(models.Model):
    """How often something happened on a day. `kind` and `name` are of kinds.py, or a page's path.

    No row says when it was changed, and its number is made of what it is a sum of: neither the order
    of rows nor that of numbers tells in which order things happened.
    """

    id = models.BigAutoField(
        primary_key=True
    )  # SQLite keeps rows by it, in no order of their coming
    day = models.DateField()
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=LONGEST)
    count = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = "number"
        verbose_name_plural = "numbers"
        indexes = [models.Index(fields=["day", "kind"], name="daily_sums")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} on {self.day}"


class LogPosition(models.Model):
    """How far a proxy's log has been counted. `beginning` is a hash of its first line."""

    beginning = models.CharField(max_length=64, primary_key=True)
    offset = models.PositiveBigIntegerField()
    ending = models.CharField("hash of what stands before the offset", max_length=64)
    day = models.DateField("the last day counted")

    def __str__(self) -> str:
        return f"{self.offset} bytes of the log {self.beginning[:8]}"


def row_id(key: Key) -> int:
    """Return the number of a sum's row: the same in every database."""
    text = f"{key.day}\n{key.kind}\n{key.name}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1


def add(sums: Mapping[Key, int]) -> None:
    """Add to the daily sums, in one statement (of 1,000 rows)."""
    keys = sorted(sums)
    with transaction.atomic():
        for start in range(0, len(keys), PER_STATEMENT):
            _add(keys[start : start + PER_STATEMENT], sums)


def _add(keys: list[Key], sums: Mapping[Key, int]) -> None:
    places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(keys))
    values: list[Any] = []
    for key in keys:
        day = connection.ops.adapt_datefield_value(key.day)
        values += [row_id(key), day, key.kind, key.name[:LONGEST], sums[key]]
    statement = (
        f"INSERT INTO analytics_dailysum (id, day, kind, name, count) VALUES {places} "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET count = analytics_dailysum.count + excluded.count"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def read(days: Iterable[date]) -> dict[Key, int]:
    """Return the sums from the first to the last of `days`."""
    span = list(days)
    rows = DailySum.objects.filter(day__gte=span[0], day__lte=span[-1])
    return {
        Key(day, kind, name): count
        for day, kind, name, count in rows.values_list("day", "kind", "name", "count")
    }


def prune() -> int:
    """Erase what is past its 25 months; return how many sums went."""
    before = timezone.now().date() - KEEP
    LogPosition.objects.filter(day__lt=before).delete()
    return DailySum.objects.filter(day__lt=before).delete()[0]
