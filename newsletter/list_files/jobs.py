"""List jobs at work: the worker takes them up, a batch a turn, each batch a short transaction.

A job is held by a lease. What a batch has done and how far the job has got are written together, so
a kill at any point loses nothing and does nothing twice. A file is looked through first, which
changes nothing; a person who has seen what would become of it says yes.
"""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from newsletter.list_files import days, importing, services, storage, table
from newsletter.list_files.importing import Options, Outcome
from newsletter.models import Delivery, ListJob, Suppression
from newsletter.outbox import queue

BATCH = 250
LEASE = timedelta(minutes=1)
EXAMPLES = 3  # of each outcome
MOST_PROBLEMS = 10_000  # listed; the rest is counted
WAITS = timedelta(days=1)  # for a person's word, or the file goes
KEPT = timedelta(days=7)
State = ListJob.State
logger = logging.getLogger(__name__)

AMBIGUOUS = (
    "The days in this file can be read with the day first or with the month first. "
    "Choose the file once more and say which."
)
NO_ADDRESS = (
    "There is no column with addresses that we know. The file has these: “{}”. "
    "Choose it once more and name the right one."
)


class Overtaken(Exception):  # noqa: N818  the answer to a slow worker
    """Another worker has the job, or a person has thrown it away."""


def batches() -> Iterator[None]:
    """Do what is to be done, a batch a turn."""
    forget_old()
    now = timezone.now()
    waiting = ListJob.objects.filter(state__in=ListJob.AT_WORK, lease_until__lte=now)
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        job = _claim(pk)
        if job:
            yield from _run(job)


def forget_old() -> None:
    """Throw away files that nobody said a word about, and forget jobs that are long over."""
    now = timezone.now()
    for job in ListJob.objects.filter(state=State.LOOKED, changed_at__lt=now - WAITS):
        drop(job)
    over = [State.DONE, State.FAILED, State.DROPPED]
    for job in ListJob.objects.filter(state__in=over, changed_at__lt=now - KEPT):
        storage.remove(job.pk, storage.SOURCE, storage.PROBLEMS, "examples")
        job.delete()


def drop(job: ListJob) -> None:
    """Throw a job away with its file."""
    open_states = [*ListJob.AT_WORK, State.LOOKED]
    ListJob.objects.filter(pk=job.pk, state__in=open_states).update(
        state=State.DROPPED, changed_at=timezone.now()
    )
    storage.remove(job.pk, storage.SOURCE, storage.PROBLEMS, "examples")


def say_yes(job: ListJob) -> bool:
    """Let a file that was looked through come in; whether it still waited for that."""
    waiting = ListJob.objects.filter(pk=job.pk, state=State.LOOKED)
    begun = {"state": State.WORKING, "cursor": 0, "counts": {}, "changed_at": timezone.now()}
    return bool(waiting.update(**begun))


def _claim(pk: int) -> ListJob | None:
    now = timezone.now()
    free = ListJob.objects.filter(pk=pk, state__in=ListJob.AT_WORK, lease_until__lte=now)
    return ListJob.objects.get(pk=pk) if free.update(lease_until=now + LEASE) else None


def _run(job: ListJob) -> Iterator[None]:
    steps = {
        (ListJob.Kind.IMPORT, State.LOOKING): _look,
        (ListJob.Kind.IMPORT, State.WORKING): _bring_in,
        (ListJob.Kind.RESEND, State.WORKING): _send_again,
    }
    try:
        yield from steps[ListJob.Kind(job.kind), State(job.state)](job)
    except Overtaken:
        logger.info("List job %d is another's now.", job.pk)
    except DatabaseError:
        raise  # the worker waits; the job goes on where it was
    except (table.UnreadableFile, storage.FileGone) as error:
        _fail(job, str(error) or "The file isn’t there any more. Choose it once more.")
    except Exception:
        logger.exception("List job %d could not be done.", job.pk)
        _fail(job, "Something is wrong with it; the log of the site says what.")


def _fail(job: ListJob, problem: str) -> None:
    ListJob.objects.filter(pk=job.pk, state__in=ListJob.AT_WORK).update(
        state=State.FAILED, problem=problem[:300], changed_at=timezone.now()
    )
    storage.remove(job.pk, storage.SOURCE, "examples")


def _advance(job: ListJob, cursor: int, **values: Any) -> None:
    """Note how far a job has got, if it is still ours. Raises Overtaken."""
    now = timezone.now()
    ours = ListJob.objects.filter(pk=job.pk, state=job.state, cursor=job.cursor)
    held = {"cursor": cursor, "counts": job.counts, "changed_at": now, "lease_until": now + LEASE}
    if not ours.update(**held | values):
        raise Overtaken
    job.cursor = cursor


# -- a file ------------------------------------------------------------------------------------------


