"""Charts: where the bars and lines of a table stand, for a template to draw as SVG. A figure that isn't shown is a gap."""

from dataclasses import dataclass
from math import floor, log10

from analytics.disclosure import words
from analytics.report import Table

WIDTH, HEIGHT = 1_000, 200  # of the drawing; it is stretched to its place
GAP = 0.3  # of a bar's place that is left free
MOST_BARS = 12  # lying ones; the table has them all


@dataclass(frozen=True)
class Bar:
    """A bar of a chart over time."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class LyingBar:
    """A bar with its label and its figure; `width` is per cent of the largest."""

    label: str
    words: str
    width: float


@dataclass(frozen=True)
class Chart:
    """A chart of a table."""

    kind: str
    alt: str
    bars: list[Bar]
    lying: list[LyingBar]
    paths: list[str]  # of lines, one a column
    scale: list[str]  # from the top down
    ends: list[str]  # labels under the chart


def draw(table: Table) -> Chart | None:
    """Return the chart of a table, or None when there is nothing to draw."""
    figures = [number for row in table.rows for number in row.figures if number is not None]
    if not (table.chart and figures):
        return None
    top = ceiling(max(figures))
    is_lying = table.chart == "bars"
    return Chart(
        table.chart,
        _alt(table, figures),
        _bars(table, top) if table.chart == "days" else [],
        _lying(table, max(figures)) if is_lying else [],
        _lines(table, top) if table.chart == "lines" else [],
        [f"{top:,}", f"{top // 2:,}"],
        _ends(table),
    )


def ceiling(number: int) -> int:
    """Return the round number (2, 4, 6, 10 times a power of ten) that a scale ends at."""
    power: int = 10 ** floor(log10(number))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= number)


def _alt(table: Table, figures: list[int]) -> str:
    parts = len(table.rows)
    return f"{table.title}: {parts} in all, from {min(figures):,} up to {max(figures):,}. The table has every figure."


def _bars(table: Table, top: int) -> list[Bar]:
    place = WIDTH / len(table.rows)
    bars = []
    for index, row in enumerate(table.rows):
        if number := row.figures[0]:
            height = round(HEIGHT * number / top, 1)
            x = round(index * place + place * GAP / 2, 1)
            bars.append(Bar(x, round(HEIGHT - height, 1), round(place * (1 - GAP), 1), height))
    return bars


def _lying(table: Table, largest: int) -> list[LyingBar]:
    bars = []
    for row in table.rows[:MOST_BARS]:
        number = row.figures[0]
        bars.append(LyingBar(row.label, words(number), round(100 * (number or 0) / largest, 1)))
    return bars


def _lines(table: Table, top: int) -> list[str]:
    step = WIDTH / max(len(table.rows) - 1, 1)
    paths = []
    for column in range(len(table.columns) - 1):
        path, pen = "", "M"
        for index, row in enumerate(table.rows):
            number = row.figures[column]
            if number is None:
                pen = "M"
                continue
            # A figure between two gaps is drawn as a dot: a line of no length with round ends.
            dot = "h0" if pen == "M" else ""
            path += f"{pen}{index * step:.1f} {HEIGHT * (1 - number / top):.1f}{dot}"
            pen = "L"
        paths.append(path)
    return paths


def _ends(table: Table) -> list[str]:
    labels = [row.label for row in table.rows]
    return [labels[0], labels[len(labels) // 2], labels[-1]] if len(labels) > 2 else labels
