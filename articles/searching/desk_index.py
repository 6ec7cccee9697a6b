"""Desk index: the words of every article, drafts too, for the desk's own search. Readers' searches never ask it.

SQLite's FTS5 or PostgreSQL's tsvector, as in index.py, in a table of its own: what isn't published can't reach a reader.
"""

from django.db import connection, transaction

from articles.models import Article
from articles.searching import postgresql
from articles.searching.stems import stem, stems
from prose.spelling import tokens

TABLE = "articles_desk_search_terms"
MOST = 500  # articles that are found
LONGEST = 100  # characters of a query that count
UNFINISHED = 2  # letters from which a word may be the beginning of another
INSERT_SQLITE = "INSERT INTO articles_desk_search_terms (rowid, words) VALUES (%s, %s)"
INSERT_POSTGRESQL = (
    "INSERT INTO articles_desk_search_terms (id, words) VALUES (%s, array_to_tsvector(%s::text[]))"
)


def put(article: Article) -> None:
    """Index an article anew. Part of saving it."""
    words = words_of(article)
    is_postgresql = connection.vendor == "postgresql"
    with transaction.atomic(), connection.cursor() as cursor:
        _remove(cursor, article.pk)
        if is_postgresql:
            cursor.execute(INSERT_POSTGRESQL, [article.pk, words])
        else:
            cursor.execute(INSERT_SQLITE, [article.pk, " ".join(words)])


def words_of(article: Article) -> list[str]:
    """Return the stems of all that an editor may look for, each once."""
    texts = (article.title, article.slug, article.standfirst, article.body)
    return sorted({word for text in texts for word in (*stems(text), *tokens(text))})


def remove(article: Article) -> None:
    """Take an article out. Part of deleting it."""
    with connection.cursor() as cursor:
        _remove(cursor, article.pk)


def put_missing() -> int:
    """Index the articles that the index doesn't know, such as those from before it was there; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_key()} FROM articles_desk_search_terms")  # noqa: S608  one of two names
        known = {pk for (pk,) in cursor.fetchall()}
    missing = [
        pk for pk in Article.objects.order_by().values_list("pk", flat=True) if pk not in known
    ]
    for start in range(0, len(missing), 100):
        for article in Article.objects.filter(pk__in=missing[start : start + 100]):
            put(article)
    return len(missing)


def find(query: str) -> list[int]:
    """Return the newest articles that have every word of `query`, or a word that begins with it: `MOST` at the most."""
    words = tokens(query[:LONGEST])
    if not words:
        return []
    if connection.vendor == "postgresql":
        return postgresql.first(TABLE, [("words", _terms(words))], MOST, newest=True)[0]
    select = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s ORDER BY rowid DESC LIMIT {MOST}"  # noqa: S608  names of ours
    with connection.cursor() as cursor:
        cursor.execute(select, [_terms(words)])
        return [pk for (pk,) in cursor.fetchall()]


def _terms(words: list[str]) -> str:
    """Return the condition in the database's own words. Tokens and stems are letters and digits alone."""
    groups = []
    for word in words:
        is_unfinished = len(word) >= UNFINISHED
        if connection.vendor == "postgresql":
            groups.append(f"({stem(word)} | {word}{':*' if is_unfinished else ''})")
        else:
            groups.append(f'("{stem(word)}" OR "{word}"{"*" if is_unfinished else ""})')
    return (" & " if connection.vendor == "postgresql" else " AND ").join(groups)


def _key() -> str:
    return "id" if connection.vendor == "postgresql" else "rowid"


def _remove(cursor: object, pk: int) -> None:
    cursor.execute(f"DELETE FROM articles_desk_search_terms WHERE {_key()} = %s", [pk])  # type: ignore[attr-defined]  # noqa: S608
