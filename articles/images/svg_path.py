"""The line in its five shapes, drawn as pixels, for where SVG can't go."""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import hypot

from PIL import Image, ImageDraw

# The traces of templates/components/trace.html: their path, and their colour in the light scheme.
TRACES = {
    "fight": ("M2 24h40l8-20 14 34 12-26 8 12h54", "#a8452a"),
    "flight": ("M2 30h30l14-8 16 4 18-12 18 3 20-13h20", "#1f6384"),
    "freeze": ("M2 24h34l6-14 6 20 4-6h86", "#55608f"),
    "fawn": ("M2 24h24c16 0 16-16 32-16s16 24 32 24 14-8 24-8h24", "#8a4670"),
    "": ("M2 18h14l6-14 9 25 7-17 4 6h20", "#265a4c"),
}
SMOOTH = 4  # lines are drawn this much larger, then reduced

Point = tuple[float, float]


def follow(path: str) -> list[Point]:
    """Return the points of an SVG path of M, h, l, c and s (all but M relative); curves in short
    steps.
    """
    points: list[Point] = []
    x = y = 0.0
    lean = (0.0, 0.0)  # from the end of the last curve to the mirror of its second handle
    for command, numbers in _commands(path):
        if command in "Ml":
            x, y = x + numbers[0], y + numbers[1]
            points.append((x, y))
        elif command == "h":
            x += numbers[0]
            points.append((x, y))
        else:
            first = (numbers[0], numbers[1]) if command == "c" else lean
            second, end = (numbers[-4], numbers[-3]), (numbers[-2], numbers[-1])
            points += [(x + dx, y + dy) for dx, dy in _curve(first, second, end)]
            x, y = x + end[0], y + end[1]
            lean = (end[0] - second[0], end[1] - second[1])
    return points


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Cut a path into its commands, each with the numbers of one step."""
    takes = {"M": 2, "l": 2, "h": 1, "c": 6, "s": 4}
    for command, rest in re.findall(r"([Mlhcs])([^Mlhcs]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", rest)]
        for start in range(0, len(numbers), takes[command]):
            yield command, numbers[start : start + takes[command]]


def _curve(first: Point, second: Point, end: Point, steps: int = 60) -> Iterator[Point]:
    """Yield the points of a cubic Bézier curve from (0, 0) to `end`."""
    for step in range(1, steps + 1):
        t = step / steps
        a, b, c = 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        yield a * first[0] + b * second[0] + c * end[0], a * first[1] + b * second[1] + c * end[1]


def draw_line(card: Image.Image, points: list[Point], colour: str, width: float) -> None:
    """Draw a line with round joins and ends."""
    left, top = (int(min(point[axis] for point in points) - width) for axis in (0, 1))
    size = [
        int(max(point[axis] for point in points) + 2 * width) - corner
        for axis, corner in enumerate((left, top))
    ]
    mask = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH))
    draw = ImageDraw.Draw(mask)
    for x, y in _along([((x - left) * SMOOTH, (y - top) * SMOOTH) for x, y in points]):
        draw.circle((x, y), width * SMOOTH / 2, fill=255)
    mask = mask.reduce(SMOOTH)
    card.paste(colour, (left, top, left + mask.width, top + mask.height), mask)


def _along(points: list[Point]) -> Iterator[Point]:
    """Yield a point every two pixels of a line.

    A pen set down on each draws what Pillow's own lines can't: even bends.
    """
    for (x, y), (next_x, next_y) in pairwise(points):
        steps = max(1, int(hypot(next_x - x, next_y - y) / 2))
        for step in range(steps + 1):
            yield x + (next_x - x) * step / steps, y + (next_y - y) * step / steps
