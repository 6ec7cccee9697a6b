"""Three-way merge of two texts that were both made of a third.

What one of them changed is taken over; only where both changed the same lines is a person asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from prose.text_diff import equal_stretches

Block = tuple[int, int, int]  # where equal lines begin, before and after, and how many they are


class Who(Enum):
    """Who changed a stretch of lines."""

    NOBODY = "nobody"
    MINE = "mine"
    THEIRS = "theirs"
    SAME = "same"  # both, alike
    BOTH = "both"


@dataclass(frozen=True)
class Stretch:
    """Some lines of three texts that belong together; `line` counts them in the merged text."""

    who: Who
    base: list[str]
    mine: list[str]
    theirs: list[str]

    @property
    def merged(self) -> list[str]:
        """What goes into the merged text: mine, where both changed it."""
        return self.theirs if self.who in {Who.THEIRS, Who.NOBODY} else self.mine


def merge(base: str, mine: str, theirs: str) -> list[Stretch]:
    """Return the stretches of three texts, in order."""
    old, one, other = base.split("\n"), mine.split("\n"), theirs.split("\n")
    found: list[Stretch] = []
    at = (0, 0, 0)
    for start, in_mine, in_theirs, length in _agreed(old, one, other):
        parts = old[at[0] : start], one[at[1] : in_mine], other[at[2] : in_theirs]
        if any(parts):
            found.append(Stretch(_who(*parts), *parts))
        lines = old[start : start + length]
        if lines:
            found.append(Stretch(Who.NOBODY, lines, lines, lines))
        at = start + length, in_mine + length, in_theirs + length
    return found


def _who(base: list[str], mine: list[str], theirs: list[str]) -> Who:
    if mine == theirs:
        return Who.NOBODY if mine == base else Who.SAME
    if mine == base:
        return Who.THEIRS
    return Who.MINE if theirs == base else Who.BOTH


def _agreed(
    base: list[str], mine: list[str], theirs: list[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield where all three have the same lines, and how many; the last is where all of them end."""
    ones, others = list(equal_stretches(base, mine)), list(equal_stretches(base, theirs))
    one = other = 0
    while one < len(ones) and other < len(others):
        (start, in_mine, length), (start2, in_theirs, length2) = ones[one], others[other]
        first, last = max(start, start2), min(start + length, start2 + length2)
        if first < last:
            yield first, in_mine + first - start, in_theirs + first - start2, last - first
        if start + length < start2 + length2:
            one += 1
        else:
            other += 1
    yield len(base), len(mine), len(theirs), 0
