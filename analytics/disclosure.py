"""Disclosure: which figures are shown. None under SMALLEST is, on no page and in no export, nor what lets one work it out.

Figures of one table add up to a sum. Where that sum is known, what isn't shown must itself come to
SMALLEST: where it doesn't, the smallest of the others isn't shown either. Where we say the sum
ourselves, small ones that don't come to SMALLEST together are simply not in it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST = 10
NOT_SHOWN = "not shown"
Label = TypeVar("Label", bound=Hashable)


@dataclass(frozen=True)
class Shown(Generic[Label]):
    """What is shown of figures that add up."""

    figures: dict[Label, int | None]
    rest: int  # of those that aren't shown, together: 0, or SMALLEST at least
    total: int | None


def shown(number: int) -> int | None:
    """Return a figure that stands by itself, or None when it is too small."""
    return number if number >= SMALLEST else None


def disclose(figures: Mapping[Label, int]) -> Shown[Label]:
    """Return what may be shown of figures whose sum is known anyhow."""
    kept = {label: shown(number) for label, number in figures.items()}
    rest = _rest(figures, kept)
    large = [label for label, number in kept.items() if number is not None]
    if 0 < rest < SMALLEST and large:
        smallest = min(large, key=lambda label: figures[label])
        kept[smallest] = None
        rest += figures[smallest]
    if 0 < rest < SMALLEST:  # all of it, and still too small
        return Shown(kept, 0, None)
    return Shown(kept, rest, sum(figures.values()) or None)


def leave_out(figures: Mapping[Label, int]) -> Shown[Label]:
    """Return what may be shown of figures whose sum is made of what is shown: the small ones, if few, aren't in it."""
    kept = {label: shown(number) for label, number in figures.items()}
    rest = _rest(figures, kept)
    rest = rest if rest >= SMALLEST else 0
    return Shown(kept, rest, sum(filter(None, kept.values())) + rest or None)


def _rest(figures: Mapping[Label, int], kept: Mapping[Label, int | None]) -> int:
    return sum(number for label, number in figures.items() if kept[label] is None)


def words(number: int | None) -> str:
    """Return a figure as it is written."""
    return NOT_SHOWN if number is None else f"{number:,}"
