"""Released versions, kept in this process's memory: they never change, so a post asks the database for one row alone."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet

from quiz.models import Version
from quiz.scoring.scoring import Form

MOST = 12  # versions kept


@dataclass(frozen=True)
class Released:
    """A version with all its questions, and the form that its answers are scored by."""

    version: Version

    @cached_property
    def form(self) -> Form:
        """What `scoring.score` needs."""
        return self.version.form()


# By row, time of release (a restored database may use a key again) and title, the one thing an editor may still change.
_kept: dict[tuple[int, datetime | None, str], Released] = {}


def live(slug: str) -> Released | None:
    """Return the version of quiz `slug` that readers are shown."""
    return _find(Version.objects.live().filter(quiz__slug=slug))


def named(slug: str, number: str) -> Released | None:
    """Return version `number` (as a form sent it) of quiz `slug`, if its answers are still scored."""
    return _find(Version.objects.answerable().filter(quiz__slug=slug, number=_number(number)))


def ever(slug: str, number: str) -> Released | None:
    """Return version `number` of quiz `slug`, however long ago it was retired."""
    return _find(Version.objects.released().filter(quiz__slug=slug, number=_number(number)))


def _number(text: str) -> int:
    """Read the number of a version; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _find(versions: QuerySet[Version]) -> Released | None:
    key = versions.order_by().values_list("pk", "released_at", "quiz__title").first()
    if key is None:
        return None
    if key not in _kept:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = Released(Version.objects.whole().get(pk=key[0]))
    return _kept[key]
