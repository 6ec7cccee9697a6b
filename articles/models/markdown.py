"""Markdown model: a text kept beside the HTML that was made of it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from articles.models import text_checks
from articles.models.images import Picture
from articles.models.synced import SyncedModel
from prose import placeholders
from prose import renderer as rendering
from prose.document import Part, parts
from prose.finding import made_by_change
from prose.rules.source_files import StoredText, stored_text

# What is made anew from the rest, or belongs to the file: no part of what a text said at a time.
DERIVED_FIELDS = [
    "html",
    "contents",
    "citations",
    "words",
    "renderer",
    "changed_at",
    "synced_at",
    "synced_digest",
]


def history_field(*excluded: str) -> HistoricalRecords:
    """Return the history field: it keeps every saved state of a text with its author."""
    return HistoricalRecords(excluded_fields=[*DERIVED_FIELDS, *excluded])


@dataclass(frozen=True)
class Section:
    """A section of a text, or another place to jump to: its id and how a link names it."""

    id: str
    text: str


class MarkdownModel(SyncedModel):
    """A title, a line under it, and markdown kept beside the HTML that was made of it."""

    title = models.CharField(max_length=120)
    standfirst = models.CharField(
        "line under the title", max_length=240, blank=True, db_column="dek"
    )
    description = models.CharField(
        max_length=170, blank=True, help_text="For search engines and previews of shared links."
    )
    body = models.TextField(
        "text",
        help_text="Markdown. Directives: :::offer key, :::quiz, :::note, :::exercise, :::quote.",
    )
    html = models.TextField(editable=False)
    contents = models.JSONField(default=list, editable=False)
    citations = models.JSONField(default=dict, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    renderer = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField("updated", default=timezone.now)

    TYPESET: tuple[str, ...] = ("title", "standfirst", "description")
    # Where its file stands, and which field each name in its front matter is, as rules read them.
    FOLDER = ""
    FRONT_MATTER = {"title": "title", "dek": "standfirst", "description": "description"}
    # Set at the desk for a draft: it may hold mistakes, but never an advert in disguise.
    may_be_unfinished = False
    # Set where a person changes it: what was stored. The change is judged by the faults that it
    # makes, for what was wrong before, such as a link to a page taken back since, mustn't keep a
    # mistake from being mended.
    row_before: Any = None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude)
        if too_long := rendering.wrong_length(self.body):
            raise ValidationError({"body": too_long})

    def as_file(self) -> StoredText:
        """Return it as the file it would be, for the rules of texts."""
        values = {name: getattr(self, field) for name, field in self.FRONT_MATTER.items()}
        return stored_text(self.FOLDER, self.file_name, values, self.body)

    @property
    def file_name(self) -> str:
        """The name of its file, without an ending."""
        raise NotImplementedError

    def clean(self) -> None:
        super().clean()
        if rendering.wrong_length(self.body):
            return
        errors: dict[str, list[str]] = {}
        found = list(text_checks.errors(self.as_file(), is_unfinished=self.may_be_unfinished))
        if found and (before := self.as_readers_have_it()):
            found = made_by_change(found, text_checks.errors(before.as_file()))
        for error in found:
            errors.setdefault(error.place, []).append(str(error))
        if errors:
            raise ValidationError(errors)

    def as_readers_have_it(self) -> "MarkdownModel | None":
        """Return the text as it was stored, if readers see it and `row_before` is known."""
        return self.row_before if self.row_before and self.row_before.is_seen() else None

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render()
        super().save(*args, **kwargs)

    def render(self) -> None:
        """Make the stored HTML from the markdown."""
        rendered = rendering.render(self.body)
        self.html, self.citations, self.words = rendered.html, rendered.citations, rendered.words
        headings = rendered.contents
        self.contents = [[heading.level, heading.id, heading.text] for heading in headings]
        self.renderer = rendering.VERSION
        self.__dict__.pop("parts", None)
        self.__dict__.pop("pictures", None)

    @cached_property
    def parts(self) -> list[Part]:
        """The text as the page shows it: HTML, and blocks to fill in."""
        if self.renderer != rendering.VERSION:
            self.render()
        return list(parts(placeholders.substitute_html(self.html)))

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """The pictures that stand in the text, by key. No query when there are none."""
        keys = {part.key for part in self.parts if part.kind == "picture"}
        return Picture.objects.in_bulk(list(keys), field_name="key") if keys else {}

    @property
    def sections(self) -> list[Section]:
        """The sections (h2) for the contents list."""
        sections = []
        for level, anchor, text in self.contents:
            if level == 2:
                sections.append(Section(anchor, placeholders.substitute(text)))
        return sections

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes, rounded up, never 0."""
        return max(1, math.ceil(self.words / settings.WORDS_PER_MINUTE))
