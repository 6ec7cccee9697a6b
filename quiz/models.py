"""Quizzes and their versions. A version that was once live never changes: who began on it is scored by it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from quiz import scoring
from trustsite.pages import Content

FIXED = "This version is or was live, so it can't change any more. Make a new version instead."


class VersionIsFixedError(Exception):
    """Something tried to change a version that readers have answered, or may have."""


class Quiz(Content):
    """One of the two forms. Its slug decides which margins its answers are scored by."""

    class Slug(models.TextChoices):
        SHORT = "short", "The 3-minute quiz"
        FULL = "full", "The longer quiz"

    # How far one response must be ahead of the next, in shares, for a single answer given; divided by the answers given it
    # comes to about two answers in the short form and two and a half in the longer one. Simulated: whoever clicks at random
    # is named one response in 31 of 100 runs of the short form and in 25 of the longer.
    MARGINS = {"short": (190, 150), "full": (260, 200)}

    slug = models.SlugField(unique=True, choices=Slug)
    title = models.CharField(max_length=80)

    class Meta:
        ordering = ["-slug"]
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.get_slug_display()


class VersionQuerySet(models.QuerySet["Version"]):
    """Versions by who may answer them."""

    def live(self) -> "VersionQuerySet":
        """Those that readers are shown."""
        return self.filter(state=Version.State.LIVE)

    def answerable(self) -> "VersionQuerySet":
        """Those that readers have been shown: an open page is scored by the version it began with."""
        return self.exclude(state=Version.State.DRAFT)

    def whole(self) -> "VersionQuerySet":
        """With all that a page shows."""
        return self.select_related("quiz").prefetch_related("questions__options", "ratings")


class Version(Content):
    """The questions of a quiz at one time."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        RETIRED = "retired", "Retired"

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    released_at = models.DateTimeField("released", null=True, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["quiz", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "number"], name="one_version_per_number"),
            models.UniqueConstraint(fields=["quiz"], condition=Q(state="live"), name="one_live_version_per_quiz"),
        ]

    def __str__(self) -> str:
        return f"{self.quiz}, version {self.number}"

    def clean(self) -> None:
        super().clean()
        if is_fixed(self.pk):
            raise ValidationError(FIXED)

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_if_fixed(self.pk)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse_if_fixed(self.pk)
        return super().delete(*args, **kwargs)

    @transaction.atomic
    def release(self) -> None:
        """Show this draft to readers in place of the present version, which is retired."""
        for present in Version.objects.live().filter(quiz=self.quiz):
            present.retire()
        self.state, self.released_at = self.State.LIVE, timezone.now()
        self.save()

    def retire(self) -> None:
        """Show this version to nobody new."""
        self.state = self.State.RETIRED
        super().save(update_fields=["state"])

    def form(self) -> scoring.Form:
        """Return what `scoring.score` needs."""
        margin, second_margin = Quiz.MARGINS[self.quiz.slug]
        questions = tuple(question.to_score() for question in self.questions.all())
        ratings = tuple(scoring.Rating(rating.key, rating.reverse) for rating in self.ratings.all())
        return scoring.Form(questions, margin, second_margin, ratings)


def is_fixed(*version_ids: int | None) -> bool:
    """Whether one of these versions was ever live. Asks the database, not an object that may be older."""
    return Version.objects.answerable().filter(pk__in=[known for known in version_ids if known]).exists()


def _refuse_if_fixed(*version_ids: int | None) -> None:
    if is_fixed(*version_ids):
        raise VersionIsFixedError(FIXED)


class PartOfVersion(Content):
    """What a version is made of: it can be saved and deleted while the version is a draft."""

    class Meta:
        abstract = True

    @property
    def owner_id(self) -> int | None:
        """The key of the version it belongs to."""
        raise NotImplementedError

    @property
    def kept_owner_id(self) -> int | None:
        """The key of the version it belongs to in the database: moving it elsewhere changes that one too."""
        kept = type(self)._base_manager.filter(pk=self.pk).first() if self.pk else None
        return kept.owner_id if kept else None

    def clean(self) -> None:
        super().clean()
        if is_fixed(self.owner_id, self.kept_owner_id):
            raise ValidationError(FIXED)

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_if_fixed(self.owner_id, self.kept_owner_id)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _refuse_if_fixed(self.owner_id, self.kept_owner_id)
        return super().delete(*args, **kwargs)


class Question(PartOfVersion):
    """One everyday situation."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    context = models.CharField(max_length=60, blank=True, help_text="For editors; readers don't see it.")
    stem = models.CharField("situation", max_length=200)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_question_per_key")]

    def __str__(self) -> str:
        return self.stem

    @property
    def owner_id(self) -> int | None:
        return self.version_id

    def to_score(self) -> scoring.Question:
        """Return what `scoring.score` needs."""
        return scoring.Question(
            self.key, tuple(scoring.Option(option.key, option.weights) for option in self.options.all())
        )


class Option(PartOfVersion):
    """One answer, and the points it gives to each response."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    fight = models.PositiveSmallIntegerField(default=0)
    flight = models.PositiveSmallIntegerField(default=0)
    freeze = models.PositiveSmallIntegerField(default=0)
    fawn = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["question", "key"], name="one_option_per_key")]

    def __str__(self) -> str:
        return self.text

    @property
    def owner_id(self) -> int | None:
        return self.question.version_id

    @property
    def weights(self) -> dict[str, int]:
        """Its points by response."""
        return {response: getattr(self, response) for response in scoring.RESPONSES}


class Rating(PartOfVersion):
    """A statement about how soon stress settles, rated from 0 to 4 (longer form only)."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="ratings")
    key = models.SlugField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    reverse = models.BooleanField("speaks for settling soon", default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_rating_per_key")]

    def __str__(self) -> str:
        return self.text

    @property
    def owner_id(self) -> int | None:
        return self.version_id
