"""Which articles stand under an article: those near to it, and the reading path of its topic."""

from dataclasses import dataclass

from django.db.models import Q

from articles.models import Article
from articles.models.article import READING_ORDER, ArticleQuerySet
from trustsite.web.serving.fragments import recall_each

CARDS = 3
BEFORE, AFTER = 1, 2  # of a reading path
MOST_STARTS = 30  # articles to start with that are looked at


@dataclass(frozen=True)
class Path:
    """A part of the order in which a topic is read: what comes before an article, and after it."""

    before: list[Article]
    after: list[Article]

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def related(article: Article) -> list[Article]:
    """Return up to three published articles, never `article` itself.

    The editor's picks, then the nearest by their words; in one query. While those aren't known yet,
    a second adds the first of its topic.
    """
    wanted = Q(slug__in=article.related) | Q(pk__in=article.nearest or [])
    rows = list(_cards().filter(wanted).exclude(pk=article.pk).order_by())
    by_slug, by_row = {row.slug: row for row in rows}, {row.pk: row for row in rows}
    ranked = [by_slug[slug] for slug in article.related if slug in by_slug]
    ranked += [by_row[pk] for pk in article.nearest or [] if pk in by_row]
    found = list(dict.fromkeys(ranked))[:CARDS]
    if len(found) < CARDS and article.nearest is None:
        known = [article.pk, *(row.pk for row in found)]
        fill = (
            _cards().filter(topic=article.topic_id).exclude(pk__in=known).order_by(*READING_ORDER)
        )
        found += list(fill[: CARDS - len(found)])
    return found


def cards(slugs: list[str]) -> list[Article]:
    """Return the published ones of `slugs`, in their order, up to three."""
    by_slug = recall_each("card", slugs, _by_slug)
    return [by_slug[slug] for slug in slugs if slug in by_slug][:CARDS]


def _by_slug(slugs: list[str]) -> dict[str, Article]:
    return {article.slug: article for article in _cards().filter(slug__in=slugs)}


def where_to_start() -> list[Article]:
    """Return the three articles that the home page tells readers to start with."""
    chosen = list(_cards().filter(starts=True).order_by("topic_id")[:MOST_STARTS])
    return sorted(chosen, key=lambda one: (one.topic.position, one.position, one.title))[:CARDS]


def newest() -> list[Article]:
    """Return the three articles that were published last, of those that readers aren't told to start with."""
    return list(_cards().filter(starts=False).order_by("-publish_at", "-pk")[:CARDS])


def reading_path(article: Article) -> Path:
    """Return what stands before and after an article on its topic, in two queries whose cost is the
    same however many stand there.
    """
    others = _cards().filter(topic=article.topic_id).exclude(pk=article.pk)
    before, after = others.until(article, READING_ORDER), others.after(article, READING_ORDER)
    return Path(list(before[:BEFORE])[::-1], list(after[:AFTER]))


def _cards() -> ArticleQuerySet:
    return Article.objects.published().for_cards()
