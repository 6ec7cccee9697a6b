"""Changing several articles at once.

First what would become of each and what stands in its way, then all in one go.

The same rules hold as for one: the steps of workflow.py, and no article with a blocking finding
reaches readers.
"""

import hashlib
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from articles.editing import checks, withdrawing, workflow
from articles.models import Article, Topic
from trustsite.desk import publishing

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
    losses: list[str] = field(default_factory=list)  # what goes with it, shown before the last step

    @property
    def is_applied(self) -> bool:
        """Whether something changes and nothing stands in its way."""
        return bool(self.changes) and not self.refusals


def plan(articles: Iterable[Article], wanted: Changes, user: Any) -> list[Outcome]:
    """Return what would become of each article if `user` wanted these changes.

    The articles take on the changes; nothing is saved.
    """
    return [_plan(article, wanted, user) for article in articles]


def fingerprint(outcomes: list[Outcome]) -> str:
    """Return what stands for the outcomes as they are shown.

    A person who says yes says it to these.
    """
    values = [
        (one.article.pk, one.article.changed_at, one.changes, one.refusals, one.losses)
        for one in outcomes
    ]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


@transaction.atomic
def apply(outcomes: list[Outcome]) -> list[Article]:
    """Save each article that changes, one by one, so that each has its history and renews its
    pages. Return them.
    """
    changed = [outcome.article for outcome in outcomes if outcome.is_applied]
    for article in changed:
        article.save()
    return changed


def _plan(article: Article, wanted: Changes, user: Any) -> Outcome:
    outcome = Outcome(article)
    if not (user.has_perm(workflow.WRITE) and publishing.may_change(user, article)):
        outcome.refusals.append("What readers can see is changed by somebody who may publish.")
        return outcome
    _change_state(outcome, wanted, user)
    if wanted.topic and wanted.topic != article.topic:
        outcome.changes.append(f"Topic: {article.topic} → {wanted.topic}.")
        article.topic = wanted.topic
    if wanted.affiliate is not None and wanted.affiliate != article.affiliate:
        outcome.changes.append(
            "It may hold an offer." if wanted.affiliate else "It may hold no offer any more."
        )
        article.affiliate = wanted.affiliate
    if wanted.forget_check and article.checked_on:
        _forget_check(outcome, user)
    if outcome.changes and not outcome.refusals:
        outcome.refusals = checks.blocking_errors(article)
    return outcome


def _change_state(outcome: Outcome, wanted: Changes, user: Any) -> None:
    article = outcome.article
    if wanted.state is None or wanted.state == article.state:
        return
    before, after = article.stage, str(State(wanted.state).label)
    if wanted.state not in workflow.steps(article):
        outcome.refusals.append(f"“{before}” can’t become “{after}”.")
    elif wanted.state not in workflow.choices(article, user):
        outcome.refusals.append(f"You may not make “{after}” of “{before}”.")
    else:
        stored = copy(article)
        article.state = wanted.state
        if wanted.state == State.WITHDRAWN:
            article.withdrawn_note, article.updated_at = wanted.withdrawn_note, timezone.now()
            outcome.losses = withdrawing.consequences(stored)
        outcome.changes.append(f"State: {before} → {article.stage}{_when(article)}.")


def _when(article: Article) -> str:
    if not article.is_scheduled or article.publish_at is None:
        return ""
    return f", for {timezone.localtime(article.publish_at):%-d %B %Y, %H:%M %Z}"


def _forget_check(outcome: Outcome, user: Any) -> None:
    article = outcome.article
    if not (user.has_perm(publishing.PUBLISH) or user.has_perm("articles.review_article")):
        outcome.refusals.append("Somebody who may publish or check can take back its check.")
        return
    outcome.changes.append(f"Its check of {article.checked_on:%-d %B %Y} no longer counts.")
    article.checked_on, article.checked_by = None, ""
