"""Withdrawing an article: what else readers would lose with it, which is asked about before."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.module_loading import import_string

from articles import states
from articles.models import Article, Page, Response

MOST = 5  # titles named


def consequences(article: Article) -> list[str]:
    """Return what goes with an article that readers see, or leads to a page that is gone."""
    return list(_consequences(article)) if article.is_published else []


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
    link = f'href="{article.get_absolute_url()}'
    for model in (Article, Page, Response):
        texts = model._default_manager.filter(html__contains=link)
        if model is Article:
            texts = texts.filter(states.published()).exclude(pk=article.pk)
        titles += [f"“{text.title}”" for text in texts.only("title")]
    more = len(titles) - MOST
    return [*titles[:MOST], *([f"{more} more"] if more > 0 else [])]
