"""Files into rows: one transaction, and never over an edit that the files don't know of."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from articles.content_files import slug_redirects
from articles.content_files.changes import Change, Fate, dates_of
from articles.content_files.file_types import (
    ARTICLES,
    KINDS,
    Kind,
    Values,
    digest,
    file_digest,
    values_of,
)
from articles.content_files.files import BEGIN, ContentError, Entry
from articles.content_files.reading import read, values
from articles.images.renditions import Remade
from articles.models import Filed, OldAddress, Picture
from trustsite.web.smart_quotes import typeset

HINT = "Export it first, or load with --force to write the file over it."


def load(folder: Path, *, force: bool = False) -> dict[str, int]:
    """Load all of `folder`. Return how many rows of each kind were written."""
    return dict(
        Counter(change.kind for change in sync(folder, force=force) if change.fate is not Fate.SAME)
    )


def sync(
    folder: Path, *, force: bool = False, keep: bool = False, check: bool = False
) -> list[Change]:
    """Bring the database to what `folder` says. Return what becomes of each row that it names.

    A row edited in the admin since it was last loaded or exported is refused: ContentError is raised and nothing at all is
    loaded. `force` writes the file over such a row; `keep` leaves it as it is and loads the rest. `check` only says what
    would happen, refusals among it. Broken files raise ContentError.
    """
    if not any((folder / kind.place).exists() for kind in KINDS):
        raise ContentError(f"{folder}: there is no content in it")
    changes: list[Change] = []
    with _stray_pictures_discarded() as pictures, transaction.atomic():
        for kind in KINDS:
            changes += _sync_kind(kind, folder, force, pictures)
        changes += slug_redirects.sync(folder, force)
        refused = [change.reason for change in changes if change.fate is Fate.REFUSED]
        if refused and not (keep or check):
            raise ContentError(*refused)
        if check:
            transaction.set_rollback(True)
    return changes


def remember(kind: Kind, row: Filed) -> None:
    """Note that `row` and its file say the same now. No page changes by it."""
    now = {"synced_at": timezone.now(), "synced_digest": digest(kind, row)}
    type(row)._default_manager.filter(pk=row.pk).update(**now)


@contextmanager
def _stray_pictures_discarded() -> Iterator[list[Picture]]:
    """Collect the pictures that are saved; files of those that were rolled back are deleted."""
    saved: list[Picture] = []
    try:
        yield saved
    finally:
        for picture in saved:
            picture.discard_files()


def _sync_kind(kind: Kind, folder: Path, force: bool, pictures: list[Picture]) -> list[Change]:
    """Load the rows of one kind. Raises ContentError with all that is wrong with their files."""
    entries, problems = read(kind, folder)
    rows = {getattr(row, kind.key): row for row in kind.model._default_manager.select_related()}
    changes: list[Change] = []
    wanted: Values = {}
    for entry in entries:
        try:
            wanted = values(kind, entry, wanted)
            row = rows.get(entry.key) or kind.model()
            changes.append(_sync_row(kind, entry, row, wanted, force))
        except ContentError as error:
            problems += error.problems
        else:
            if isinstance(row, Picture) and changes[-1].fate in {Fate.NEW, Fate.CHANGED}:
                pictures.append(row)
    if problems:
        raise ContentError(*problems)
    return changes


def _sync_row(kind: Kind, entry: Entry, row: Filed, wanted: Values, force: bool) -> Change:
    before = digest(kind, row) if row.pk else ""
    _fill(row, wanted)
    after = digest(kind, row)
    fate, reason = Fate.SAME, ""
    if before != after:
        reason = _why_refused(kind, entry, row, before)
        fate = Fate.REFUSED if reason and not force else Fate.CHANGED if row.pk else Fate.NEW
    if fate in {Fate.NEW, Fate.CHANGED}:
        _save(kind, entry, row)
    if fate is not Fate.REFUSED and row.synced_digest != after:
        remember(kind, row)
    return Change(entry.file, str(row._meta.verbose_name_plural), entry.key, fate, reason)


def _fill(row: Filed, wanted: Values) -> None:
    for name, value in wanted.items():
        if name == "updated_at" and value is None:
            continue  # the file doesn't say: it stays, or is now
        if isinstance(value, Remade) and file_digest(value) == file_digest(row.original):  # type: ignore[attr-defined]
            continue
        setattr(row, name, value)
    typeset(row, row.TYPESET)


def _why_refused(kind: Kind, entry: Entry, row: Filed, before: str) -> str:
    """Return why the file may not be written over the row as it was `before`; empty when it may."""
    if row.pk:
        return (
            ""
            if before == row.synced_digest
            else entry.problem(f"the row was {dates_of(row)}. {HINT}")
        )
    moved = (
        OldAddress.objects.select_related("article").filter(slug=entry.key).first()
        if kind is ARTICLES
        else None
    )
    if moved is None:
        return ""
    article = moved.article
    return entry.problem(
        f"the article moved to “{article.slug}”: it was {dates_of(article)}. Delete the file, or use --force."
    )


def _save(kind: Kind, entry: Entry, row: Filed) -> None:
    said = values_of(kind, row)
    try:
        row.full_clean()
    except ValidationError as error:
        raise ContentError(*_problems(kind, entry, error)) from error
    row.save()
    kept = values_of(kind, row)
    if changed := [name for name, field in kind.fields.items() if kept[field] != said[field]]:
        # Else every load would find the file changed.
        raise entry.error(
            "with what else the file says, this can't be kept as it stands", changed[0]
        )


def _problems(kind: Kind, entry: Entry, error: ValidationError) -> Iterator[str]:
    names = {field: name for name, field in kind.fields.items()}
    for field, messages in error.message_dict.items():
        for message in messages:
            in_body = re.match(r"Line (\d+): (.*)", message, re.DOTALL) if field == "body" else None
            if in_body:
                yield entry.problem(in_body[2], line=entry.lines["body"] + int(in_body[1]) - 1)
            else:
                yield entry.problem(message, names.get(field, BEGIN))
