"""Withdrawing an article: what else readers would lose with it, which is asked about before."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.module_loading import import_string

from articles.editing import scheduling
from articles.linking import uses
from articles.models import Article

MOST = 5  # titles named


def consequences(article: Article) -> list[str]:
    """Return what goes with an article that readers see, or leads to a page that is gone."""
    return list(_consequences(article)) if article.is_published else []


def postponed(before: Article, after: Article) -> list[str]:
    """Return what a scheduled article leaves behind when its time or state changes."""
    is_released = after.state == Article.State.PUBLISHED
    is_now = is_released and after.publish_at is None
    is_as_before = is_released and before.publish_at == after.publish_at
    if not before.is_scheduled or is_now or is_as_before:
        return []
    titles = scheduling.left_behind(before, after.publish_at if is_released else None)
    if not titles:
        return []
    named = [f"“{title}”" for title in titles[:MOST]]
    named += [f"{len(titles) - MOST} more"] if len(titles) > MOST else []
    return [f"These texts would lead to it before readers can open it: {', '.join(named)}."]


def _consequences(article: Article) -> Iterator[str]:
    others = Article.objects.published().exclude(pk=article.pk)
    if not others.filter(topic=article.topic_id).exists():
        yield f"It is the last article of “{article.topic}”, whose page goes with it."
    if titles := _leading_to(article):
        yield f"These texts lead to it: {', '.join(titles)}."
    if article.starts:
        yield "The home page tells readers to start with it."
    for path in settings.LINKED_ARTICLES_PROVIDERS:
        what, slugs = import_string(path)()
        if article.slug in slugs:
            yield f"{what} lead to it."


def _leading_to(article: Article) -> list[str]:
    titles = []
    for use in uses.of(article).listed:
        if use.is_public and use.kind in uses.MODELS:
            titles.append(f"“{use.title}”")
    more = len(titles) - MOST
    return [*titles[:MOST], *([f"{more} more"] if more > 0 else [])]
