"""The addresses articles once had. Each leads to its article, wherever that stands now, so there are no chains and no loops."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import NoReverseMatch

from articles.models import Article, OldAddress


def keep(article: Article) -> None:
    """Part of saving `article`: keep the address readers had for it, and free the one it takes now."""
    before = (
        Article.objects.filter(pk=article.pk)
        .only("slug", "state", "publish_at", "first_published_at")
        .first()
    )
    if before and before.slug != article.slug and before.was_public:
        OldAddress.objects.update_or_create(slug=before.slug, defaults={"article": article})
    if article.was_public:
        for row in OldAddress.objects.filter(slug=article.slug):
            row.delete()


def leads_to(slug: str) -> Article | None:
    """Return the article that once stood at `slug`, if readers may know of it."""
    row = OldAddress.objects.select_related("article").filter(slug=slug).first()
    return row.article if row and row.article.was_public else None


def addressable(rows: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows that an address can be made of: one broken row must not keep a list of all from being shown."""
    for row in rows:
        try:
            row.get_absolute_url()
        except NoReverseMatch:
            continue
        yield row
