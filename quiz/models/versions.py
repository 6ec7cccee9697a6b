"""Quizzes and their versions.

A version that was once live never changes: who began on it is scored by it.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from quiz import lint
from quiz.scoring import scoring
from quiz.scoring.simulation import Simulation, simulate
from trustsite.models import CachedPageModel

FIXED = "This version is or was live, so it can't change any more. Make a new version instead."
LAST = (
    "This is the only live version of the 3-minute quiz, and every page of the site leads to it. Release another"
    " version: that retires this one by itself."
)
# How long after its retirement a form in somebody's hands is scored.
ANSWERABLE_FOR = timedelta(days=365)


class VersionIsFixedError(Exception):
    """Something tried to change a version that readers have answered, or may have."""


class LastVersionError(Exception):
    """Retiring this version would leave readers without a quiz."""


class NotReadyError(Exception):
    """A version can't be released yet; `problems` say what to change."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Quiz(CachedPageModel):
    """One of the two forms. Its slug decides which margins its answers are scored by."""

    class Slug(models.TextChoices):
        SHORT = "short", "The 3-minute quiz"
        FULL = "full", "The longer quiz"

    # How far one response must be ahead of the next, in shares, for a single answer given. Divided
    # by the answers given it comes to about two answers in the short form and two and a half in the
    # longer one. Simulated: who answers at random is named one response in 31 of 100 runs of the
    # first short form and in 25 of the longer one; with calm answers, in 25 and 20.
    MARGINS = {"short": (190, 150), "full": (260, 200)}
    MINUTES = {"short": 3, "full": 6}

    slug = models.SlugField(unique=True, choices=Slug)
    title = models.CharField(max_length=80)

    class Meta:
        ordering = ["-slug"]
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.get_slug_display()

    def loss(self, after: "Quiz | None", gone: Collection[Any] = ()) -> str:
        if self.pk and self.versions.released().exists() and (not after or after.slug != self.slug):
            return "Readers have answered it, so it stays, as the form that it is."
        return ""

    def get_absolute_url(self) -> str:
        return reverse("quiz:longer" if self.slug == self.Slug.FULL else "quiz:take")

    @property
    def is_longer(self) -> bool:
        """Whether it goes on from the 3-minute one."""
        return self.slug == self.Slug.FULL

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return self.MINUTES[self.slug]


class VersionQuerySet(models.QuerySet["Version"]):
    """Versions by who may answer them."""

    def live(self) -> "VersionQuerySet":
        """Those that readers are shown."""
        return self.filter(state=Version.State.LIVE)

    def released(self) -> "VersionQuerySet":
        """Those that readers are or were shown."""
        return self.exclude(state=Version.State.DRAFT)

    def answerable(self) -> "VersionQuerySet":
        """Those that answers are scored by.

        The live ones, and those retired less than a year ago.
        """
        return self.filter(
            Q(state=Version.State.LIVE) | Q(retired_at__gt=timezone.now() - ANSWERABLE_FOR)
        )

    def with_questions(self) -> "VersionQuerySet":
        """With all that a page shows."""
        return self.select_related("quiz").prefetch_related("questions__options", "ratings")


class Version(CachedPageModel):
    """The questions of a quiz at one time."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        RETIRED = "retired", "Retired"

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(editable=False)
    note = models.CharField(
        "what changed",
        max_length=200,
        blank=True,
        help_text="One sentence for the version history on the method page.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    released_at = models.DateTimeField("released", null=True, editable=False)
    retired_at = models.DateTimeField("retired", null=True, editable=False)
    # What quiz.scoring.simulation found when it was released, as its `to_json` gives it.
    simulation = models.JSONField(null=True, editable=False, db_column="behaviour")

    objects = VersionQuerySet.as_manager()
    SEEN_AT_ONCE = False

    class Meta:
        ordering = ["quiz", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "number"], name="one_version_per_number"),
            models.UniqueConstraint(
                fields=["quiz"], condition=Q(state="live"), name="one_live_version_per_quiz"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quiz}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state == self.State.DRAFT

    def is_seen(self) -> bool:
        return is_fixed(self.pk)

    @property
    def is_live(self) -> bool:
        """Whether readers are shown it."""
        return self.state == self.State.LIVE

    def clean(self) -> None:
        super().clean()
        if is_fixed(self.pk):
            raise ValidationError(FIXED)

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_if_fixed(self.pk)
        if self.number is None:
            self.number = 1 + max(self.quiz.versions.values_list("number", flat=True), default=0)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_if_fixed(self.pk)
        return super().delete(*args, **kwargs)

    @transaction.atomic
    def release(self) -> None:
        """Show this draft to readers and retire the present version; or raise NotReadyError."""
        refuse_if_fixed(self.pk)
        draft = Version.objects.with_questions().get(pk=self.pk)
        if problems := draft.problems():
            raise NotReadyError(problems)
        for present in Version.objects.live().filter(quiz=self.quiz):
            present.retire(is_replaced=True)
        self.simulation = simulate(draft.definition()).to_json()
        self.state, self.released_at = self.State.LIVE, timezone.now()
        self.save()

    def retire(self, *, is_replaced: bool = False) -> None:
        """Show this version to nobody new. Raises LastVersionError for the 3-minute quiz, unless another takes its place:
        every page leads to it.
        """
        if not (is_replaced or self.quiz.is_longer):
            raise LastVersionError(LAST)
        self.state, self.retired_at = self.State.RETIRED, timezone.now()
        super().save(update_fields=["state", "retired_at"])

    def definition(self) -> scoring.QuizDefinition:
        """Return what `scoring.score` needs."""
        margin, second_margin = Quiz.MARGINS[self.quiz.slug]
        questions = tuple(question.definition() for question in self.questions.all())
        ratings = tuple(scoring.Rating(rating.key, rating.reverse) for rating in self.ratings.all())
        return scoring.QuizDefinition(questions, margin, second_margin, ratings)

    def problems(self) -> list[str]:
        """Return what keeps it from being released.

        Of a released one: what is wrong with it since the rules changed.
        """
        definition = self.definition()
        simulation = None
        if self.simulation or not any(lint.check_structure(definition)):
            simulation = self.stored_or_new_simulation()
        wording = [question.wording() for question in self.questions.all()]
        return lint.problems(definition, wording, simulation)

    def stored_or_new_simulation(self) -> Simulation:
        """Return what was simulated at the release, or else simulate it.

        Every question needs an option.
        """
        if self.simulation:
            return Simulation.from_json(self.simulation)
        return simulate(self.definition())


class Review(CachedPageModel):
    """Review of a version by somebody qualified.

    They have read it, quiz and results, and stand by it with name and profession.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.CharField(
        max_length=120, help_text="Name and profession, with the person's consent."
    )
    reviewed_on = models.DateField()

    SEEN_AT_ONCE = False
    CHECK_FIELDS = ("version", "reviewer", "reviewed_on")

    class Meta:
        ordering = ["reviewed_on", "pk"]

    def __str__(self) -> str:
        return f"{self.reviewer}, {self.reviewed_on:%-d %B %Y}"

    def is_seen(self) -> bool:
        return is_fixed(self.version_id)


def is_fixed(*version_ids: int | None) -> bool:
    """Whether one of these versions was ever live.

    Asks the database, not an object that may be older.
    """
    return Version.objects.released().filter(pk__in=list(filter(None, version_ids))).exists()


def refuse_if_fixed(*version_ids: int | None) -> None:
    """Raise if one of these versions was ever live."""
    if is_fixed(*version_ids):
        raise VersionIsFixedError(FIXED)
