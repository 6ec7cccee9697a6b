"""Two texts side by side, with the words that differ marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 1  # unchanged lines shown beside a change


@dataclass(frozen=True)
class Piece:
    """A stretch of a line; `is_changed` when the other side doesn't have it."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Row:
    """A line of each text; empty where only the other has one. `is_gap` stands for unchanged lines left out."""

    before: list[Piece]
    after: list[Piece]
    is_gap: bool = False


def compare(before: str, after: str) -> list[Row]:
    """Return the lines of two texts side by side, unchanged stretches cut down; no row at all for texts that say the same."""
    rows = list(_rows(_lines(before), _lines(after)))
    changed = [place for place, row in enumerate(rows) if _differs(row)]
    near = {place + step for place in changed for step in range(-AROUND, AROUND + 1)}
    shown: list[Row] = []
    for place, row in enumerate(rows):
        if place in near:
            shown.append(row)
        elif changed and (not shown or not shown[-1].is_gap):
            shown.append(Row([], [], is_gap=True))
    return shown


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _rows(before: list[str], after: list[str]) -> Iterator[Row]:
    for kind, start, end, other_start, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        old, new = before[start:end], after[other_start:other_end]
        for place in range(max(len(old), len(new))):
            one = old[place] if place < len(old) else ""
            other = new[place] if place < len(new) else ""
            yield Row([Piece(one)], [Piece(other)]) if kind == "equal" else Row(*_words(one, other))


def _words(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    old, new = (re.findall(r"\s+|[\w’'-]+|[^\w\s]", text) for text in (before, after))
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if end > start:
            left.append(Piece("".join(old[start:end]), kind != "equal"))
        if other_end > other_start:
            right.append(Piece("".join(new[other_start:other_end]), kind != "equal"))
    return left, right


def _differs(row: Row) -> bool:
    return any(piece.is_changed for piece in [*row.before, *row.after])
