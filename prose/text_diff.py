"""Two texts side by side, with the words that differ marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 1  # unchanged lines shown beside a change
# Lines or words of both sides, multiplied: the time it takes grows with them. Beyond, a stretch
# counts as changed as a whole.
MOST_PAIRS = 500_000
Step = tuple[
    bool, int, int, int, int
]  # whether a stretch is the same; where it begins and ends, before and after


@dataclass(frozen=True)
class Segment:
    """A stretch of a line; `is_changed` when the other side doesn't have it."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Row:
    """A line of each text; empty where only the other has one.

    `is_gap` stands for unchanged lines left out.
    """

    before: list[Segment]
    after: list[Segment]
    is_gap: bool = False


def compare(before: str, after: str) -> list[Row]:
    """Return the lines of two texts side by side, unchanged stretches cut down; no row at all for
    texts that say the same.
    """
    rows = list(_rows(_lines(before), _lines(after)))
    changed = [index for index, row in enumerate(rows) if _differs(row)]
    near = {index + step for index in changed for step in range(-AROUND, AROUND + 1)}
    shown: list[Row] = []
    for index, row in enumerate(rows):
        if index in near:
            shown.append(row)
        elif changed and (not shown or not shown[-1].is_gap):
            shown.append(Row([], [], is_gap=True))
    return shown


def equal_stretches(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield where lines are the same, before and after, and how many of them."""
    for is_same, start, end, other_start, _ in _steps(before, after, MOST_PAIRS):
        if is_same and end > start:
            yield start, other_start, end - start


def changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return one text made of both: pieces of it, each with “same”, “gone” or “new”."""
    old, new = _words(before.replace("\n", " ¶ ")), _words(after.replace("\n", " ¶ "))
    found = []
    for is_same, start, end, other_start, other_end in _steps(old, new, MOST_PAIRS):
        if is_same:
            found.append(("same", "".join(old[start:end])))
        else:
            found.append(("gone", "".join(old[start:end])))
            found.append(("new", "".join(new[other_start:other_end])))
    return [(kind, text) for kind, text in found if text]


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _rows(before: list[str], after: list[str]) -> Iterator[Row]:
    spare = MOST_PAIRS
    for is_same, start, end, other_start, other_end in _steps(before, after, MOST_PAIRS):
        old, new = before[start:end], after[other_start:other_end]
        for index in range(max(len(old), len(new))):
            one = _words(old[index]) if index < len(old) else []
            other = _words(new[index]) if index < len(new) else []
            if is_same:
                yield Row([Segment("".join(one))], [Segment("".join(other))])
            elif not one and not other:  # an empty line on one side: it may part a paragraph
                yield Row([Segment("", index < len(old))], [Segment("", index < len(new))])
            else:
                yield Row(*_pieces(one, other, list(_steps(one, other, spare))))
                spare -= min(spare, _pairs(one, other))


def _words(line: str) -> list[str]:
    # Each with the space before it: spaces by themselves are all alike, and comparing them takes
    # minutes.
    return re.findall(r"\s*(?:[\w’'-]+|[^\w\s])|\s+", line)


def _pieces(
    old: list[str], new: list[str], steps: list[Step]
) -> tuple[list[Segment], list[Segment]]:
    left: list[Segment] = []
    right: list[Segment] = []
    for is_same, start, end, other_start, other_end in steps:
        if end > start:
            left.append(Segment("".join(old[start:end]), not is_same))
        if other_end > other_start:
            right.append(Segment("".join(new[other_start:other_end]), not is_same))
    return left, right


def _steps(before: list[str], after: list[str], most: int) -> Iterator[Step]:
    """Yield which stretches are the same and which differ; between what both begin and end with,
    all when it is too much.
    """
    start, end = _ends(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield True, 0, start, 0, start
    if len(old) * len(new) > most:
        yield False, start, start + len(old), start, start + len(new)
    else:
        for kind, *places in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            first, last, other_first, other_last = (start + index for index in places)
            yield kind == "equal", first, last, other_first, other_last
    yield True, len(before) - end, len(before), len(after) - end, len(after)


def _ends(before: list[str], after: list[str]) -> tuple[int, int]:
    """Return how many lines or words both begin with, and how many both end with."""
    start, end, shorter = 0, 0, min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return start, end


def _pairs(before: list[str], after: list[str]) -> int:
    both = sum(_ends(before, after))
    return (len(before) - both) * (len(after) - both)


def _differs(row: Row) -> bool:
    return any(piece.is_changed for piece in [*row.before, *row.after])
