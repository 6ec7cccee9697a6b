"""The line of a result: traces joined end to end."""

import re
from itertools import pairwise, permutations

import pytest

from quiz.line import SHAPES, draw
from quiz.scoring.scoring import RESPONSES
from trustsite.web.drawings import traces

ORDERS = [order for count in range(1, 5) for order in permutations(RESPONSES, count)]
TAKEN = {"h": 1, "l": 2, "c": 6, "s": 4}  # numbers of a step; the last one or two say where it ends


def points(path):
    """Return where the steps of a path begin and end."""
    x, y = map(int, re.match(r"M(-?\d+) (-?\d+)", path).groups())
    found = [(x, y)]
    for command, rest in re.findall(r"([hlcs])([^hlcs]+)", path):
        numbers = [int(number) for number in re.findall(r"-?\d+", rest)]
        size = TAKEN[command]
        for place in range(0, len(numbers), size):
            step = numbers[place : place + size]
            x, y = (x + step[0], y) if command == "h" else (x + step[-2], y + step[-1])
            found.append((x, y))
    return found


def test_the_shapes_are_those_that_pages_show():
    assert list(SHAPES) == list(RESPONSES)
    for name, shape in SHAPES.items():
        assert re.sub(r"^M\d+ \d+", "", traces()[name]["path"]) == shape.steps


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_each_trace_begins_where_the_one_before_ends_and_all_stay_in_the_box(order):
    line = draw(order)
    drawn = [points(stroke.path) for stroke in line.strokes]
    assert [stroke.response for stroke in line.strokes] == list(order)
    assert all(one[-1] == two[0] for one, two in pairwise(drawn))
    places = [place for stroke in drawn for place in stroke]
    assert min(x for x, _ in places) == 2
    assert max(x for x, _ in places) == line.width - 2
    assert min(y for _, y in places) == line.top + 2
    assert max(y for _, y in places) == line.top + line.height - 2


def test_without_a_response_there_is_no_line():
    assert draw([]) is None
