"""Parts of a version: its questions, their options, and the ratings of the longer quiz."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from quiz import lint
from quiz.models.versions import FIXED, Version, is_fixed, refuse_if_fixed
from quiz.scoring import scoring
from trustsite.models import CachedPageModel


class PartOfVersion(CachedPageModel):
    """A part of a version: it can be saved and deleted while the version is a draft."""

    SEEN_AT_ONCE = False

    class Meta:
        abstract = True

    def is_seen(self) -> bool:
        return is_fixed(self.owner_id, self.stored_owner_id)

    @property
    def owner_id(self) -> int | None:
        """Primary key of the version it belongs to."""
        raise NotImplementedError

    @property
    def stored_owner_id(self) -> int | None:
        """Primary key of the version it belongs to in the database.

        Moving it elsewhere changes that version too.
        """
        stored = type(self)._base_manager.filter(pk=self.pk).first() if self.pk else None
        return stored.owner_id if stored else None

    def clean(self) -> None:
        super().clean()
        if is_fixed(self.owner_id, self.stored_owner_id):
            raise ValidationError(FIXED)

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_if_fixed(self.owner_id, self.stored_owner_id)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_if_fixed(self.owner_id, self.stored_owner_id)
        return super().delete(*args, **kwargs)


class Question(PartOfVersion):
    """One everyday situation."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    context = models.CharField(
        max_length=60, blank=True, help_text="For editors; readers don't see it."
    )
    stem = models.CharField("situation", max_length=200)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_question_per_key")
        ]

    def __str__(self) -> str:
        return self.stem

    @property
    def owner_id(self) -> int | None:
        return self.version_id

    def definition(self) -> scoring.Question:
        """Return what `scoring.score` needs."""
        options = [
            scoring.Option(option.key, option.weights, option.calm) for option in self.options.all()
        ]
        return scoring.Question(self.key, tuple(options))

    def wording(self) -> lint.Wording:
        """Return what `lint.problems` reads."""
        texts = tuple(option.text for option in self.options.all())
        return lint.Wording(self.key, self.stem, texts)


class Option(PartOfVersion):
    """One answer, and the points it gives to each response; a calm one gives none."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    fight = models.PositiveSmallIntegerField(default=0)
    flight = models.PositiveSmallIntegerField(default=0)
    freeze = models.PositiveSmallIntegerField(default=0)
    fawn = models.PositiveSmallIntegerField(default=0)
    calm = models.BooleanField(
        default=False,
        help_text="What somebody who isn't thrown does here. It gives no points.",
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["question", "key"], name="one_option_per_key")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def owner_id(self) -> int | None:
        return self.question.version_id

    @property
    def weights(self) -> dict[str, int]:
        """Points by response."""
        return {response: getattr(self, response) for response in scoring.RESPONSES}

    @property
    def points(self) -> list[tuple[str, int]]:
        """Responses that get points from it, and how many, the most first."""
        positive = [(name, points) for name, points in self.weights.items() if points]
        return sorted(positive, key=lambda pair: -pair[1])


class Rating(PartOfVersion):
    """A statement about how soon stress settles, rated from 0 to 4 (longer form only)."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="ratings")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    reverse = models.BooleanField("speaks for settling soon", default=False)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_rating_per_key")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def owner_id(self) -> int | None:
        return self.version_id
