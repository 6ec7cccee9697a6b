"""What an article can ask of an editor, as conditions: the list filters by them, the desk's first page counts them."""

from collections.abc import Callable

from django.db.models import F, Q
from django.utils import timezone

from articles.editing import review
from articles.editing.workflow import DRAFT, IN_REVIEW, PUBLISHED, WITHDRAWN


def scheduled() -> Q:
    """Released, and its time still to come."""
    return Q(state=PUBLISHED, publish_at__gt=timezone.now())


def published() -> Q:
    """Open to readers now."""
    return Q(state=PUBLISHED, publish_at__lte=timezone.now())


def due() -> Q:
    """Open to readers, and its check has run out, or there never was one (as signoff.is_due says of one article)."""
    return published() & (
        Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - review.DUE_AFTER)
    )


def changed() -> Q:
    """Its words have changed since they were checked."""
    return ~Q(checked_on=None) & ~Q(checked_text=F("text_now")) & ~Q(state=WITHDRAWN)


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
ASKS: dict[str, tuple[str, Callable[[], Q]]] = {
    "due": ("Due for checking", due),
    "changed": ("Changed since it was checked", changed),
    "problems": ("Something to look at", problems),
}
