"""Which articles stand under an article: those near to it, and the reading path of its topic."""

from dataclasses import dataclass

from django.db.models import Field, Func, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from articles.models import Article, Topic

CARDS = 3
BEFORE, AFTER = 1, 2  # of a reading path
ORDER = ("position", "title", "pk")


def _row(*parts: str | Value) -> Func:
    """Return several columns, or values, to be compared as one: in the order of an index that has them."""
    return Func(*parts, function="", output_field=Field())


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
    rows = list(_cards().filter(wanted).exclude(pk=article.pk))
    by_slug, by_row = {row.slug: row for row in rows}, {row.pk: row for row in rows}
    ranked = [by_slug[slug] for slug in article.related if slug in by_slug]
    ranked += [by_row[pk] for pk in article.nearest or [] if pk in by_row]
    found = list(dict.fromkeys(ranked))[:CARDS]
    if len(found) < CARDS and article.nearest is None:
        known = [article.pk, *(row.pk for row in found)]
        fill = _cards().filter(topic=article.topic_id).exclude(pk__in=known).order_by(*ORDER)
        found += list(fill[: CARDS - len(found)])
    return found


def cards(slugs: list[str]) -> list[Article]:
    """Return the published ones of `slugs`, in their order, up to three."""
    by_slug = {article.slug: article for article in _cards().filter(slug__in=slugs)}
    return [by_slug[slug] for slug in slugs if slug in by_slug][:CARDS]


def where_to_start() -> list[Article]:
    """Return the three articles that the home page tells readers to start with."""
    return list(_cards().filter(starts=True).order_by("topic__position", *ORDER)[:CARDS])


def newest() -> list[Article]:
    """Return the three articles that were published last, of those that readers aren't told to start with."""
    return list(_cards().filter(starts=False).order_by("-publish_at", "slug")[:CARDS])


def reading_path(article: Article) -> Path:
    """Return what stands before and after an article on its topic, in two queries whose cost is the
    same however many stand there.
    """
    topic = _cards().filter(topic=article.topic_id)
    here = _row(Value(article.position), Value(article.title), Value(article.pk or 0))
    back = topic.filter(LessThan(_row(*ORDER), here)).order_by(*(f"-{name}" for name in ORDER))
    onward = topic.filter(GreaterThan(_row(*ORDER), here)).exclude(pk=article.pk).order_by(*ORDER)
    return Path(list(back[:BEFORE])[::-1], list(onward[:AFTER]))


def shelf(topic: Topic) -> QuerySet[Article]:
    """Return the published articles of a topic in the order editors set."""
    return _cards().filter(topic=topic).order_by(*ORDER)


def _cards() -> QuerySet[Article]:
    return Article.objects.published().for_cards()
