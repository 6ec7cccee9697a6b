"""Full-text index: which documents hold a word in their title, their head, often, or at all.

SQLite's FTS5 or PostgreSQL's tsvector, each holding our own stems, so both find the same. No lookup
returns more than the `MOST` oldest documents, however many hold a word: it ends once it has them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection

from articles.searching import postgresql

MOST = 300  # documents of a lookup
OFTEN = 4  # times that a word stands in a text it is about
TABLE = "articles_search_terms"
FIELDS = ("title", "head", "often", "text")
# On SQLite a letter before each stem says where it stands: a word of most texts and few titles would be looked for in
# titles by reading through all of the texts.
MARKS = {"title": "t", "head": "h", "often": "o", "text": "x"}
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


def columns(words: Words) -> list[Any]:
    """Return what the index holds of a document, a value for each of `FIELDS`."""
    found = [(field, sorted(set(getattr(words, field)))) for field in FIELDS]
    if connection.vendor == "postgresql":
        return [stems for _, stems in found]
    return [" ".join(MARKS[field] + stem for stem in stems) for field, stems in found]


def put(document: int, words: Words) -> None:
    """Index a document anew."""
    remove(document)
    statement = INSERT_POSTGRESQL if connection.vendor == "postgresql" else INSERT_SQLITE
    with connection.cursor() as cursor:
        cursor.execute(statement, [document, *columns(words)])


def remove(document: int) -> None:
    """Take a document out of the index."""
    key = "id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE {key} = %s", [document])  # noqa: S608  one of two names


def find(lookups: Sequence[Lookup]) -> list[set[int]]:
    """Return for each lookup the documents that it finds, `MOST` at the most."""
    if not lookups:
        return []
    if connection.vendor == "postgresql":
        conditions = [(lookup.field, _terms(lookup, " & ", " | ", _lexeme)) for lookup in lookups]
        return [set(numbers) for numbers in postgresql.first(TABLE, conditions, MOST)]
    return _find_on_sqlite(lookups)


def _find_on_sqlite(lookups: Sequence[Lookup]) -> list[set[int]]:
    parts, values = [], []
    for number, lookup in enumerate(lookups):
        rows = f"SELECT {number}, rowid FROM {TABLE} WHERE {TABLE} MATCH %s ORDER BY rowid LIMIT {MOST}"  # noqa: S608  numbers and names of ours
        parts.append(f"SELECT * FROM ({rows})")  # noqa: S608
        values.append(_terms(lookup, " AND ", " OR ", partial(_phrase, MARKS[lookup.field])))
    results: list[set[int]] = [set() for _ in lookups]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        for number, document in cursor.fetchall():
            results[number].add(document)
    return results


def _terms(lookup: Lookup, both: str, either: str, written: Callable[[str], str]) -> str:
    """Return what is looked for in the database's own words. Stems are letters and digits alone."""
    groups = []
    for alternatives in lookup.groups:
        each = [both.join(map(written, words)) for words in alternatives]
        groups.append(either.join(f"({words})" for words in each))
    return both.join(f"({group})" for group in groups)


def _lexeme(word: str) -> str:
    return f"{word[:-1]}:*" if word.endswith("*") else word


def _phrase(mark: str, word: str) -> str:
    return f'"{mark}{word[:-1]}"*' if word.endswith("*") else f'"{mark}{word}"'
