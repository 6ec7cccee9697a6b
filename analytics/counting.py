"""Counting: sums in this process's memory, added to the database every few seconds in one statement.

A process that is killed loses some seconds of counts, and what waited for company (kinds.POOLED,
kinds.MISSING). One that is stopped leaves what belongs to a day that isn't over in a file, for the
next to take: those sums are written once a day, whatever is restarted.
"""

import json
import logging
import os
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Event, Lock, Thread

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from analytics import kinds, models
from analytics.models import Key

EVERY = 5.0  # seconds between two times of writing
MAX_KEYS = 20_000  # sums that wait for a database that is away
FOLDER = "daily-sums"

logger = logging.getLogger(__name__)
Counts = Counter[tuple[str, str]]


class Counting:
    """What one process has counted and not yet written. Safe to use from several threads."""

    def __init__(self) -> None:
        self.lock = Lock()  # of `counts`, held for a moment
        self.writing = Lock()  # of all the rest
        self.counts: Counts = Counter()  # since the last tick
        self.waiting: Counter[Key] = Counter()  # to be written, now or when their day is over
        self.pools: dict[str, Counts] = {}
        self.missing: Counter[str] = Counter()
        self.missing_kept: set[str] = set()
        self.day: date | None = None
        self.turn = 0  # how often it was written
        self.stopping = Event()

    def add(self, kind: str, name: str) -> None:
        """Count one."""
        if settings.COUNT_VISITS == "off":
            return
        with self.lock:
            self.counts[kind, name] += 1

    # -- writing -----------------------------------------------------------------------------------
    def tick(self) -> None:
        """Take up what was counted, and write what may be written. A database that is away gets it later."""
        with self.writing:
            self._tick()

    def _tick(self) -> None:
        self.turn += 1
        today = timezone.now().date()
        if today != self.day:
            self._begin(today)
        with self.lock:
            counts, self.counts = self.counts, Counter()
        for (kind, name), number in counts.items():
            self._sort(today, kind, name, number)
        self._write(today)

    def _begin(self, today: date) -> None:
        """Begin a day: take what stopped processes left, and forget which addresses were missing."""
        self.day = today
        self.missing.clear()
        self.missing_kept.clear()
        self.waiting.update(take_left(settings.DATA_DIR / FOLDER))

    def _sort(self, today: date, kind: str, name: str, number: int) -> None:
        if kind in kinds.POOLED:
            self._pool(today, kind, name, number)
        elif kind == kinds.MISSING:
            self._count_missing(today, name, number)
        else:
            self._wait(Key(today, kind, name), number)

    def _wait(self, key: Key, number: int) -> None:
        if key in self.waiting or len(self.waiting) < MAX_KEYS:
            self.waiting[key] += number

    def _pool(self, today: date, kind: str, name: str, number: int) -> None:
        # Results of each version by themselves: of a version that one person took, one would tell.
        group = f"{kind} {name.partition(' ')[0]}" if kind == kinds.OUTCOME else kind
        pool = self.pools.setdefault(group, Counter())
        pool[kind, name] += number
        if pool.total() >= kinds.POOL:
            for (_, each), count in self.pools.pop(group).items():
                self._wait(Key(today, kind, each), count)

    def _count_missing(self, today: date, name: str, number: int) -> None:
        if name not in self.missing_kept:
            if name in self.missing or len(self.missing) < kinds.MAX_MISSING:
                self.missing[name] += number
            if self.missing[name] < kinds.MISSING_AFTER:
                return
            number = self.missing.pop(name)
            if len(self.missing_kept) >= kinds.MAX_MISSING_KEPT:
                name = kinds.OTHERS
            self.missing_kept.add(name)
        self._wait(Key(today, kinds.MISSING, name), number)

    def _write(self, today: date) -> None:
        due = {
            key: count
            for key, count in self.waiting.items()
            if key.day < today or key.kind not in kinds.ONCE_A_DAY
        }
        if not due:
            return
        try:
            models.add(due)
        except Error as error:
            logger.warning("Counts wait for the database (%s).", type(error).__name__)
            if not connection.in_atomic_block:
                connection.close()
            return
        for key in due:
            del self.waiting[key]

    # -- beginning and end -------------------------------------------------------------------------
    def start(self, guard_thread: Callable[[], None]) -> None:
        """Write every few seconds, in a thread that ends with the process."""
        Thread(target=self._run, args=[guard_thread], name="counting", daemon=True).start()

    def _run(self, guard_thread: Callable[[], None]) -> None:
        guard_thread()
        while not self.stopping.wait(EVERY):
            try:
                self.tick()
            except Exception:
                logger.exception("Counts could not be written.")

    def stop(self) -> None:
        """Write what may be written, and leave the rest for the next process; pools are forgotten."""
        self.stopping.set()
        with suppress(Exception):
            self.tick()
        if self.waiting:
            leave(settings.DATA_DIR / FOLDER, self.waiting)
            self.waiting.clear()


def leave(folder: Path, sums: Counter[Key]) -> None:
    """Write sums into a file that nobody else may read."""
    rows = [[key.day.isoformat(), key.kind, key.name, count] for key, count in sorted(sums.items())]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{secrets.token_hex(8)}.part"
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            json.dump(rows, file)
        part.rename(part.with_suffix(".json"))
    except OSError as error:
        logger.warning("Counts of today are lost: %s", type(error).__name__)


def take_left(folder: Path) -> Counter[Key]:
    """Return the sums of processes that stopped, and delete their files. Each is taken by one process alone."""
    sums: Counter[Key] = Counter()
    for path in sorted(folder.glob("*.json")):
        taken = path.with_suffix(f".{os.getpid()}")
        try:
            path.rename(taken)
            for day, kind, name, count in json.loads(taken.read_text()):
                sums[Key(date.fromisoformat(day), str(kind), str(name))] += int(count)
        except FileNotFoundError:
            continue  # another process was quicker
        except (OSError, ValueError, TypeError):
            logger.warning("A file of counts could not be read, and is deleted.")
        taken.unlink(missing_ok=True)
    return sums


COUNTING = Counting()
