"""PostgreSQL's way to the first rows that hold a word, which costs much the same however many do.

Its planner can't tell a word's beginning that few rows hold from one that most do, and walks through all of them for it. So
a few rows are tried, at the other end: a word that is common there is looked for in the rows as they come, which ends soon. Any
other is asked of the word's own index.
"""

from collections.abc import Sequence

from django.db import connection

TRIED = 200  # rows
COMMON = 10  # of those: more are left to be looked for than an index is good for
LOOKED_THROUGH = 10_000  # rows
# Sent in one journey with the statement in it; after it an outer transaction goes on.
BY_THE_WORDS = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; {};"
    " SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on"
)
Condition = tuple[str, str]  # a column, and what is looked for in it


def first(
    table: str, conditions: Sequence[Condition], most: int, *, newest: bool = False
) -> list[list[int]]:
    """Return for each condition the numbers of the first rows that meet it, `most` at the most."""
    order, other = ("id DESC", "id") if newest else ("id", "id DESC")
    results: list[list[int]] = [[] for _ in conditions]

    def ask(source: str, places: Sequence[int], limit: int, sent: str = "{}") -> None:
        asked = [conditions[place] for place in places]
        found = _ask(source, asked, order, limit, sent)
        for place, numbers in zip(places, found, strict=True):
            results[place] = numbers

    def rows(number: int, order: str) -> str:
        return f"(SELECT * FROM {table} ORDER BY {order} LIMIT {number}) AS few"  # noqa: S608  names of ours

    ask(rows(TRIED, other), range(len(conditions)), COMMON)
    common = [place for place, found in enumerate(results) if len(found) == COMMON]
    rarer = [place for place in range(len(conditions)) if place not in common]
    if common:
        ask(rows(LOOKED_THROUGH, order), common, most)
        rarer += [place for place in common if len(results[place]) < most]
    if rarer:
        ask(table, rarer, most, BY_THE_WORDS)
    return results


def _ask(
    source: str, conditions: Sequence[Condition], order: str, most: int, sent: str
) -> list[list[int]]:
    parts = [
        f"SELECT * FROM (SELECT {place}, id FROM {source} WHERE {field} @@ %s::tsquery"  # noqa: S608  names and numbers of ours
        f" ORDER BY {order} LIMIT {most}) AS part_{place}"
        for place, (field, _) in enumerate(conditions)
    ]
    results: list[list[int]] = [[] for _ in conditions]
    with connection.cursor() as cursor:
        sought = [words for _, words in conditions]
        cursor.execute(sent.format(" UNION ALL ".join(parts)), sought)
        while not cursor.description:  # what came before had no rows
            cursor.nextset()
        for place, number in cursor.fetchall():
            results[place].append(number)
    return results
