"""Cache of released versions in this process's memory.

They never change, so a post asks the database for one row alone. Each worker of the web server has
them all from its start (`remember`), so that the quiz is asked and scored while the database is away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import Error
from django.utils import timezone

from quiz import forms
from quiz.models import Review, Version
from quiz.models.versions import ANSWERABLE_FOR
from quiz.scoring.scoring import QuizDefinition
from trustsite.web.serving.fragments import remembered

MAX_ENTRIES = 12


@dataclass(frozen=True)
class CachedVersion:
    """A version with all its questions, and the definition that its answers are scored by."""

    version: Version

    @cached_property
    def fields(self) -> forms.Fields:
        """What `forms.read` needs."""
        return forms.fields(self.version)

    @cached_property
    def definition(self) -> QuizDefinition:
        """What `scoring.score` needs."""
        return self.version.definition()


# By row, time of release (a restored database may use a key again) and title, the one thing an
# editor may still change.
_cache: dict[tuple[int, datetime | None, str], CachedVersion] = {}


# What is asked when the database isn't there: the newest released versions, as last seen.
_remembered: list[CachedVersion] = []


def remember() -> None:
    """Have the newest released versions in memory; called at a worker's start and when content changes."""
    rows = Version.objects.released().with_questions().prefetch_related("reviews")
    newest = rows.order_by("-released_at", "-pk")[:MAX_ENTRIES]
    _remembered[:] = [CachedVersion(version) for version in newest]


def live(slug: str) -> CachedVersion | None:
    """Return the version of quiz `slug` that readers are shown."""
    return _get("live", slug, None, lambda one: one.is_live)


@remembered
def has_live(slug: str) -> bool:
    """Whether readers are shown quiz `slug`."""
    try:
        return Version.objects.live().filter(quiz__slug=slug).exists()
    except Error:
        return live(slug) is not None


def by_number(slug: str, number: str) -> CachedVersion | None:
    """Return version `number`, as a form sent it, of quiz `slug`, if it is still scored."""
    return _get("answerable", slug, _number(number), _is_answerable)


def any_version(slug: str, number: str) -> CachedVersion | None:
    """Return version `number` of quiz `slug`, however long ago it was retired."""
    return _get("released", slug, _number(number), lambda one: True)


def reviews(version: Version) -> list[Review]:
    """Return who stands by a version; as last seen, when the database isn't there."""
    try:
        return list(version.reviews.all())
    except Error:
        seen = (one.version for one in _remembered if one.version.pk == version.pk)
        return [review for one in seen for review in one.reviews.all()]


def _number(text: str) -> int:
    """Read the number of a version; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _is_answerable(version: Version) -> bool:
    retired = version.retired_at
    return version.is_live or bool(retired and retired > timezone.now() - ANSWERABLE_FOR)


def _get(
    which: str, slug: str, number: int | None, is_meant: Callable[[Version], bool]
) -> CachedVersion | None:
    """Return the version asked for; of those remembered, when the database isn't there."""
    try:
        return _find(which, slug, number)
    except Error:
        if not _remembered:
            raise
        meant = [one for one in _remembered if one.version.quiz.slug == slug]
        numbered = [one for one in meant if number is None or one.version.number == number]
        return next((one for one in numbered if is_meant(one.version)), None)


@remembered
def _find(which: str, slug: str, number: int | None) -> CachedVersion | None:
    versions = getattr(Version.objects, which)().filter(quiz__slug=slug)
    if number is not None:
        versions = versions.filter(number=number)
    key = versions.order_by().values_list("pk", "released_at", "quiz__title").first()
    return _cached(key) if key else None


def _cached(key: tuple[int, datetime | None, str]) -> CachedVersion:
    if key not in _cache:
        if len(_cache) >= MAX_ENTRIES:
            _cache.clear()
        _cache[key] = CachedVersion(Version.objects.with_questions().get(pk=key[0]))
    return _cache[key]
