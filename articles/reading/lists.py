"""Lists of articles: all on one page while there are few, and pages by keyset once there are many.

A page begins after an article that its address names, so it costs the same wherever it is, and there are no more
addresses than articles. Nothing is counted or skipped.
"""

from collections import Counter
from dataclasses import dataclass

from django.http import Http404

from articles import states
from articles.models import Article, Topic
from articles.models.article import ArticleQuerySet, Order
from articles.reading import cards
from articles.reading.cards import Card

MOST = 100  # articles that stand on one page, all of them
PAGE = 30  # articles of a page, when there are more


@dataclass(frozen=True)
class ListPage:
    """A page of a list, and the addresses of the pages beside it; empty where there is none."""

    articles: list[Card]
    previous: str = ""
    next: str = ""

    @property
    def is_all(self) -> bool:
        """Whether the whole list stands on it."""
        return not self.previous and not self.next


def page(articles: ArticleQuerySet, place: str, after: str, order: Order) -> ListPage:
    """Return the first page of the list at `place`, or the one after an article; Http404 for none."""
    found = page_after(articles, place, after, order) if after else None
    if after and found is None:
        raise Http404
    return found or first_page(articles, place, order)


def first_page(articles: ArticleQuerySet, place: str, order: Order) -> ListPage:
    """Return all of the list at `place`, or its first page when it is long."""
    found = cards.read(cards.rows(articles.order_by(*order))[: MOST + 1])
    if len(found) <= MOST:
        return ListPage(found)
    return ListPage(found[:PAGE], next=_address(place, found[PAGE - 1].slug))


def page_after(articles: ArticleQuerySet, place: str, slug: str, order: Order) -> ListPage | None:
    """Return the page of the list at `place` that begins after the article at `slug`; None when there is none."""
    start = _start(slug)
    if start is None:
        return None
    found = cards.read(cards.rows(articles.after(start, order))[: PAGE + 1])
    if not found:
        return None
    previous = _address(place, _previous(articles, start, order))
    following = _address(place, found[PAGE - 1].slug) if len(found) > PAGE else ""
    return ListPage(found[:PAGE], previous, following)


def topics_with_numbers() -> list[Topic]:
    """Return the topics that readers find something on, each with the `number` of its articles: None
    once there are too many to count at each visit.
    """
    published = Article.objects.published()
    placed = list(published.order_by().values_list("topic_id", flat=True)[: MOST + 1])
    numbers = Counter(placed if len(placed) <= MOST else [])
    topics = list(published.topics().order_by("position", "title"))
    for topic in topics:
        topic.number = numbers[topic.pk] or None
    return topics


def _address(place: str, slug: str) -> str:
    return f"{place}after/{slug}/" if slug else place


def _start(slug: str) -> Article | None:
    """Return the article that a page begins after: one that readers can open, or could."""
    names = ("title", "position", "state", "publish_at", "first_published_at")
    start = Article.objects.filter(slug=slug).only(*names).order_by("pk").first()
    return start if start and start.state in states.PUBLIC and start.was_public else None


def _previous(articles: ArticleQuerySet, start: Article, order: Order) -> str:
    """Return what the page before the one after `start` begins after; empty for the first page."""
    rows = articles.until(start, order).values_list("slug", flat=True)
    slugs = list(rows[: PAGE + 1])
    return slugs[PAGE] if len(slugs) > PAGE else ""
