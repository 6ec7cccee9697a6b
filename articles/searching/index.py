"""Full-text index: which documents hold a word in their title, their head, often, or at all.

SQLite's FTS5 or PostgreSQL's tsvector, each holding our own stems, so both find the same. No lookup
returns more than the `MOST` oldest documents, however many hold a word: it ends once it has them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

MOST = 300  # documents of a lookup
OFTEN = 4  # times that a word stands in a text it is about
FIELDS = ("title", "head", "often", "text")
INSERT_SQLITE = """
    INSERT INTO articles_search_terms (rowid, title, head, often, text) VALUES (%s, %s, %s, %s, %s)"""
INSERT_POSTGRESQL = """
    INSERT INTO articles_search_terms (id, title, head, often, text) VALUES (%s, array_to_tsvector(%s::text[]),
      array_to_tsvector(%s::text[]), array_to_tsvector(%s::text[]), array_to_tsvector(%s::text[]))"""


@dataclass(frozen=True)
class Words:
    """The stems of a document, by where they stand."""

    title: list[str]
    head: list[str]
    text: list[str]

    @property
    def often(self) -> list[str]:
        """The stems that its text says again and again."""
        return [word for word, times in Counter(self.text).items() if times >= OFTEN]


@dataclass(frozen=True)
class Lookup:
    """Documents to look for: in one field, and of each group with all words of one of its alternatives.

    A word that ends in `*` is the beginning of one.
    """

    field: str
    groups: tuple[tuple[tuple[str, ...], ...], ...]


def put(document: int, words: Words) -> None:
    """Index a document anew."""
    remove(document)
    columns = [sorted(set(getattr(words, field))) for field in FIELDS]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(INSERT_POSTGRESQL, [document, *columns])
        else:
            cursor.execute(INSERT_SQLITE, [document, *map(" ".join, columns)])


def remove(document: int) -> None:
    """Take a document out of the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM articles_search_terms WHERE {_key()} = %s",  # noqa: S608  one of two names
            [document],
        )


def find(lookups: Sequence[Lookup]) -> list[set[int]]:
    """Return for each lookup the documents that it finds, `MOST` at the most. One query."""
    if not lookups:
        return []
    parts, values = [], []
    for number, lookup in enumerate(lookups):
        condition, value = _condition(lookup)
        rows = f"SELECT {number}, {_key()} FROM articles_search_terms WHERE {condition} ORDER BY {_key()} LIMIT {MOST}"  # noqa: S608  numbers and names of ours
        parts.append(f"SELECT * FROM ({rows}) AS part_{number}")  # noqa: S608
        values.append(value)
    results: list[set[int]] = [set() for _ in lookups]
    if not lookups:
        return results
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        for number, document in cursor.fetchall():
            results[number].add(document)
    return results


def _key() -> str:
    return "id" if connection.vendor == "postgresql" else "rowid"


def _condition(lookup: Lookup) -> tuple[str, str]:
    """Return a lookup's condition in SQL and its value. Stems are letters and digits alone."""
    if connection.vendor == "postgresql":
        return f"{lookup.field} @@ %s::tsquery", _terms(lookup, " & ", " | ", _lexeme)
    terms = _terms(lookup, " AND ", " OR ", _phrase)
    return "articles_search_terms MATCH %s", f"{{{lookup.field}}} : ({terms})"


def _terms(lookup: Lookup, both: str, either: str, written: Callable[[str], str]) -> str:
    groups = []
    for alternatives in lookup.groups:
        each = [both.join(map(written, words)) for words in alternatives]
        groups.append(either.join(f"({words})" for words in each))
    return both.join(f"({group})" for group in groups)


def _lexeme(word: str) -> str:
    return f"{word[:-1]}:*" if word.endswith("*") else word


def _phrase(word: str) -> str:
    return f'"{word[:-1]}"*' if word.endswith("*") else f'"{word}"'
