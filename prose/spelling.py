"""Near spellings.

Words that a slip of the keys or two lead to, found without comparing with every word there is.

A word is indexed under each spelling that is left when one or two letters are taken out. Two words
that are near share such a spelling, so looking one up costs as much as its own length, however many
words are known.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable

SHORTEST, LONGEST = 5, 30  # letters of a word that has near spellings
TWO_FROM = 8  # letters from which two slips are near
# The lower part of an indexed spelling's number, its word's place: more words than anybody knows.
PLACES = (1 << 24) - 1
SPELLINGS = (1 << 64) - 1 - PLACES  # the upper part


def fold(text: str) -> str:
    """Return `text` in small letters without accents and apostrophes, as it is asked for."""
    plain = (
        unicodedata.normalize("NFKD", re.sub("['’‘`]", "", text)).encode("ascii", "ignore").decode()
    )
    return plain.lower()


def tokens(text: str) -> list[str]:
    """Return the words of `text`, folded."""
    return re.findall(r"[a-z0-9]+", fold(text))


def distance(one: str, other: str, most: int) -> int | None:
    """Return how many slips lie between two words, neighbours in the wrong order being one; None
    for more than `most`.
    """
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row] + [most + 1] * len(other)
        for column in range(max(1, row - most), min(len(other), row + most) + 1):
            slips = last[column - 1] + (letter != other[column - 1])
            now[column] = min(slips, last[column] + 1, now[column - 1] + 1)
            if (
                row > 1
                and column > 1
                and letter == other[column - 2]
                and one[row - 2] == other[column - 1]
            ):
                now[column] = min(now[column], before[column - 2] + 1)
        if min(now) > most:
            return None
        before, last = last, now
    return last[-1] if last[-1] <= most else None


class NearWords:
    """Words to be found by a near spelling.

    `two_from` is the length from which two slips are near. Spellings are many times as many as words, so each is kept as
    one number: its hash above the place of its word. Two spellings of one hash only mean a comparison more.
    """

    def __init__(self, words: Iterable[str], two_from: int = TWO_FROM) -> None:
        self._two_from = two_from
        self._words = sorted(set(words))
        self._spelt = array(
            "Q",
            sorted(
                _spelt(spelling) | place
                for place, word in enumerate(self._words)
                for spelling in self._spellings(word)
            ),
        )

    def near(self, word: str) -> list[str]:
        """Return the words near `word`, the nearest first."""
        candidates: set[str] = set()
        for spelling in self._spellings(word):
            number = _spelt(spelling)
            index = bisect_left(self._spelt, number)
            while index < len(self._spelt) and self._spelt[index] & SPELLINGS == number:
                candidates.add(self._words[self._spelt[index] & PLACES])
                index += 1
        ranked: list[tuple[int, str]] = []
        for other in candidates:
            slips = distance(word, other, self._slips(min(word, other, key=len)))
            if slips is not None:
                ranked.append((slips, other))
        return [other for _, other in sorted(ranked)]

    def _slips(self, word: str) -> int:
        if not SHORTEST <= len(word) <= LONGEST:
            return 0
        return 1 if len(word) < self._two_from else 2

    def _spellings(self, word: str) -> set[str]:
        """Return what is left of `word` when as many letters are out as its slips may be; nothing of
        a short word.
        """
        slips = self._slips(word)
        found = {word} if slips else set()
        for place in range(len(word) if slips else 0):
            one = word[:place] + word[place + 1 :]
            found.add(one)
            if slips == 2:
                found.update(one[:other] + one[other + 1 :] for other in range(place, len(one)))
        return found


def _spelt(spelling: str) -> int:
    """Return the number of a spelling, without a word's place in its lower part."""
    return hash(spelling) & SPELLINGS