def _open(job: ListJob) -> tuple[table.Table, Options]:
    """Open a job's file. Raises UnreadableFile."""
    opened = table.open_table(lambda: storage.read(job.pk, storage.SOURCE))
    options = job.options
    address = options.get("address_column", "")
    if not opened.is_named and not address:
        first = next(opened.rows, None)
        address = services.nameless(list(first.cells.values())) if first else ""
        opened.rows = chain([first] if first else [], opened.rows)
    reading = services.recognise(opened.columns, address, options.get("day_column", ""))
    if reading is None:
        raise table.UnreadableFile(NO_ADDRESS.format("”, “".join(opened.columns)[:150]))
    reason = Suppression.Reason(options["reason"]) if options.get("reason") else None
    day_first = options.get("day_first", True)
    return opened, Options(options.get("basis", ""), reading, day_first, reason)


def _look(job: ListJob) -> Iterator[None]:
    """Look through a file: what would become of each row. Nothing changes."""
    storage.remove(job.pk, storage.PROBLEMS, "examples")
    job.counts = {}
    _advance(job, 0, total=None)
    if "day_first" not in job.options:
        yield from _find_order(job)
    opened, options = _open(job)
    examples: dict[str, list[tuple[int, str]]] = {}
    problems, number, seen = 0, 0, set[str]()
    while rows := list(islice(opened.rows, BATCH)):
        found = importing.sort(rows, options, seen)
        lines = []
        for told in found.told:
            some = examples.setdefault(told.outcome.value, [])
            if len(some) < EXAMPLES:
                words = told.message or told.row.cells.get(options.reading.address, "")
                some.append((told.row.line, words))
            if told.outcome == Outcome.UNREADABLE and problems < MOST_PROBLEMS:
                problems += 1
                lines.append(f'{told.row.line},"{told.message.replace(chr(34), chr(39))}"\r\n')
        if lines:
            storage.append(job.pk, storage.PROBLEMS, "".join(lines).encode())
        number += len(rows)
        job.count(**importing.counts(found))
        _advance(job, number)
        yield
    if not number:
        raise table.UnreadableFile("Below the columns’ names nothing stands.")
    storage.write(job.pk, "examples", [json.dumps(examples).encode()])
    reading = options.reading
    facts = {
        "service": reading.service,
        "columns": {"address": reading.address, "day": reading.day, "states": reading.states},
        "asks": [] if options.reason else reading.asks,
        "is_named": opened.is_named,
    }
    looked = job.options | facts
    free = timezone.now()  # for whoever takes it up when a person has said yes
    _advance(job, number, total=number, options=looked, state=State.LOOKED, lease_until=free)


def _find_order(job: ListJob) -> Iterator[None]:
    """Find out whether days are written with the day or the month first. Raises UnreadableFile."""
    opened, options = _open(job)
    possible, differs = {True, False}, False
    for number, row in enumerate(opened.rows):
        cell = row.cells.get(options.reading.day, "")
        # A row that fits into neither is a bad row, and decides nothing.
        possible = possible & days.orders(cell) or possible
        differs = differs or days.differs(cell)
        if number % (20 * BATCH) == 20 * BATCH - 1:
            _advance(job, 0)
            yield
    if possible == {True, False} and differs:
        raise table.UnreadableFile(AMBIGUOUS)
    job.options["day_first"] = True in possible
    _advance(job, 0, options=job.options)


def _bring_in(job: ListJob) -> Iterator[None]:
    """Bring a file in that a person has said yes to, from where it got to."""
    opened, options = _open(job)
    seen: set[str] = set()
    for _ in islice(opened.rows, job.cursor):
        pass
    while rows := list(islice(opened.rows, BATCH)):
        with transaction.atomic():
            found = importing.sort(rows, options, seen)
            before = dict(job.counts)
            job.count(**importing.counts(found))
            cursor = job.cursor
            try:
                _advance(job, cursor + len(rows))
                importing.bring_in(found)
            except BaseException:
                job.counts, job.cursor = before, cursor
                raise
        yield
    _advance(job, job.cursor, state=State.DONE)
    storage.remove(job.pk, storage.SOURCE, "examples")
    logger.info("List job %d is done: %s.", job.pk, job.counts)


# -- mails again -------------------------------------------------------------------------------------


def _send_again(job: ListJob) -> Iterator[None]:
    """Put the mails of a filter into the queue anew, from the newest to the oldest."""
    chosen = Delivery.objects.finished().filter(**job.options["filters"])
    while True:
        older = chosen.filter(pk__lt=job.cursor).order_by("-pk")
        with transaction.atomic():
            pks = list(older.values_list("pk", flat=True)[:BATCH])
            if pks:
                again = queue.requeue_all(pks)
                job.count(again=again)
                _advance(job, pks[-1])
        if not pks:
            break
        yield
    _advance(job, job.cursor, state=State.DONE)


def run_all() -> None:
    """Do all that is to be done, to the last batch."""
    for _ in batches():
        pass
