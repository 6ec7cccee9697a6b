"""Changing several articles at once.

First what would become of each and what stands in its way, then all in one go.

The same rules hold as for one: the steps of workflow.py, and no article with a blocking finding
reaches readers.
"""

import hashlib
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles.editing import checks, relinking, withdrawing, workflow
from articles.linking import uses
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
    publish_at: datetime | None = None
    leads_to: str = ""  # where who comes to what is withdrawn reads on
    takes_out_links: bool = False  # to what is withdrawn


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

    Copies of the articles take on the changes; nothing is saved. Articles that are published
    together may lead to each other: one that isn't, because something stands in its way, is no page
    to lead to, so the others are looked at once more.
    """
    rows = list(articles)
    together = {row.pk for row in rows} if wanted.state == State.PUBLISHED else set()
    while True:
        outcomes = [_plan(copy(row), wanted, user, together) for row in rows]
        refused = {one.article.pk for one in outcomes if one.refusals} & together
        if not refused:
            return outcomes
        together -= refused


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
def apply(
    outcomes: list[Outcome], wanted: Changes | None = None, user: Any = None
) -> list[Article]:
    """Save each article that changes, one by one, so that each has its history and renews its
    pages; take out the links to those withdrawn if that is wanted. Return the articles.
    """
    changed = [outcome.article for outcome in outcomes if outcome.is_applied]
    if wanted and wanted.takes_out_links:
        _take_out_links(changed, user)
    for article in changed:
        article.save()
    return changed


def texts_with_links(outcomes: list[Outcome]) -> int:
    """Return how many other texts lead to those that would be withdrawn."""
    return len(_leading_to([one.article for one in outcomes if one.is_applied]))


def _leading_to(articles: list[Article]) -> list[uses.Use]:
    withdrawn = [article for article in articles if article.state == State.WITHDRAWN]
    names = [name for article in withdrawn for name in uses.targets(article)]
    found = uses.of_targets(names, withdrawn)
    return [use for use in found.listed if use.kind in uses.MODELS]


def _take_out_links(articles: list[Article], user: Any) -> None:
    names = tuple(name for article in articles for name in uses.targets(article))
    changes = relinking.plan(_leading_to(articles), relinking.Order(names), user)
    changed = {
        text.pk: text
        for text in relinking.apply(changes, "Its links to what was withdrawn are gone.")
    }
    for article in articles:
        if article.pk in changed and article.state != State.WITHDRAWN:
            article.body, article.related = changed[article.pk].body, changed[article.pk].related


def _plan(article: Article, wanted: Changes, user: Any, together: set[int]) -> Outcome:
    outcome = Outcome(article)
    article.row_before = copy(article)
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
        outcome.refusals = checks.blocking_errors(article, _library(article, together))
    return outcome


def _library(article: Article, together: set[int]) -> checks.SiteLibrary | None:
    """Return what readers can open once those are public that are published with `article`."""
    if article.state != State.PUBLISHED or article.pk not in together:
        return None
    moment = article.publish_at or timezone.now()
    is_open = Q(state=State.PUBLISHED, publish_at__lte=moment) | Q(pk__in=together)
    return checks.SiteLibrary(Article.objects.filter(is_open))


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
        if wanted.publish_at and wanted.state == State.PUBLISHED:
            article.publish_at = wanted.publish_at
        if wanted.state == State.WITHDRAWN:
            article.withdrawn_note, article.updated_at = wanted.withdrawn_note, timezone.now()
            article.leads_to = wanted.leads_to
            outcome.losses = withdrawing.consequences(stored)
        else:
            outcome.losses = withdrawing.postponed(stored, article)
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
