"""Synonyms in a query: what people type for things that our texts call by other names."""

from collections.abc import Iterable, Sequence

from articles.models import Synonym
from articles.searching.stems import stem, stems

Meanings = tuple[tuple[str, ...], ...]


class Synonyms:
    """The phrases, by their first word. A lookup costs as much as the longest phrase, however many there are."""

    def __init__(self, rows: Iterable[Synonym]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Meanings]]] = {}
        for row in rows:
            phrase = tuple(stems(row.phrase))
            meanings = tuple(tuple(stems(meaning)) for meaning in row.meanings)
            if phrase and meanings:
                self._by_first.setdefault(phrase[0], []).append((phrase, meanings))
        for phrases in self._by_first.values():
            phrases.sort(key=lambda row: len(row[0]), reverse=True)

    def at(self, words: Sequence[str], place: int) -> tuple[int, Meanings]:
        """Return how many words the longest phrase at `place` takes, and its meanings; one word and none without a phrase."""
        for phrase, meanings in self._by_first.get(stem(words[place]), ()):
            if tuple(map(stem, words[place : place + len(phrase)])) == phrase:
                return len(phrase), meanings
        return 1, ()
