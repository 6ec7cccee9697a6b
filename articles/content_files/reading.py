"""From a folder to values that a row can take: each thing checked, and named with its line when it can't be."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models

from articles.content_files.file_types import HELPLINES, Kind, Values, file_digest
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


def read(kind: Kind, folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of one kind, and what is wrong with files that can't be read. Files that aren't there say nothing."""
    files = (
        sorted((folder / kind.place).glob("*.md")) if kind.is_markdown else [folder / kind.place]
    )
    entries: list[Entry] = []
    problems: list[str] = []
    for file in filter(Path.is_file, files):
        try:
            entries += (
                [markdown(file)]
                if kind.is_markdown
                else helplines(file)
                if kind is HELPLINES
                else tables(file)
            )
        except ContentError as error:
            problems += error.problems
    return entries, problems


def values(kind: Kind, entry: Entry, before: Values) -> Values:
    """Return what `entry` says of the model's fields, what that implies, and the defaults of the rest.

    `before` are the values of the entry before it. Raises ContentError for an unknown name or a value of the wrong kind.
    """
    said: Values = {kind.key: entry.key}
    for name, value in entry.said.items():
        if name not in kind.fields:
            raise entry.error("unknown field; there are " + ", ".join(kind.fields), name)
        if value is not None:
            said[kind.fields[name]] = _value(kind, entry, name, value)
    defaults = {
        field: kind.default(field) for field in kind.fields.values() if field != "updated_at"
    }
    return defaults | kind.implied(said, before) | said


def _value(kind: Kind, entry: Entry, name: str, value: Any) -> Any:
    """Return `value` as the model's field takes it."""
    field: Any = kind.model._meta.get_field(kind.fields[name])
    accepted, words = next(
        (accepted, words) for type_, accepted, words in _TYPES if isinstance(field, type_)
    )
    is_moment = isinstance(field, models.DateTimeField)
    texts = value if isinstance(value, list) else []
    fits = type(value) is accepted or (is_moment and isinstance(value, datetime))
    if not fits or not all(isinstance(text, str) for text in texts):
        raise entry.error(f"must be {words}", name)
    if any("\0" in text for text in [*texts, str(value)]):
        raise entry.error("holds a character that no text has (NUL)", name)
    if is_moment:
        return _moment(value)
    if isinstance(field, models.ForeignKey):
        return _related(field, entry, name, value)
    if isinstance(field, models.FileField):
        return _picture(entry, value)
    return cleaned(value, is_line=not isinstance(field, models.TextField))


def _moment(value: date) -> datetime:
    """Return a day's first moment, or the moment itself; without a time zone it is UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _related(field: Any, entry: Entry, name: str, key: str) -> models.Model:
    found: models.Model | None = field.related_model.objects.filter(slug=key).first()
    if found is None:
        raise entry.error(f"unknown {name} “{key}”", name)
    return found


def _picture(entry: Entry, name: str) -> renditions.Remade:
    """Return a picture as it is kept. One that we wrote ourselves, as its name or the store tells, isn't written anew."""
    file = entry.file.parent / "pictures" / name
    if Path(name).name != name or not file.is_file():
        raise entry.error(f"there is no file pictures/{name}", "file")
    data = file.read_bytes()
    ours = renditions.Remade(data, file.suffix.removeprefix("."))
    row = Picture.objects.filter(original=f"pictures/{name}").first()
    if ours.name == name or (row and file_digest(row.original) == file_digest(ours)):
        return ours
    try:
        return renditions.remade(ContentFile(data, name=name))
    except ValidationError as error:
        raise entry.error(" ".join(error.messages), "file") from error
