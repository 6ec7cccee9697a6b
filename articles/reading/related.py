"""Which articles stand under an article: those near to it, and the reading path of its topic."""

from dataclasses import dataclass

from django.db.models import Q

from articles.models import Article
from articles.models.article import READING_ORDER, ArticleQuerySet
from articles.reading.cards import Card, read, read_published, rows
from trustsite.web.serving.fragments import recall_each, remembered

CARDS = 3
BEFORE, AFTER = 1, 2  # of a reading path
ROW = "#"  # before a primary key, which a slug could look like
MOST_ON_PATH = 100  # articles of a topic whose whole order is remembered
MOST_STARTS = 30  # articles to start with that are looked at


@dataclass(frozen=True)
class Path:
    """A part of the order in which a topic is read: what comes before an article, and after it."""

    before: list[Card]
    after: list[Card]

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def related(article: Article) -> list[Card]:
    """Return up to three published articles, never `article` itself.

    The editor's picks, then the nearest by their words; in one query. While those aren't known yet,
    a second adds the first of its topic.
    """
    wanted = _wanted(article)
    by_name = recall_each("card of", wanted, _by_slug_or_row)
    ranked = [by_name[name] for name in wanted if name in by_name]
    found = [row for row in dict.fromkeys(ranked) if row.pk != article.pk][:CARDS]
    if len(found) < CARDS and article.nearest is None:
        known = [article.pk, *(row.pk for row in found)]
        fill = _published().filter(topic=article.topic_id).exclude(pk__in=known)
        found += read(rows(fill.order_by(*READING_ORDER))[: CARDS - len(found)])
    return found


def _wanted(article: Article) -> list[str]:
    picks = [slug for slug in article.related if not slug.startswith(ROW)]
    return [*picks, *map(_name, article.nearest or [])]


def cards(slugs: list[str]) -> list[Card]:
    """Return the published ones of `slugs`, in their order, up to three."""
    by_slug = recall_each("card of", slugs, _by_slug_or_row)
    return [by_slug[slug] for slug in slugs if slug in by_slug][:CARDS]


def where_to_start() -> list[Card]:
    """Return the three articles that the home page tells readers to start with."""
    chosen = read(rows(_published().filter(starts=True).order_by("topic_id"))[:MOST_STARTS])
    return sorted(chosen, key=lambda one: (one.topic.position, one.position, one.title))[:CARDS]


def newest() -> list[Card]:
    """Return the three articles that were published last, of those that readers aren't told to start with."""
    latest = _published().filter(starts=False).order_by("-publish_at", "-pk")
    return read(rows(latest)[:CARDS])


def reading_path(article: Article) -> Path:
    """Return what stands before and after an article on its topic.

    At most three queries, whose cost is the same however many stand there. What is related to it is read along with
    them, and remembered.
    """
    order = _order_of(article.topic_id)
    here = (article.position, article.title, article.pk)
    if len(order) > MOST_ON_PATH or here not in order:  # a draft may be moved
        others = _published().filter(topic=article.topic_id).exclude(pk=article.pk)
        before = read(rows(others.until(article, READING_ORDER))[:BEFORE])
        return Path(before[::-1], read(rows(others.after(article, READING_ORDER))[:AFTER]))
    place = order.index(here)
    earlier = [_name(pk) for *_, pk in order[max(0, place - BEFORE) : place]]
    later = [_name(pk) for *_, pk in order[place + 1 : place + 1 + AFTER]]
    found = recall_each("card of", [*earlier, *later, *_wanted(article)], _by_slug_or_row)
    return Path(
        [found[pk] for pk in earlier if pk in found], [found[pk] for pk in later if pk in found]
    )


@remembered
def _order_of(topic: int) -> list[tuple[int, str, int]]:
    """Return the place of each published article of a topic, in its reading order; of a long one only that it is long."""
    published = Article.objects.published().filter(topic=topic)
    return list(published.order_by(*READING_ORDER).values_list(*READING_ORDER)[: MOST_ON_PATH + 1])


def _by_slug_or_row(names: list[str]) -> dict[str, Card]:
    """Return the cards of published articles, by their slugs and by the names of their rows."""
    numbers = [int(name.removeprefix(ROW)) for name in names if name.startswith(ROW)]
    found = {}
    wanted = Article.objects.filter(Q(slug__in=names) | Q(pk__in=numbers)).order_by()
    for card in read_published(wanted):
        found[card.slug] = found[_name(card.pk)] = card
    return found


def _name(row: int) -> str:
    return f"{ROW}{row}"


def _published() -> ArticleQuerySet:
    return Article.objects.published()
