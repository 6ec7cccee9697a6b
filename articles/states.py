"""Article states: which there are, what readers see of each, and what can't be taken back."""

from datetime import datetime
from typing import Protocol

from django.db.models import Q
from django.utils import timezone

DRAFT, IN_REVIEW, PUBLISHED, WITHDRAWN = "draft", "in review", "published", "withdrawn"
PUBLIC = (PUBLISHED, WITHDRAWN)  # with an address that readers know, once publish_at has come
FOR_GOOD = (
    "Readers have seen this article, so its address stays: change it, or withdraw it with a reason."
)
SEEN_SINCE = "Readers could open it from the day that stands here; that day can’t become another."


class HasState(Protocol):
    """What the rules of states look at: an article, or what the database has of it."""

    state: str
    publish_at: datetime | None

    @property
    def was_public(self) -> bool: ...


def scheduled() -> Q:
    """Released, and its time still to come."""
    return Q(state=PUBLISHED, publish_at__gt=timezone.now())


def published() -> Q:
    """Open to readers now.

    Said the other way round, so that no database takes the time for the way in: a list is read in its own order
    by an index that begins with the state, and the few whose time is still to come are passed over.
    """
    return Q(state=PUBLISHED) & ~(Q(publish_at=None) | Q(publish_at__gt=timezone.now()))


def is_published(state: str, publish_at: datetime | None) -> bool:
    """Whether readers can open now what has this state and this time: the same rule, of a row that is at hand."""
    return state == PUBLISHED and publish_at is not None and publish_at <= timezone.now()


def undone(before: HasState | None, after: HasState) -> dict[str, str]:
    """Return, by field, what saving `after` over `before` would take back of what readers saw."""
    if before is None or not before.was_public:
        return {}
    errors = {}
    if after.state not in PUBLIC and before.state in PUBLIC:
        errors["state"] = FOR_GOOD
    if after.publish_at is not None and after.publish_at > timezone.now():
        errors["publish_at"] = (
            "Readers have seen this article, so it can’t be published at a time to come."
        )
    return errors
