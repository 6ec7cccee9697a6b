"""Nearness of articles: which others each is most like, by the words of their texts (TF-IDF).

A save only notes that an article waits. The worker, or `load_content`, then counts the stems of its
text (the search's own, so that both databases find the same), compares it with the articles that
share its rarest ones, and keeps the nearest in its row: a page that shows them reads them with it.
Then the articles it came near to, or left, are compared anew. However many articles there are, one
costs a bounded number of short reads.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from articles.models import Article, ArticleStem
from articles.searching import blocks
from articles.searching.stems import STOP_STEMS, stems
from trustsite.web.serving.page_cache import invalidate

# What an article waits for: its stems to be counted, or to be compared once more.
TEXT, COMPARED, NOTHING = 2, 1, 0
SOME = 5  # articles at a time: the worker has mails to send
KEPT = 8  # nearest articles of each; a page shows three, and some may have been withdrawn
STEMS = 60  # of a text, those it says most
HEAD = 4  # how often a word of the title or of a heading counts
FREQUENT = 500  # articles that share a stem; from there on it tells nothing apart
TELLING = 24  # stems by which others are looked for
CANDIDATES = 200  # articles looked at for each of them, those that say it most


def relate_some() -> bool:
    """Do what a few articles wait for; return whether any did."""
    waiting = Article.objects.filter(nearest_due__gt=NOTHING).order_by("-nearest_due", "pk")
    articles = list(waiting.select_related("topic")[:SOME])
    for article in articles:
        if article.nearest_due == TEXT:
            _count(article)
        else:
            _compare(article)
    return bool(articles)


@transaction.atomic
def _count(article: Article) -> None:
    """Count the stems of a text, and have those it was near to, and those it is, compared anew."""
    done = Article.objects.filter(nearest_due=NOTHING)
    is_alone = done.exclude(pk=article.pk).exists()  # not one of many that are all to be compared
    touched = set(_nearest(article)) if is_alone else set()
    ArticleStem.objects.filter(article=article).delete()
    if article.state == Article.State.PUBLISHED:
        rows = [
            ArticleStem(article=article, stem=stem, weight=weight)
            for stem, weight in _weights(article).items()
        ]
        ArticleStem.objects.bulk_create(rows)
        touched |= set(_nearest(article)) if is_alone else set()
    done.filter(pk__in=touched).update(nearest_due=COMPARED)
    # Not when it was saved meanwhile: then it waits for the same once more.
    unchanged = Article.objects.filter(pk=article.pk, changed_at=article.changed_at)
    unchanged.update(nearest_due=COMPARED)


@transaction.atomic
def _compare(article: Article) -> None:
    nearest = _nearest(article)
    done = Article.objects.filter(pk=article.pk, nearest_due=COMPARED)
    if done.update(nearest=nearest, nearest_due=NOTHING) and nearest != article.nearest:
        invalidate(article.cache_tag)


def _weights(article: Article) -> dict[str, float]:
    """Return the stems that a text says most, each with its share of the text."""
    text = blocks.read("".join(part.html for part in article.parts))
    counts = Counter(_telling("\n".join(text.lines)))
    head = "\n".join([article.title, article.standfirst, *text.headings, *article.takeaways])
    for stem in _telling(head):
        counts[stem] += HEAD
    weights: dict[str, float] = {}
    for stem, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:STEMS]:
        weights[stem] = 1 + math.log(count)
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {stem: round(weight / length, 5) for stem, weight in weights.items()}


def _telling(text: str) -> Iterable[str]:
    for stem in stems(text):
        if 2 < len(stem) <= 40 and not stem.isdigit() and stem not in STOP_STEMS:
            yield stem


def _nearest(article: Article) -> list[int]:
    """Return the articles nearest to one, by row: those with the largest sum over the shared stems."""
    own = dict(ArticleStem.objects.filter(article=article).values_list("stem", "weight"))
    if not own:
        return []
    rarity = _rarity(own)
    telling = sorted(rarity, key=lambda stem: (-own[stem] * rarity[stem], stem))[:TELLING]
    scores: dict[int, float] = defaultdict(float)
    for place, other, weight in _of_each(telling, "article_id, weight", CANDIDATES):
        stem = telling[place]
        scores[other] += own[stem] * weight * rarity[stem] ** 2
    scores.pop(article.pk, None)
    return sorted(scores, key=lambda other: (-scores[other], other))[:KEPT]


def _rarity(stems: Iterable[str]) -> dict[str, float]:
    """Return how much each stem tells texts apart, of those that another text has too and not very many."""
    number = Article.objects.released().count()
    asked = list(stems)
    having: dict[int, int] = dict(_of_each(asked, "COUNT(*)", FREQUENT))
    return {
        stem: math.log((1 + number) / having[place])
        for place, stem in enumerate(asked)
        if 1 < having[place] < FREQUENT
    }


def _of_each(stems: Sequence[str], columns: str, most: int) -> list[tuple[Any, ...]]:
    """Return `columns` of the rows of each stem, of the `most` that say it most, and before them its place among `stems`.

    One statement, of which each part reads a bounded piece of the index.
    """
    if not stems:
        return []
    table = ArticleStem._meta.db_table
    parts = [
        f"SELECT {place}, {columns} FROM (SELECT article_id, weight FROM {table} WHERE stem = %s"  # noqa: S608  names of ours
        f" ORDER BY weight DESC, article_id LIMIT {most}) AS part_{place}"
        for place in range(len(stems))
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), stems)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
