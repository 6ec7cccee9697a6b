"""Lists of articles: all on one page while there are few, and pages by keyset once there are many.

A page begins after an article that its address names, so it costs the same wherever it is, and there are no more
addresses than articles. Nothing is counted or skipped.
"""

from dataclasses import dataclass

from articles import states
from articles.models import Article
from articles.models.article import ArticleQuerySet

MOST = 100  # articles that stand on one page, all of them
PAGE = 30  # articles of a page, when there are more


@dataclass(frozen=True)
class ListPage:
    """A page of a list, and the addresses of the pages beside it; empty where there is none."""

    articles: list[Article]
    previous: str = ""
    next: str = ""

    @property
    def is_all(self) -> bool:
        """Whether the whole list stands on it."""
        return not self.previous and not self.next


def first_page(articles: ArticleQuerySet, place: str) -> ListPage:
    """Return all of the list at `place`, or its first page when it is long."""
    numbers = articles.by_title().values_list("pk")[: MOST + 1]
    is_long = len(numbers) > MOST
    rows = list(articles.by_title().for_cards()[: PAGE if is_long else MOST])
    return ListPage(rows, next=_address(place, rows[-1].slug) if is_long else "")


def page_after(articles: ArticleQuerySet, place: str, slug: str) -> ListPage | None:
    """Return the page of the list at `place` that begins after the article at `slug`; None when there is none."""
    start = _start(slug)
    rows = list(articles.listed_after(start).for_cards()[: PAGE + 1]) if start else []
    if start is None or not rows:
        return None
    previous = _address(place, _previous(articles, start))
    following = _address(place, rows[PAGE - 1].slug) if len(rows) > PAGE else ""
    return ListPage(rows[:PAGE], previous, following)


def _address(place: str, slug: str) -> str:
    return f"{place}after/{slug}/" if slug else place


def _start(slug: str) -> Article | None:
    """Return the article that a page begins after: one that readers can open, or could."""
    names = ("title", "state", "publish_at", "first_published_at")
    start = Article.objects.filter(slug=slug).only(*names).order_by("pk").first()
    return start if start and start.state in states.PUBLIC and start.was_public else None


def _previous(articles: ArticleQuerySet, start: Article) -> str:
    """Return what the page before the one after `start` begins after; empty for the first page."""
    slugs = list(articles.listed_until(start).values_list("slug", flat=True)[: PAGE + 1])
    return slugs[PAGE] if len(slugs) > PAGE else ""
