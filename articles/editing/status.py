"""Status of articles as conditions: the list filters by them, the dashboard counts them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from articles.editing import review
from articles.linking.faults import FAULTS
from articles.models import Article, Page
from articles.states import (
    DRAFT,
    IN_REVIEW,
    WITHDRAWN,
    published,
    scheduled,
)
from trustsite.desk import days, marks
from trustsite.desk.marks import Mark


def overdue() -> Q:
    """Its check has run out, or there never was one (as review.is_due says of one)."""
    return Q(checked_on=None) | Q(checked_on__lt=timezone.localdate() - review.DUE_AFTER)


def due_soon() -> Q:
    """Its check runs out within a month."""
    first = timezone.localdate() - review.DUE_AFTER
    return Q(checked_on__range=(first, first + review.SOON))


def due() -> Q:
    """Open to readers, and its check has run out, or there never was one."""
    return published() & overdue()


def changed() -> Q:
    """Its words have changed since they were checked."""
    return ~Q(checked_on=None) & ~Q(checked_text=F("text_hash")) & ~Q(state=WITHDRAWN)


def problems() -> Q:
    """Something was found in it when it was last saved."""
    return Q(problems__gt=0) & ~Q(state=WITHDRAWN)


def mark(article: Article) -> Mark:
    """Return an article's state, with since or from when readers see it."""
    if article.state == WITHDRAWN:
        on = days.day(timezone.localdate(article.updated_at))
        return Mark(marks.WITHDRAWN, f"Withdrawn on {on}, readers are told why")
    if article.state == IN_REVIEW:
        return Mark(marks.REVIEW, "In review")
    if article.publish_at is None or article.state == DRAFT:
        plan = f", planned for {days.day(article.planned_on)}" if article.planned_on else ""
        return Mark(marks.DRAFT, f"Draft{plan}")
    at = timezone.localtime(article.publish_at)
    if article.is_scheduled:
        return Mark(marks.DATED, f"Public on {at:%a} {days.day(at.date())}, {at:%H:%M %Z}")
    is_changed = article.checked_on and article.checked_text != article.text_hash
    changed = ", changed since its check" if is_changed else ""
    return Mark(marks.PUBLIC, f"Public since {days.day(at.date())}{changed}")


Condition = tuple[str, Callable[[], Q]]  # what it is called, and the rows it is true of
STAGES: dict[str, Condition] = {
    "draft": ("Draft", lambda: Q(state=DRAFT)),
    "review": ("In review", lambda: Q(state=IN_REVIEW)),
    "scheduled": ("Scheduled", scheduled),
    "published": ("Published", published),
    "withdrawn": ("Withdrawn", lambda: Q(state=WITHDRAWN)),
}
NEEDS_ATTENTION: dict[str, Condition] = {
    "due": ("Due for checking", due),
    "soon": ("Due within 30 days", lambda: published() & due_soon()),
    "changed": ("Changed since it was checked", changed),
    "problems": ("Something to look at", problems),
}
# Of pages, which readers see from when they are first saved.
CHECKED: dict[str, Condition] = {
    "due": ("Due for checking", overdue),
    "soon": ("Due within 30 days", due_soon),
}


def asking(model: Any) -> dict[str, Condition]:
    """Return what texts of a model may ask of an editor, by name."""
    if model is Article:
        faults = {
            name: (label, partial(_of_read, holds)) for name, (label, holds) in FAULTS.items()
        }
        return NEEDS_ATTENTION | faults
    label, holds = FAULTS["links"]  # they hold neither pictures nor offers
    links: Condition = label, partial(holds, model._meta.model_name)
    return (CHECKED if model is Page else {}) | {"links": links}


def _of_read(holds: Callable[[str], Q]) -> Q:
    return holds("article") & ~Q(state=WITHDRAWN)
