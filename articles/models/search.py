"""Search: words of danger, synonyms, and the documents that are found."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from articles.models.synced import SyncedModel
from prose.spelling import tokens

FILE_NAME = "crisis_words.toml"


def shipped() -> dict[str, str]:
    """Return the kind of each phrase that ships with the site."""
    file = settings.CONTENT_DIR / FILE_NAME
    return _read(file, file.stat().st_mtime_ns)


@cache
def _read(file: Path, changed: int) -> dict[str, str]:
    phrases = tomllib.loads(file.read_text())
    return {phrase: values.get("kind", "other") for phrase, values in phrases.items()}


class CrisisWord(SyncedModel):
    """A word or phrase that brings the people to talk to above everything on the search page.

    Those that ship with the site stay: they count whatever the database says
    (searching/crisis_words.py).
    """

    class Kind(models.TextChoices):
        SUICIDE = "suicide", "Suicide and self-harm"
        VIOLENCE = "violence", "Violence and control"
        OTHER = "other", "Other: somebody to talk to"

    phrase = models.CharField(
        unique=True,
        max_length=60,
        help_text="Small letters, without signs. Near spellings are found too, in words of five letters or more.",
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OTHER)

    class Meta:
        ordering = ["phrase"]

    def __str__(self) -> str:
        return self.phrase

    def clean(self) -> None:
        super().clean()
        self.phrase = _plain(self.phrase)
        if len(self.phrase.replace(" ", "")) < 3:
            raise ValidationError(
                {"phrase": "Write at least three letters: fewer would stand in too many searches."}
            )
        if len(self.phrase.split()) > 6:
            raise ValidationError(
                {"phrase": "Write six words at most: a phrase is looked for as a whole."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.phrase = _plain(self.phrase)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.is_shipped:
            raise models.ProtectedError(f"“{self.phrase}” ships with the site and stays.", {self})
        return super().delete(*args, **kwargs)

    @property
    def is_shipped(self) -> bool:
        """Whether it ships with the site."""
        return self.phrase in shipped()


class Synonym(SyncedModel):
    """What people type for something that our texts call by another name."""

    phrase = models.CharField(
        unique=True,
        max_length=60,
        help_text="What people type. Small letters, without signs; a word counts in all its forms.",
    )
    means = models.CharField(
        max_length=200,
        help_text="Our words for it, with commas between them: “complex ptsd, dissociation”.",
    )

    class Meta:
        ordering = ["phrase"]

    def __str__(self) -> str:
        return self.phrase

    def clean(self) -> None:
        super().clean()
        self.phrase, self.means = _plain(self.phrase), ", ".join(self.meanings)
        errors = {}
        if not 1 <= len(self.phrase.split()) <= 6:
            errors["phrase"] = "Write one to six words: a phrase is looked for as a whole."
        if not 1 <= len(self.meanings) <= 6:
            errors["means"] = "Write one to six meanings, with commas between them."
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.phrase, self.means = _plain(self.phrase), ", ".join(self.meanings)
        super().save(*args, **kwargs)

    @property
    def meanings(self) -> list[str]:
        """The words and phrases it stands for."""
        return [plain for part in self.means.split(",") if (plain := _plain(part))]


class SearchDocument(models.Model):
    """A public page as the search knows it; the index over its words is searching/index.py.

    `text` holds a block a line. One with a time is found from then on.
    """

    article = models.OneToOneField(
        "articles.Article", models.CASCADE, null=True, related_name="search_document"
    )
    path = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=400, blank=True)
    label = models.CharField(max_length=80, blank=True)
    minutes = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    publish_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title


class ArticleStem(models.Model):
    """A stem that an article says often, with its share of the text (searching/nearness.py)."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="+")
    stem = models.CharField(max_length=40)
    weight = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["stem", "-weight"], name="article_stem_weight")]

    def __str__(self) -> str:
        return self.stem


def _plain(phrase: str) -> str:
    return " ".join(tokens(phrase))
