"""Which articles stand under an article.

The editor's picks, then others of its topic, then the rest.
"""

from django.db.models import Q, Subquery

from articles.models import Article

CARDS = 3


def related(article: Article) -> list[Article]:
    """Return up to three published articles, never `article` itself, in at most three queries of few rows."""
    results = cards(article.related, without=article.slug) if article.related else []
    published = Article.objects.published().by_title()
    for others in (published.filter(topic=article.topic_id), published):
        if len(results) < CARDS:
            known = {article.slug, *(result.slug for result in results)}
            rows = others.for_cards()[: CARDS + len(known)]  # as many as may be known already
            results += [row for row in rows if row.slug not in known][: CARDS - len(results)]
    return results


def cards(slugs: list[str], *, without: str = "") -> list[Article]:
    """Return the published ones of `slugs`, in their order, up to three."""
    by_slug = {
        article.slug: article
        for article in Article.objects.published().for_cards().filter(slug__in=slugs).order_by()
    }
    return [by_slug[slug] for slug in slugs if slug in by_slug and slug != without][:CARDS]


def previous_and_next(article: Article) -> tuple[Article | None, Article | None]:
    """Return the published articles before and after `article` on its topic's page, in one query of two rows."""
    if article.pk is None or not article.is_published:
        return None, None
    shelf = Article.objects.published().filter(topic=article.topic_id)
    before, after = shelf.listed_until(article).exclude(pk=article.pk), shelf.listed_after(article)
    is_before, is_after = (Q(pk=Subquery(rows.values("pk")[:1])) for rows in (before, after))
    found = Article.objects.filter(is_before | is_after).only("slug", "title").order_by()
    sides: list[Article | None] = [None, None]
    for other in found.annotate(is_next=is_after):
        sides[bool(vars(other)["is_next"])] = other
    return sides[0], sides[1]
