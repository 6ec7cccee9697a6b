"""Line of a result: the traces of its responses drawn as one, which changes colour where it changes shape.

The shapes are those of templates/components/trace.html; a test holds them together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 136  # of one trace
MARGIN = 2  # for half of the stroke, on every side


@dataclass(frozen=True)
class Shape:
    """One response's trace as steps from where it begins.

    How far it goes up (less than 0) and down on the way, and how much lower it ends than it began.
    """

    steps: str
    highest: int
    lowest: int
    fall: int = 0


@dataclass(frozen=True)
class Stroke:
    """A stretch of the line in one response's colour."""

    response: str
    path: str


@dataclass(frozen=True)
class Line:
    """The whole line, and the box it is drawn in: `top` is where that begins."""

    strokes: list[Stroke]
    top: int
    width: int
    height: int


SHAPES = {
    "fight": Shape("h40l8-20 14 34 12-26 8 12h54", -20, 14),
    "flight": Shape("h30l14-8 16 4 18-12 18 3 20-13h20", -26, 0, -26),
    "freeze": Shape("h34l6-14 6 20 4-6h86", -14, 6),
    "fawn": Shape("h24c16 0 16-16 32-16s16 24 32 24 14-8 24-8h24", -16, 8),
}


def draw(responses: Iterable[str]) -> Line | None:
    """Return the line of `responses`, in their order; nothing without any."""
    strokes: list[Stroke] = []
    level, highest, lowest = 0, 0, 0
    for response in responses:
        shape = SHAPES[response]
        start = MARGIN + WIDTH * len(strokes)
        strokes.append(Stroke(response, f"M{start} {level}{shape.steps}"))
        highest, lowest = min(highest, level + shape.highest), max(lowest, level + shape.lowest)
        level += shape.fall
    if not strokes:
        return None
    height = lowest - highest + 2 * MARGIN
    return Line(strokes, highest - MARGIN, WIDTH * len(strokes) + 2 * MARGIN, height)
