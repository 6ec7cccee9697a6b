"""Disclosure: nothing under ten is shown, nor what lets one work it out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.disclosure import SMALLEST, disclose, leave_out, shown, words


@pytest.mark.parametrize(("number", "expected"), [(0, None), (9, None), (10, 10), (1234, 1234)])
def test_a_figure_by_itself(number, expected):
    assert shown(number) is expected or shown(number) == expected


def test_figures_as_words():
    assert [words(1234), words(None)] == ["1,234", "not shown"]


def test_what_the_total_would_tell_takes_a_neighbour_with_it():
    result = disclose({"a": 95, "b": 20, "c": 5})
    assert result.figures == {"a": 95, "b": None, "c": None}
    assert (result.rest, result.total) == (25, 120)


def test_where_we_say_the_sum_a_few_small_ones_are_not_in_it():
    few = leave_out({"a": 95, "b": 20, "c": 5})
    assert (few.figures, few.rest, few.total) == ({"a": 95, "b": 20, "c": None}, 0, 115)
    more = leave_out({"a": 95, "c": 5, "d": 7})
    assert (more.rest, more.total) == (12, 107)
    assert leave_out({"a": 9}).total is None


def test_large_figures_stay():
    assert disclose({"a": 95, "b": 20}).figures == {"a": 95, "b": 20}


def test_a_small_total_isnt_shown_either():
    result = disclose({"a": 4, "b": 5})
    assert (set(result.figures.values()), result.rest, result.total) == ({None}, 0, None)


@settings(deadline=None)
@given(st.dictionaries(st.integers(), st.integers(0, 60), max_size=12))
def test_nobody_can_work_out_a_small_figure(figures):
    result = disclose(figures)
    seen = [number for number in result.figures.values() if number is not None]
    hidden = [figures[label] for label, number in result.figures.items() if number is None]
    assert all(number >= SMALLEST for number in seen)
    if result.total is not None:
        together = result.total - sum(seen)
        assert together == sum(hidden)
        small = [number for number in hidden if 0 < number < SMALLEST]
        # What is hidden comes to ten at least, so no small one stands alone in it.
        assert not small or together >= SMALLEST
        assert not (len([n for n in hidden if n]) == 1 and small)
