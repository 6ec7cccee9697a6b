"""Markdown model: a text kept beside the HTML that was made of it, and what it says of who checked it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
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
from prose.document import Part, parts, trusted
from prose.finding import made_by_change
from prose.rules.source_files import StoredText, stored_text
from prose.text_hash import text_hash

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


# What a text says: once a person has checked it, a change to one of these undoes the check. A page
# has fewer of them than an article.
HASHED_FIELDS = (
    "title",
    "standfirst",
    "body",
    "takeaways",
    "content_note",
    "evidence",
    "evidence_note",
)


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
    def meta_description(self) -> str:
        """What search engines and shared links are told of it: never nothing."""
        return self.description or self.standfirst or self.title

    @property
    def file_name(self) -> str:
        """The name of its file, without an ending."""
        raise NotImplementedError

    def clean(self) -> None:
        super().clean()
        self._refuse_a_day_to_come()
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

    def _refuse_a_day_to_come(self) -> None:
        """Raise ValidationError when it says that it was updated after today, or after it is published."""
        latest = max(timezone.now(), getattr(self, "publish_at", None) or timezone.now())
        if self.updated_at and timezone.localdate(self.updated_at) > timezone.localdate(latest):
            raise ValidationError({"updated_at": "That day hasn’t come yet."})

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
        self.__dict__.pop("sections", None)

    @cached_property
    def parts(self) -> list[Part]:
        """The text as the page shows it: HTML, and blocks to fill in."""
        if self.renderer != rendering.VERSION:
            self.render()
        return _with_snippets(list(parts(placeholders.substitute_html(self.html))))

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """The pictures that stand in the text, by key. No query when there are none."""
        keys = {part.key for part in self.parts if part.kind == "picture"}
        return Picture.objects.in_bulk(list(keys), field_name="key") if keys else {}

    @cached_property
    def sections(self) -> list[Section]:
        """The sections (h2) for the contents list."""
        sections = []
        for level, anchor, text in self.contents:
            if level == 2:
                sections.append(Section(anchor, placeholders.substitute(text)))
        return sections

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes."""
        return reading_time(self.words)


def reading_time(words: int) -> int:
    """Return the minutes that a text of so many words takes to read, rounded up, never 0."""
    return max(1, math.ceil(words / settings.WORDS_PER_MINUTE))


class SignedOffModel(models.Model):
    """A text that a second person signs off. `editing/review.py` alone sets these fields."""

    checked_on = models.DateField(
        "last checked",
        null=True,
        blank=True,
        help_text="The day a person went through text and sources. Empty: nobody yet.",
    )
    checked_by = models.CharField(
        max_length=160,
        blank=True,
        default="",
        db_default="",
        help_text="Name and profession of who checked it, with the person's consent.",
    )
    # What the text said when it was checked: once its words differ, it no longer counts as checked.
    checked_text = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.checked_on and self.checked_on > timezone.localdate():
            raise ValidationError({"checked_on": "That day hasn’t come yet."})

    @property
    def is_checked(self) -> bool:
        """Whether a person has checked the text as it stands."""
        return self.checked_on is not None and self.checked_text == words_hash(self)


def words_hash(row: Any) -> str:
    """Return the hash of a text's words, or of a stored state's in its history."""
    return text_hash(getattr(row, name) for name in HASHED_FIELDS if hasattr(row, name))


def _with_snippets(found: list[Part]) -> list[Part]:
    """Return the parts of a text with what its snippets say. No query when there are none."""
    keys = {part.key for part in found if part.kind == "snippet"}
    if not keys:
        return found
    rows = apps.get_model("articles", "Snippet")._default_manager.filter(key__in=keys)
    said = dict(rows.values_list("key", "html"))
    shown = []
    for part in found:
        html = said.get(part.key, "") if part.kind == "snippet" else ""
        words = trusted(placeholders.substitute_html(html))
        shown.append(Part(words, part.kind, part.key) if part.kind == "snippet" else part)
    return shown
