"""PostgreSQL's way to the first rows that hold a word, which costs the same however many do.

Its planner can't tell a word's beginning that few rows hold from one that most do, and walks through all of them for it. So
the first rows are looked through: where a word is common that is enough. Any other is asked of the word's own index.
"""

from collections.abc import Sequence

from django.db import connection, transaction

LOOKED_THROUGH = 2000  # rows
BY_THE_WORDS = "SET LOCAL enable_seqscan = {0}; SET LOCAL enable_indexscan = {0}"
Condition = tuple[str, str]  # a column, and what is looked for in it


def first(
    table: str, conditions: Sequence[Condition], most: int, *, newest: bool = False
) -> list[list[int]]:
    """Return for each condition the numbers of the first rows that meet it, `most` at the most."""
    order = "id DESC" if newest else "id"
    few = f"(SELECT * FROM {table} ORDER BY {order} LIMIT {LOOKED_THROUGH}) AS few"  # noqa: S608  names of ours
    results = _ask(few, conditions, order, most)
    rarer = [place for place, found in enumerate(results) if len(found) < most]
    if not rarer:
        return results
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_THE_WORDS.format("off"))
        found = _ask(table, [conditions[place] for place in rarer], order, most)
        cursor.execute(BY_THE_WORDS.format("on"))  # an outer transaction goes on
    for place, numbers in zip(rarer, found, strict=True):
        results[place] = numbers
    return results


def _ask(source: str, conditions: Sequence[Condition], order: str, most: int) -> list[list[int]]:
    parts = [
        f"SELECT * FROM (SELECT {place}, id FROM {source} WHERE {field} @@ %s::tsquery"  # noqa: S608  names and numbers of ours
        f" ORDER BY {order} LIMIT {most}) AS part_{place}"
        for place, (field, _) in enumerate(conditions)
    ]
    results: list[list[int]] = [[] for _ in conditions]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [sought for _, sought in conditions])
        for place, number in cursor.fetchall():
            results[place].append(number)
    return results
