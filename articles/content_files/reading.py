"""Reading: from a folder to values that a row can take, each checked and named with its line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models

from articles.content_files.file_types import HELPLINES, FileType, Values, file_digest
from articles.content_files.files import ContentError, Entry, markdown, tables
from articles.content_files.helplines import helplines
from articles.images import renditions
from articles.models import Picture
from trustsite.characters import cleaned

# What a field takes, the most special first, and how to say so.
_TYPES: list[tuple[type[models.Field], type[Any], str]] = [
    (models.BooleanField, bool, "true or false"),
    (models.IntegerField, int, "a whole number"),
    (models.DateField, date, "a day such as 2026-11-22"),
    (models.JSONField, list, "a list of texts"),
    (models.Field, str, "a text; put it between quotation marks if it reads as something else"),
]


def read(file_type: FileType, folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of one kind, and what is wrong with files that can't be read."""
    entries: list[Entry] = []
    problems: list[str] = []
    for file in _files(file_type, folder):
        try:
            entries += _entries(file_type, file)
        except ContentError as error:
            problems += error.problems
    return entries, problems


def _files(file_type: FileType, folder: Path) -> list[Path]:
    """Return the files of one kind that are there."""
    path = folder / file_type.path
    if file_type.is_markdown:
        return sorted(file for file in path.glob("*.md") if file.is_file())
    return [path] if path.is_file() else []


def _entries(file_type: FileType, file: Path) -> Iterable[Entry]:
    if file_type.is_markdown:
        return [markdown(file)]
    return helplines(file) if file_type is HELPLINES else tables(file)


def field_values(file_type: FileType, entry: Entry, before: Values) -> Values:
    """Return what `entry` says of the model's fields, what that implies, and defaults for the rest.

    `before` are the values of the entry before it. Raises ContentError for an unknown name or a
    value of the wrong kind.
    """
    values: Values = {file_type.key: entry.key}
    for name, value in entry.values.items():
        if name not in file_type.fields:
            raise entry.error("unknown field; there are " + ", ".join(file_type.fields), name)
        if value is not None:
            values[file_type.fields[name]] = _value(file_type, entry, name, value)
    names = [name for name in file_type.fields.values() if name != "updated_at"]
    defaults = {name: file_type.default(name) for name in names}
    return defaults | file_type.inferred(values, before) | values


def _value(file_type: FileType, entry: Entry, name: str, value: Any) -> Any:
    """Return `value` as the model's field takes it."""
    field: Any = file_type.model._meta.get_field(file_type.fields[name])
    _refuse_wrong_type(field, entry, name, value)
    if isinstance(field, models.DateTimeField):
        return _moment(value)
    if isinstance(field, models.ForeignKey):
        return _related(field, entry, name, value)
    if isinstance(field, models.FileField):
        return _picture(entry, value)
    return cleaned(value, is_line=not isinstance(field, models.TextField))


def _refuse_wrong_type(field: models.Field, entry: Entry, name: str, value: Any) -> None:
    """Raise ContentError for a value that the field doesn't take."""
    accepted, words = next(
        (accepted, words) for type_, accepted, words in _TYPES if isinstance(field, type_)
    )
    texts = value if isinstance(value, list) else []
    is_moment = isinstance(field, models.DateTimeField) and isinstance(value, datetime)
    fits = is_moment or type(value) is accepted
    if not fits or not all(isinstance(text, str) for text in texts):
        raise entry.error(f"must be {words}", name)
    if any("\0" in text for text in [*texts, str(value)]):
        raise entry.error("holds a character that no text has (NUL)", name)


def _moment(value: date) -> datetime:
    """Return a day's first moment, or the moment itself; without a time zone it is UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _related(field: Any, entry: Entry, name: str, key: str) -> models.Model:
    rows = field.related_model.objects
    row: models.Model | None = rows.filter(slug=key).first()
    if row is None:
        known = ", ".join(rows.values_list("slug", flat=True)) or "none yet"
        raise entry.error(f"unknown {name} “{key}”; there are {known}", name)
    return row


def _picture(entry: Entry, name: str) -> renditions.ReencodedImage:
    """Return a picture as it is stored; one that we wrote ourselves isn't encoded anew."""
    file = entry.file.parent / "pictures" / name
    if Path(name).name != name or not file.is_file():
        raise entry.error(f"there is no file pictures/{name}", "file")
    data = file.read_bytes()
    ours = renditions.ReencodedImage(data, file.suffix.removeprefix("."))
    row = Picture.objects.filter(original=f"pictures/{name}").first()
    if ours.name == name or (row and file_digest(row.original) == file_digest(ours)):
        return ours
    try:
        return renditions.reencode(ContentFile(data, name=name))
    except ValidationError as error:
        raise entry.error(" ".join(error.messages), "file") from error
