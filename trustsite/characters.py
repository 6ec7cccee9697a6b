"""Characters that a text doesn't hold: control characters, and those that change a line without
being seen.

Control characters come along from slides and terminals. XML can't hold them, so one of them in a
title would take the feed away from everybody: they leave when a row is saved or a file is read, and
again where XML, mails and exports are written.

Invisible characters are refused and named instead, because taking one out may change what was
meant. A line of its own (a title, a note, a button) holds none of them. A longer text may keep the
two joiners, which Persian, the Indic scripts and joined emoji need to be written at all, the marks
of direction beside words of another script, and soft hyphens; the overrides of direction and
zero-width spaces disguise words there as well, and hide them from the search.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
BREAKS = re.compile("[\x0b\x0c\x85\u2028\u2029]")  # other programs' ways to begin a new line
DISGUISING = "\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069"
IN_TEXT = re.compile(f"[{DISGUISING}]")
IN_LINE = re.compile(f"[{DISGUISING}\u00ad\u034f\u061c\u180e\u200c-\u200f\u2061-\u2064]")
SHOWN_BEFORE = 20  # characters before a place that help to find it


def without_control(text: str, *, is_line: bool = False) -> str:
    """Return `text` without control characters.

    Other programs' line breaks are ours; in a line they are spaces.
    """
    return CONTROL.sub("", BREAKS.sub(" " if is_line else "\n", text))


def cleaned(value: Any, *, is_line: bool = False) -> Any:
    """Return a text, or each text of a list, without control characters; anything else as it is."""
    if isinstance(value, str):
        return without_control(value, is_line=is_line)
    return [cleaned(item, is_line=True) for item in value] if isinstance(value, list) else value


def invisible(text: str, *, is_line: bool) -> Iterator[str]:
    """Yield where an invisible character stands that `text` may not hold, and what to do."""
    for number, line in enumerate(text.split("\n"), start=1):
        for match in (IN_LINE if is_line else IN_TEXT).finditer(line):
            before = IN_LINE.sub("", line[: match.start()])[-SHOWN_BEFORE:]
            where = f"after “{before}”" if before else "at the beginning"
            place = f"Line {number}: an" if not is_line else "An"
            name = unicodedata.name(match[0], "unnamed").lower()
            yield f"{place} invisible character stands {where} (U+{ord(match[0]):04X}, {name}). Type those words anew."


class Texts(models.Model):
    """A row whose texts hold no control character, and where people write them no disguise."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.take_out_control()
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        self.take_out_control()
        errors: dict[str, Any] = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for field in self._meta.concrete_fields:
            if field.editable and field.name not in (exclude or ()):
                errors.setdefault(field.name, []).extend(self._invisible(field))
        if errors := {name: messages for name, messages in errors.items() if messages}:
            raise ValidationError(errors)

    def take_out_control(self) -> None:
        """Take the control characters out of every text of the row."""
        for field in self._meta.concrete_fields:
            if field.attname not in self.__dict__ or not isinstance(
                self.__dict__[field.attname], str | list
            ):
                continue  # not read from the database, or no text
            value = self.__dict__[field.attname]
            setattr(
                self, field.attname, cleaned(value, is_line=not isinstance(field, models.TextField))
            )

    def _invisible(self, field: models.Field) -> Iterator[str]:
        value = getattr(self, field.attname)
        is_line = not isinstance(field, models.TextField)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield from invisible(text, is_line=is_line)
