"""Changing several articles at once: first what would become of each and what stands in its way, then all in one go.

The same rules hold as for one: the steps of workflow.py, and no article with a blocking finding reaches readers.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from articles.editing import checks, workflow
from articles.models import Article, Topic

State = Article.State
MOST = 200  # articles at a time


@dataclass(frozen=True)
class Changes:
    """What is to become of all of them; None leaves a field as it is."""

    topic: Topic | None = None
    state: str | None = None
    withdrawn_note: str = ""
    affiliate: bool | None = None
    forget_check: bool = False


@dataclass
class Outcome:
    """What would become of one article. With a refusal, nothing would."""

    article: Article
    changes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def is_applied(self) -> bool:
        """Whether something changes and nothing stands in its way."""
        return bool(self.changes) and not self.refusals


def plan(articles: Iterable[Article], wish: Changes, user: Any) -> list[Outcome]:
    """Return what would become of each article if `user` had this wish. The articles take on the wish; nothing is saved."""
    return [_plan(article, wish, user) for article in articles]


def fingerprint(plans: list[Outcome]) -> str:
    """Return what stands for the plans as they are shown: a person who says yes says it to these."""
    said = [(one.article.pk, one.article.changed_at, one.changes, one.refusals) for one in plans]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


@transaction.atomic
def apply(plans: list[Outcome]) -> list[Article]:
    """Save each article that changes, one by one, so that each has its history and renews its pages. Return them."""
    changed = [one.article for one in plans if one.is_applied]
    for article in changed:
        article.save()
    return changed


def _plan(article: Article, wish: Changes, user: Any) -> Outcome:
    made = Outcome(article)
    if not (user.has_perm(workflow.WRITE) and workflow.may_edit(article, user)):
        made.refusals.append("What readers can see is changed by somebody who may publish.")
        return made
    _change_state(made, wish, user)
    if wish.topic and wish.topic != article.topic:
        made.changes.append(f"Topic: {article.topic} → {wish.topic}.")
        article.topic = wish.topic
    if wish.affiliate is not None and wish.affiliate != article.affiliate:
        made.changes.append(
            "It may hold an offer." if wish.affiliate else "It may hold no offer any more."
        )
        article.affiliate = wish.affiliate
    if wish.forget_check and article.checked_on:
        _forget_check(made, user)
    if made.changes and not made.refusals:
        made.refusals = checks.blocking_errors(article)
    return made


def _change_state(made: Outcome, wish: Changes, user: Any) -> None:
    article = made.article
    if wish.state is None or wish.state == article.state:
        return
    before, after = article.stage, str(State(wish.state).label)
    if wish.state not in workflow.steps(article):
        made.refusals.append(f"“{before}” can’t become “{after}”.")
    elif wish.state not in workflow.choices(article, user):
        made.refusals.append(f"You may not make “{after}” of “{before}”.")
    else:
        article.state = wish.state
        if wish.state == State.WITHDRAWN:
            article.withdrawn_note, article.updated_at = wish.withdrawn_note, timezone.now()
        made.changes.append(f"State: {before} → {article.stage}{_when(article)}.")


def _when(article: Article) -> str:
    if not article.is_scheduled or article.publish_at is None:
        return ""
    return f", for {timezone.localtime(article.publish_at):%-d %B %Y, %H:%M %Z}"


def _forget_check(made: Outcome, user: Any) -> None:
    article = made.article
    if not (user.has_perm(workflow.PUBLISH) or user.has_perm("articles.review_article")):
        made.refusals.append("Somebody who may publish or check can take back its check.")
        return
    made.changes.append(f"Its check of {article.checked_on:%-d %B %Y} no longer counts.")
    article.checked_on, article.checked_by = None, ""
