"""Scheduling: texts that lead to each other, and what a changed time does to them."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Length, Substr
from django.urls import reverse

from articles import states
from articles.models import Article, TextUse

ARTICLES = "/articles/"
ROUNDS = 5  # links followed backwards
MOST = 200  # articles looked at


def awaited(article: Article) -> set[str]:
    """Return the addresses of articles not yet released that lead to `article`, at most five steps
    away.

    A link from it to one of these closes a circle: whichever is scheduled first leads to one that
    isn't. The check lets it pass and says so; the desk's first page counts what then stays behind.
    """
    unreleased = Article.objects.filter(state__in=(states.DRAFT, states.IN_REVIEW))
    paths: set[str] = set()
    frontier = {_path(article.slug)}
    for _ in range(ROUNDS):
        keys = _leading_to(frontier)
        rows = unreleased.filter(pk__in=keys).exclude(pk=article.pk).values_list("slug", flat=True)
        frontier = {_path(slug) for slug in rows[:MOST]} - paths
        if not frontier:
            break
        paths |= frontier
    return paths


def left_behind(article: Article, opens_at: datetime | None) -> list[str]:
    """Return the titles of texts that would lead to `article` before it is there, if it opened at
    `opens_at` (None: not at all).
    """
    others = Article.objects.filter(
        pk__in=_leading_to({_path(article.slug)}), state=states.PUBLISHED
    )
    if opens_at is not None:
        others = others.filter(publish_at__lt=opens_at)
    return list(others.exclude(pk=article.pk).order_by("title").values_list("title", flat=True))


def number_leading_nowhere() -> int:
    """Return how many scheduled articles have a link to one that isn't to be read by then."""
    scheduled = Article.objects.filter(states.scheduled())
    links = TextUse.objects.filter(
        text_kind="article",
        text_id__in=scheduled.values("pk"),
        how=TextUse.How.LINK,
        target__startswith=ARTICLES,
    )
    slug = Substr("target", len(ARTICLES) + 1, Length("target") - len(ARTICLES) - 1)
    there = Article.objects.filter(slug=OuterRef("slug"))
    appears_at = scheduled.filter(pk=OuterRef("text_id")).values("publish_at")
    by_then = there.filter(state=states.PUBLISHED, publish_at__lte=OuterRef("appears_at"))
    links = links.annotate(slug=slug, appears_at=Subquery(appears_at))
    late = links.filter(Exists(there), ~Exists(by_then))
    return late.values("text_id").distinct().count()


def _leading_to(paths: set[str]) -> QuerySet[TextUse, Any]:
    uses = TextUse.objects.filter(text_kind="article", how=TextUse.How.LINK, target__in=paths)
    return uses.values_list("text_id", flat=True)


def _path(slug: str) -> str:
    return reverse("articles:article", args=[slug])
