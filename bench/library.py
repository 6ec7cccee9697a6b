"""A library of any size: articles, topics and what the search knows of them, written in bulk. For measurements and tests.

`MODE=development DATA=… python bench/library.py 100000` fills a database that has been migrated. The texts are made of
words, not written: “trauma” stands in 86 of 100, “body” in most titles, each of `RARE` in three articles.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

CHUNK = 1000  # rows of a statement's round
TOPICS = 12
PARAGRAPHS, WORDS = 6, 45  # of a text, and of a paragraph
VARIANTS = 400  # paragraphs that texts are put together from
RARE = ("heliotrope", "quicksilver", "lighthouse")
COMMON = """
    trauma body stress calm breath night sleep fear anger family work friend partner child memory alarm rest safe danger
    threat help habit feeling thought muscle heart hand voice room door street morning evening week year change small slow
    quiet noise light touch food walk water ground floor anchor trust doubt shame guilt grief joy hope worry panic freeze
    fight flight fawn please argue avoid notice name choose begin stop wait return leave stay listen speak write read
    """.split()
OTHER = [
    f"{start}{middle}{end}"
    for start in ("bar", "cal", "dor", "fen", "gal", "hol", "jan", "kes", "lum", "mor")
    for middle in ("a", "e", "i", "o", "u")
    for end in ("lin", "ment", "ber", "stone", "wick", "dle", "ring", "ton", "vest", "pel")
]


def seed(articles: int) -> None:
    """Add so many articles to the database: of 100, 93 published, 4 drafts, 2 withdrawn and 1 scheduled."""
    from django.db import transaction
    from django.db.models import Max
    from django.utils import timezone

    from articles.models import Article, Topic

    begin = (Article.objects.order_by().aggregate(last=Max("pk"))["last"] or 0) + 1
    topics = list(Topic.objects.all()) or [_topic(number) for number in range(TOPICS)]
    numbers = iter(range(begin, begin + articles))
    while chunk := list(islice(numbers, CHUNK)):
        rows = [_article(number, topics, timezone.now()) for number in chunk]
        with transaction.atomic():
            Article.objects.bulk_create(rows)
            _index_for_desk(rows)
            _index([row for row in rows if row.state == Article.State.PUBLISHED])


def _topic(number: int) -> Any:
    from articles.models import Topic

    title = f"{COMMON[number].capitalize()} and {COMMON[number + 40]}"
    return Topic.objects.create(
        slug=f"shelf-{number}", title=title, intro="What it is, and what helps.", position=number
    )


def _article(number: int, topics: list[Any], now: datetime) -> Any:
    from articles.models import Article

    state = {3: "draft", 23: "draft", 43: "draft", 63: "draft", 17: "withdrawn", 57: "withdrawn"}
    of_hundred = number % 100
    published_at = now - timedelta(minutes=number)
    choose = random.Random(number)
    title = f"{choose.choice(COMMON)} and {choose.choice(OTHER)}, part {number}".capitalize()
    body = "\n\n".join(_text(number))
    return Article(
        pk=number,
        slug=f"seeded-{number}",
        title=f"The body: {title}" if number % 10 < 6 else title,
        standfirst=f"What {choose.choice(OTHER)} has to do with {choose.choice(COMMON)}, and what helps.",
        description="A text made of words, to measure with.",
        body=body,
        html="".join(f"<p>{paragraph}</p>\n" for paragraph in body.split("\n\n")),
        words=PARAGRAPHS * WORDS,
        renderer=_renderer(),
        topic=topics[number % len(topics)],
        state=state.get(of_hundred, "published"),
        withdrawn_note="It was wrong." if of_hundred in {17, 57} else "",
        publish_at=now + timedelta(days=1) if of_hundred == 77 else published_at,
        first_published_at=None if of_hundred == 77 or of_hundred % 20 == 3 else published_at,
        updated_at=published_at,
        text_hash="seeded",
    )


def _renderer() -> int:
    from prose.renderer import VERSION

    return VERSION


def _text(number: int) -> list[str]:
    """Return the paragraphs of an article."""
    choose = random.Random(-number)
    rare = f" {RARE[number % len(RARE)].capitalize()}." if 100 < number < 110 else ""
    paragraphs = [_paragraph(choose.randrange(VARIANTS)) for _ in range(PARAGRAPHS)]
    return [*paragraphs[:-1], paragraphs[-1] + ("" if number % 7 == 0 else " Trauma.") + rare]


@cache
def _paragraph(variant: int) -> str:
    choose = random.Random(variant)
    words = [choose.choice(OTHER if choose.random() < 0.4 else COMMON[1:]) for _ in range(WORDS)]
    return " ".join(words).capitalize() + "."


@cache
def _stems(text: str) -> list[str]:
    from articles.searching.stems import stems

    return stems(text)


def _index(rows: list[Any]) -> None:
    """Write the documents of the search and its index, as articles.searching.documents does for one."""
    from django.db import connection

    from articles.models import SearchDocument
    from articles.searching import index

    documents = SearchDocument.objects.bulk_create(_document(row) for row in rows)
    is_postgresql = connection.vendor == "postgresql"
    statement = index.INSERT_POSTGRESQL if is_postgresql else index.INSERT_SQLITE
    values = []
    for row, document in zip(rows, documents, strict=True):
        text = [stem for paragraph in row.body.split("\n\n") for stem in _stems(paragraph)]
        title, head = (
            _stems(f"{row.title} {row.slug}"),
            _stems(f"{row.standfirst} {row.description}"),
        )
        words = index.Words(title, head, text)
        values.append([document.pk, *index.columns(words)])
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _index_for_desk(rows: list[Any]) -> None:
    from django.db import connection

    from articles.searching import desk_index

    is_postgresql = connection.vendor == "postgresql"
    values = []
    for row in rows:
        texts = (row.title, row.slug, row.standfirst, *row.body.split("\n\n"))
        words = sorted({word for text in texts for word in _stems(text)})
        values.append([row.pk, words if is_postgresql else " ".join(words)])
    insert = desk_index.INSERT_POSTGRESQL if is_postgresql else desk_index.INSERT_SQLITE
    with connection.cursor() as cursor:
        cursor.executemany(insert, values)


def _document(row: Any) -> Any:
    from articles.models import SearchDocument

    return SearchDocument(
        article=row,
        path=row.get_absolute_url(),
        title=row.title,
        summary=row.standfirst,
        label=row.topic.title,
        minutes=row.minutes,
        text=row.body.replace("\n\n", "\n"),
        publish_at=row.publish_at,
    )


def settle() -> None:
    """Let the database look at what it holds, as it does by itself in time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


def sizes(most: int) -> Iterator[int]:
    """Yield 100, 1,000 … up to `most`."""
    size = 100
    while size <= most:
        yield size
        size *= 10


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
    import django

    django.setup()
    seed(int(sys.argv[1]))
    settle()
