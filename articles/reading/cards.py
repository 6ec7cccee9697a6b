"""Cards: what lists show of an article, read as it is: making a row of the model of each costs more than all the rest."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import QuerySet

from articles import states
from articles.models import Article, Topic
from articles.models.article import ArticleQuerySet
from articles.models.markdown import reading_time
from articles.models.redirects import address

ARTICLE = ("pk", "slug", "title", "standfirst", "words", "response", "position", "starts")
TOPIC = ("pk", "slug", "title", "intro", "position", "mark")
COLUMNS_OF_TOPIC = tuple(f"topic__{name}" for name in TOPIC)
Rows = QuerySet[Article, tuple[Any, ...]]


class Card(NamedTuple):
    """An article as a list shows it."""

    pk: int
    slug: str
    title: str
    standfirst: str
    words: int
    response: str
    position: int
    starts: bool
    topic: Topic

    @property
    def says(self) -> tuple[str | int, ...]:
        """All that a list shows of it, as plain values."""
        return *self[:-1], self.topic.title

    @property
    def minutes(self) -> str:
        """Reading time in whole minutes, as text: a template would look up how numbers are written for each."""
        return str(reading_time(self.words))

    def get_absolute_url(self) -> str:
        return address("articles:article", self.slug)


def rows(articles: ArticleQuerySet) -> Rows:
    """Return a query for the cards of `articles`: it can be cut to a part like any other, and `read`."""
    return articles.values_list(*ARTICLE, *COLUMNS_OF_TOPIC)


def read_published(articles: ArticleQuerySet) -> list[Card]:
    """Return the cards of those of a few articles that readers can open now.

    The database isn't asked for their state: without statistics SQLite would rather read all that are published.
    """
    found = articles.values_list(*ARTICLE, *COLUMNS_OF_TOPIC, "state", "publish_at")
    return read(row[:-2] for row in found if states.is_published(*row[-2:]))


def read(found: Iterable[tuple[Any, ...]]) -> list[Card]:
    """Return the cards of `rows`, those of a topic with the same one."""
    topics: dict[int, Topic] = {}
    cards = []
    for pk, slug, title, standfirst, words, response, position, starts, number, *about in found:
        if number not in topics:
            topics[number] = Topic(**dict(zip(TOPIC, (number, *about), strict=True)))
        topic = topics[number]
        cards.append(Card(pk, slug, title, standfirst, words, response, position, starts, topic))
    return cards
