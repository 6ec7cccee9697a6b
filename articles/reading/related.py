"""Which articles stand under an article.

The editor's picks, then others of its topic, then the rest.
"""

from django.db.models import Case, When

from articles.models import Article
from trustsite.web.serving.fragments import recall_each

CARDS = 3


def related(article: Article) -> list[Article]:
    """Return up to three published articles, never `article` itself, in at most two queries."""
    picks = cards(article.related, without=article.slug)
    if len(picks) < CARDS:
        known = {article.slug, *(pick.slug for pick in picks)}
        near = Case(When(topic=article.topic_id, then=0), default=1)
        fill = (
            Article.objects.published()
            .for_cards()
            .exclude(slug__in=known)
            .order_by(near, "topic__position", "title")
        )
        picks += list(fill[: CARDS - len(picks)])
    return picks


def cards(slugs: list[str], *, without: str = "") -> list[Article]:
    """Return the published ones of `slugs`, in their order, up to three."""
    by_slug = recall_each("card", slugs, _cards)
    return [by_slug[slug] for slug in slugs if slug in by_slug and slug != without][:CARDS]


def _cards(slugs: list[str]) -> dict[str, Article]:
    rows = Article.objects.published().for_cards().filter(slug__in=slugs)
    return {article.slug: article for article in rows}


def previous_and_next(article: Article) -> tuple[Article | None, Article | None]:
    """Return the published articles before and after `article` on its topic's page, in one query."""
    shelf = list(Article.objects.published().filter(topic=article.topic_id).only("slug", "title"))
    index = next((index for index, other in enumerate(shelf) if other.pk == article.pk), None)
    if index is None:
        return None, None
    return shelf[index - 1] if index else None, shelf[index + 1] if index + 1 < len(shelf) else None
