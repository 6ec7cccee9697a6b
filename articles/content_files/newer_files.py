"""Newer files: what a folder says that was never loaded, so that an export doesn't write over it."""

from collections.abc import Iterator
from pathlib import Path

from articles.content_files.file_types import FILE_TYPES, FileType, Values, digest
from articles.content_files.files import ContentError, Entry
from articles.content_files.loading import fill
from articles.content_files.reading import field_values, read
from articles.models import SyncedModel


def newer_files(folder: Path) -> list[str]:
    """Return a line for each row whose file says something else than the row, and than when the two were last the same.

    A file that can't be read counts: nobody can tell what it says. One of no row doesn't: an export leaves it.
    """
    return [line for file_type in FILE_TYPES for line in _newer(file_type, folder)]


def _newer(file_type: FileType, folder: Path) -> Iterator[str]:
    entries, problems = read(file_type, folder)
    stored = file_type.model._default_manager.select_related()
    rows = {getattr(row, file_type.key): row for row in stored}
    yield from problems
    values: Values = {}
    for entry in entries:
        row = rows.get(entry.key)
        try:
            values = field_values(file_type, entry, values)
        except ContentError as error:
            yield from error.problems if row else ()
            continue
        if row and _is_newer(file_type, row, values):
            yield entry.problem(
                f"“{entry.key}” was changed here and never loaded", line=_line(entry)
            )


def _is_newer(file_type: FileType, row: SyncedModel, values: Values) -> bool:
    before = digest(file_type, row)
    fill(row, values)
    return digest(file_type, row) not in {before, row.synced_digest}


def _line(entry: Entry) -> int:
    return min(entry.lines.values(), default=1)
