"""Cache of released versions in this process's memory.

They never change, so a post asks the database for one row alone.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet

from quiz.models import Version
from quiz.scoring.scoring import QuizDefinition

MAX_ENTRIES = 12


@dataclass(frozen=True)
class CachedVersion:
    """A version with all its questions, and the definition that its answers are scored by."""

    version: Version

    @cached_property
    def definition(self) -> QuizDefinition:
        """What `scoring.score` needs."""
        return self.version.definition()


# By row, time of release (a restored database may use a key again) and title, the one thing an
# editor may still change.
_cache: dict[tuple[int, datetime | None, str], CachedVersion] = {}


def live(slug: str) -> CachedVersion | None:
    """Return the version of quiz `slug` that readers are shown."""
    return _get(Version.objects.live().filter(quiz__slug=slug))


def by_number(slug: str, number: str) -> CachedVersion | None:
    """Return version `number`, as a form sent it, of quiz `slug`, if it is still scored."""
    return _get(Version.objects.answerable().filter(quiz__slug=slug, number=_number(number)))


def any_version(slug: str, number: str) -> CachedVersion | None:
    """Return version `number` of quiz `slug`, however long ago it was retired."""
    return _get(Version.objects.released().filter(quiz__slug=slug, number=_number(number)))


def _number(text: str) -> int:
    """Read the number of a version; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _get(versions: QuerySet[Version]) -> CachedVersion | None:
    key = versions.order_by().values_list("pk", "released_at", "quiz__title").first()
    if key is None:
        return None
    if key not in _cache:
        if len(_cache) >= MAX_ENTRIES:
            _cache.clear()
        _cache[key] = CachedVersion(Version.objects.with_questions().get(pk=key[0]))
    return _cache[key]
