"""Slug history: the addresses articles once had.

Each leads to its article, wherever that stands now, so there are no chains and no loops.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from articles.models.article import Article
from articles.models.pages import address_of
from articles.models.redirects import SlugRedirect


def record(article: Article) -> None:
    """Part of saving `article`.

    Keep the address readers had for it, and free the one it takes now.
    """
    before = (
        Article.objects.filter(pk=article.pk)
        .only("slug", "state", "publish_at", "first_published_at")
        .first()
    )
    if before and before.slug != article.slug and before.was_public:
        SlugRedirect.objects.update_or_create(slug=before.slug, defaults={"article": article})
    if article.was_public:
        for row in SlugRedirect.objects.filter(slug=article.slug):
            row.delete()


def resolve(slug: str) -> Article | None:
    """Return the article that once stood at `slug`, if readers may know of it."""
    row = SlugRedirect.objects.select_related("article").filter(slug=slug).first()
    return row.article if row and row.article.was_public else None


def addressable(rows: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows that have an address: one broken row must not keep a list from being shown."""
    for row in rows:
        if address_of(row):
            yield row
