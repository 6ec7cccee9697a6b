"""Status of articles as conditions: the list filters by them, the dashboard counts them."""

from collections.abc import Callable

from django.db.models import F, Q
from django.utils import timezone

from articles.editing import review
from articles.states import (
    DRAFT,
    IN_REVIEW,
    WITHDRAWN,
    published,
    scheduled,
)


def due() -> Q:
    """Open to readers, and its check has run out, or there never was one (as review.is_due says of
    one).
    """
    return published() & (
        Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - review.DUE_AFTER)
    )


def changed() -> Q:
    """Its words have changed since they were checked."""
    return ~Q(checked_on=None) & ~Q(checked_text=F("text_hash")) & ~Q(state=WITHDRAWN)


def problems() -> Q:
    """Something was found in it when it was last saved."""
    return Q(problems__gt=0) & ~Q(state=WITHDRAWN)


STAGES: dict[str, tuple[str, Callable[[], Q]]] = {
    "draft": ("Draft", lambda: Q(state=DRAFT)),
    "review": ("In review", lambda: Q(state=IN_REVIEW)),
    "scheduled": ("Scheduled", scheduled),
    "published": ("Published", published),
    "withdrawn": ("Withdrawn", lambda: Q(state=WITHDRAWN)),
}
NEEDS_ATTENTION: dict[str, tuple[str, Callable[[], Q]]] = {
    "due": ("Due for checking", due),
    "changed": ("Changed since it was checked", changed),
    "problems": ("Something to look at", problems),
}
