"""Loading: files into rows, in one transaction, never over an edit that the files don't know of."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from articles.content_files import slug_redirects
from articles.content_files.changes import Change, SyncResult, dates_of
from articles.content_files.file_types import (
    ARTICLES,
    FILE_TYPES,
    FileType,
    Values,
    digest,
    file_digest,
    values_of,
)
from articles.content_files.files import BEGIN, ContentError, Entry
from articles.content_files.reading import field_values, read
from articles.editing import checks
from articles.images.renditions import ReencodedImage
from articles.linking import redirects
from articles.models import (
    Article,
    MarkdownModel,
    Offer,
    Picture,
    Redirect,
    SlugRedirect,
    SyncedModel,
)
from articles.searching import documents
from trustsite.web.smart_quotes import typeset

HINT = "Export it first, or load with --force to write the file over it."
WRITTEN = {SyncResult.NEW, SyncResult.CHANGED}


@dataclass
class _Load:
    """One load of a folder: what it may do, and what it has done so far."""

    folder: Path
    force: bool
    changes: list[Change] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    articles: list[tuple[Entry, Article]] = field(default_factory=list)


def load(folder: Path, *, force: bool = False) -> dict[str, int]:
    """Load all of `folder`. Return how many rows of each kind were written."""
    changes = sync(folder, force=force)
    return dict(Counter(change.kind for change in changes if change.result is not SyncResult.SAME))


def sync(
    folder: Path, *, force: bool = False, keep: bool = False, check: bool = False
) -> list[Change]:
    """Bring the database to what `folder` says. Return what becomes of each row that it names.

    A row edited in the admin since it was last loaded or exported is refused: ContentError is
    raised and nothing at all is loaded. `force` writes the file over such a row; `keep` leaves it
    as it is and loads the rest. `check` only says what would happen, refusals among it. Broken
    files raise ContentError.
    """
    if not any((folder / file_type.path).exists() for file_type in FILE_TYPES):
        raise ContentError(f"{folder}: there is no content in it")
    run = _Load(folder, force)
    with _stray_pictures_discarded(run.pictures), documents.loading(), transaction.atomic():
        for file_type in FILE_TYPES:
            _sync_file_type(run, file_type)
        run.changes += slug_redirects.sync(folder, force)
        _refuse_dead_links(run.articles)
        refused = [item.reason for item in run.changes if item.result is SyncResult.REFUSED]
        if refused and not (keep or check):
            raise ContentError(*refused)
        if check:
            transaction.set_rollback(True)
    return run.changes


def mark_synced(file_type: FileType, row: SyncedModel) -> None:
    """Note that `row` and its file say the same now. No page changes by it."""
    now = {"synced_at": timezone.now(), "synced_digest": digest(file_type, row)}
    type(row)._default_manager.filter(pk=row.pk).update(**now)


@contextmanager
def _stray_pictures_discarded(saved: list[Picture]) -> Iterator[None]:
    """Delete the files of those pictures that are saved within and then rolled back."""
    try:
        yield
    finally:
        for picture in saved:
            picture.discard_files()


def _sync_file_type(run: _Load, file_type: FileType) -> None:
    """Load the rows of one kind. Raises ContentError with all that is wrong with their files."""
    entries, problems = read(file_type, run.folder)
    stored = file_type.model._default_manager.select_related()
    rows = {getattr(row, file_type.key): row for row in stored}
    values: Values = {}
    for entry in entries:
        try:
            values = field_values(file_type, entry, values)
            row = rows.get(entry.key) or file_type.model()
            change = _sync_row(file_type, entry, row, values, run.force)
        except ContentError as error:
            problems += error.problems
            continue
        run.changes.append(change)
        if isinstance(row, Picture) and change.result in WRITTEN:
            run.pictures.append(row)
        elif isinstance(row, Article) and change.result in WRITTEN:
            run.articles.append((entry, row))
    if problems:
        raise ContentError(*problems)


def _sync_row(
    file_type: FileType, entry: Entry, row: SyncedModel, values: Values, force: bool
) -> Change:
    before = digest(file_type, row) if row.pk else ""
    fill(row, values)
    after = digest(file_type, row)
    result, reason = SyncResult.SAME, ""
    if before != after:
        result = SyncResult.CHANGED if row.pk else SyncResult.NEW
        reason = _why_refused(file_type, entry, row, before)
        if reason and not force:
            result = SyncResult.REFUSED
    if result in WRITTEN:
        _save(file_type, entry, row)
    if result is not SyncResult.REFUSED and row.synced_digest != after:
        mark_synced(file_type, row)
    return Change(entry.file, str(row._meta.verbose_name_plural), entry.key, result, reason)


def fill(row: SyncedModel, values: Values) -> None:
    """Give `row` the values of its file."""
    for name, value in values.items():
        if name == "updated_at" and value is None:
            continue  # the file doesn't say: it stays, or is now
        if not _is_stored_already(row, value):
            setattr(row, name, value)
    typeset(row, row.TYPESET)


def _is_stored_already(row: SyncedModel, value: object) -> bool:
    if not (isinstance(value, ReencodedImage) and isinstance(row, Picture)):
        return False
    return file_digest(value) == file_digest(row.original)


def _why_refused(file_type: FileType, entry: Entry, row: SyncedModel, before: str) -> str:
    """Return why the file may not be written over the row as it was `before`; empty if it may."""
    if row.pk and before != row.synced_digest:
        return entry.problem(f"the row was {dates_of(row)}. {HINT}")
    if row.pk or file_type is not ARTICLES:
        return ""
    moved = SlugRedirect.objects.select_related("article").filter(slug=entry.key).first()
    if moved is None:
        return ""
    article = moved.article
    return entry.problem(
        f"the article moved to “{article.slug}”: it was {dates_of(article)}. "
        "Delete the file, or use --force."
    )


def _save(file_type: FileType, entry: Entry, row: SyncedModel) -> None:
    wanted = values_of(file_type, row)
    if isinstance(row, MarkdownModel) and row.pk:
        row.row_before = type(row)._base_manager.filter(pk=row.pk).first()
    try:
        row.full_clean()
        if errors := _errors_of_others(row):
            raise ValidationError(errors)
    except ValidationError as error:
        raise ContentError(*_problems(file_type, entry, error)) from error
    row.save()
    saved = values_of(file_type, row)
    for name, field_name in file_type.fields.items():
        if saved[field_name] != wanted[field_name]:
            # Else every load would find the file changed.
            reason = "with what else the file says, this can't be kept as it stands"
            raise entry.error(reason, name)


def _errors_of_others(row: SyncedModel) -> dict[str, str]:
    """Return by field what other rows keep this one from being, as the admin's forms do."""
    if isinstance(row, Offer):
        return checks.offer_errors(row)
    return redirects.problems(row) if isinstance(row, Redirect) else {}


def _problems(file_type: FileType, entry: Entry, error: ValidationError) -> Iterator[str]:
    names = {field_name: name for name, field_name in file_type.fields.items()}
    for field_name, messages in error.message_dict.items():
        for message in messages:
            in_body = re.match(r"Line (\d+): (.*)", message, re.DOTALL)
            if in_body and field_name == "body":
                line = entry.lines["body"] + int(in_body[1]) - 1
                yield entry.problem(in_body[2], line=line)
            else:
                yield entry.problem(message, names.get(field_name, BEGIN))


def _refuse_dead_links(articles: list[tuple[Entry, Article]]) -> None:
    """Raise ContentError for links of published articles that lead nowhere, once all are there."""
    problems = []
    library = checks.SiteLibrary(Article.objects.released())
    for entry, article in articles:
        if article.state == Article.State.PUBLISHED:
            for error in checks.new_errors(article, library):
                line = entry.lines["body"] + error.line - 1
                problems.append(entry.problem(error.message, line=line))
    if problems:
        raise ContentError(*problems)
