"""Import jobs at work: the worker takes one up, a moment a turn, and notes how far it has got.

What a turn has done and the place it has got to are written together, so that a kill loses nothing
and does nothing twice. Nothing comes in before a person has seen what would become of it.
"""

import json
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from articles.importing import plan
from articles.importing.archive import PictureArchive
from articles.importing.items import MOST_BYTES, Item, UnreadableExportError
from articles.importing.opening import open_export
from articles.models.desk import ImportJob
from articles.searching import documents

State = ImportJob.State
TURN = 0.5  # seconds that a turn may begin new entries in
SHOWN = 500  # outcomes kept to be seen
WAITS = timedelta(days=2)
KEPT = timedelta(days=14)
MOST_ARCHIVE = 2 * 1024**3
EXPORT, PICTURES, ITEMS, ADDRESSES = "export", "pictures.zip", "items.jsonl", "addresses.json"
GONE = "The file isn’t there any more. Choose it once more."
logger = logging.getLogger(__name__)


def receive(
    name: str, export: Iterable[bytes], pictures: Iterable[bytes] | None, user: int | None
) -> ImportJob:
    """Keep an export and its archive of pictures for the worker. Raises UnreadableExportError."""
    job = ImportJob.objects.create(name=name[:200], asked_by=user)
    try:
        _keep(folder(job) / EXPORT, export, MOST_BYTES)
        if pictures is not None:
            _keep(folder(job) / PICTURES, pictures, MOST_ARCHIVE)
    except (UnreadableExportError, OSError):
        drop(job)
        raise
    return job


def work() -> None:
    """Do a turn of the oldest job there is; called every two seconds by the worker."""
    job = ImportJob.objects.filter(state__in=ImportJob.AT_WORK).order_by("pk").first()
    if job is None:
        return
    try:
        step = _turn if job.total else _take_apart
        step(job)
    except DatabaseError:
        raise
    except UnreadableExportError as error:
        _fail(job, str(error))
    except Exception:
        logger.exception("Import job %d could not be done.", job.pk)
        _fail(job, "Something is wrong with it; the log of the site says what.")


def run(job: ImportJob) -> ImportJob:
    """Work on a job until it waits for a word or is over."""
    while job.is_at_work:
        work()
        job.refresh_from_db()
    return job


def say_yes(job: ImportJob) -> bool:
    """Let what was looked through come in; whether it still waited for that."""
    waiting = ImportJob.objects.filter(pk=job.pk, state=State.LOOKED)
    return bool(waiting.update(state=State.WORKING, cursor=0, counts={}, outcomes=[]))


def drop(job: ImportJob) -> None:
    """Throw a job away with its files; what has come in stays."""
    ours = ImportJob.objects.filter(pk=job.pk).exclude(state=State.DONE)
    ours.update(state=State.DROPPED, changed_at=timezone.now())
    shutil.rmtree(folder(job), ignore_errors=True)


def forget_old() -> int:
    """Throw away what nobody said a word about, and forget jobs long over; return how many went."""
    now, number = timezone.now(), 0
    for job in ImportJob.objects.filter(state=State.LOOKED, changed_at__lt=now - WAITS):
        drop(job)
    over = (State.DONE, State.FAILED, State.DROPPED)
    for job in ImportJob.objects.filter(state__in=over, changed_at__lt=now - KEPT):
        shutil.rmtree(folder(job), ignore_errors=True)
        job.delete()
        number += 1
    return number


def folder(job: ImportJob) -> Path:
    """Return where a job's files wait: beside the database, and in no backup."""
    return Path(settings.DATA_DIR) / "imports" / str(job.pk)


def _keep(file: Path, pieces: Iterable[bytes], most: int) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    with file.open("wb") as kept:
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise UnreadableExportError(f"The file is larger than {most // 1024**2} MB.")
            kept.write(piece)


def _take_apart(job: ImportJob) -> None:
    """Write the entries one a line, and note the hosts that they were served from."""
    forget_old()
    export = open_export(folder(job) / EXPORT)
    PictureArchive(_archive(job))  # refused now rather than half way
    number, hosts, addresses = 0, set[str](), dict[str, str]()
    with (folder(job) / ITEMS).open("w", encoding="utf-8") as lines:
        for item in export.items:
            lines.write(json.dumps(item.as_json()) + "\n")
            number += 1
            hosts |= {item.host} - {""}
            if item.path and not item.left_out:
                here = f"/articles/{plan.address_here(item)}/"
                addresses[item.path.rstrip("/").lower()] = here
    (folder(job) / ADDRESSES).write_text(json.dumps(addresses), encoding="utf-8")
    if not number:
        raise UnreadableExportError("The export holds no entries.")
    _update(job, program=export.program, hosts=sorted(hosts), total=number)


def _turn(job: ImportJob) -> None:
    """Look at some entries, or bring them in."""
    started, is_check = time.monotonic(), job.state == State.LOOKING
    site = _site(job)
    counts, outcomes, cursor = dict(job.counts), list(job.outcomes), job.cursor
    with documents.loading(), transaction.atomic():
        for item in _items(job):
            outcome = plan.bring_in(item, site, check=is_check)
            counts[outcome.becomes] = counts.get(outcome.becomes, 0) + 1
            outcomes += [outcome.as_json()] if len(outcomes) < SHOWN else []
            cursor += 1
            if time.monotonic() - started > TURN:
                break
        values: dict[str, Any] = {"counts": counts, "outcomes": outcomes, "cursor": cursor}
        if cursor >= job.total:
            values["state"] = State.LOOKED if is_check else State.DONE
        _update(job, **values)
    if values.get("state") == State.DONE:
        shutil.rmtree(folder(job), ignore_errors=True)


def _site(job: ImportJob) -> plan.Site:
    try:
        addresses = json.loads((folder(job) / ADDRESSES).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UnreadableExportError(GONE) from error
    return plan.Site(set(job.hosts), addresses, PictureArchive(_archive(job)))


def _items(job: ImportJob) -> Iterator[Item]:
    """Yield the entries from where the job has got to."""
    try:
        with (folder(job) / ITEMS).open(encoding="utf-8") as lines:
            for line in islice(lines, job.cursor, None):
                yield Item(**json.loads(line))
    except FileNotFoundError as error:
        raise UnreadableExportError(GONE) from error


def _archive(job: ImportJob) -> Path | None:
    file = folder(job) / PICTURES
    return file if file.exists() else None


def _update(job: ImportJob, **values: Any) -> None:
    ours = ImportJob.objects.filter(pk=job.pk, state=job.state, cursor=job.cursor)
    if not ours.update(**values, changed_at=timezone.now()):
        raise UnreadableExportError("It was thrown away, or is another worker’s now.")


def _fail(job: ImportJob, problem: str) -> None:
    ImportJob.objects.filter(pk=job.pk, state__in=ImportJob.AT_WORK).update(
        state=State.FAILED, problem=problem[:300], changed_at=timezone.now()
    )
    shutil.rmtree(folder(job), ignore_errors=True)
