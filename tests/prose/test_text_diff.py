import pytest
from hypothesis import given
from hypothesis import strategies as st

from prose.text_diff import Row, Segment, compare
from tests.processor_time import processor_time


def sides(rows):
    """Return both texts with their changed words in square brackets."""
    marked = [
        "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in side)
        for row in rows
        for side in (row.before, row.after)
    ]
    return marked[::2], marked[1::2]


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("It helps some.", "It helps few.", "It helps[ some].", "It helps[ few]."),
        ("It ends", "It ends here", "It ends", "It ends[ here]"),
        ("As - it", "As  -- it", "As[ -] it", "As[  --] it"),
        ("One.\nTwo.", "One.", "One.\n[Two.]", "One.\n"),
        ("One.\nTwo.", "One.\n\nTwo.", "One.\n\nTwo.", "One.\n[]\nTwo."),
    ],
)
def test_the_words_that_differ_are_marked(before, after, left, right):
    assert sides(compare(before, after)) == (left.split("\n"), right.split("\n"))


def test_texts_that_say_the_same_have_no_rows():
    assert compare("One.\r\n\r\nTwo. \n", "One.\n\nTwo.") == []


def test_unchanged_stretches_are_cut_down():
    before = "\n".join(f"Line {number}" for number in range(20))
    rows = compare(before, before.replace("Line 10", "Line ten"))
    assert [row.is_gap for row in rows] == [True, False, False, False, True]
    assert rows[1] == Row([Segment("Line 9")], [Segment("Line 9")])


lines = st.lists(st.text("ab .,\t", max_size=12), max_size=8).map("\n".join)


@given(before=lines, after=lines)
def test_nothing_of_either_text_is_lost_where_they_differ(before, after):
    kept = {"".join(piece.text for piece in row.before) for row in compare(before, after)}
    gone = {line.rstrip() for line in before.strip().split("\n")} - {
        line.rstrip() for line in after.strip().split("\n")
    }
    assert gone <= kept


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" ".join(f"old{n}" for n in range(2000)), " ".join(f"new{n}" for n in range(2000))),
        ("a b " * 5000, "b a c " * 4000),
        (
            "\n\n".join(f"old {n}" for n in range(3000)),
            "\n\n".join(f"new {n}" for n in range(3000)),
        ),
        ("\n".join(["a b " * 100] * 300), "\n".join(["b a c " * 80] * 300)),
    ],
    ids=[
        "a paragraph rewritten",
        "the same words again and again",
        "many lines",
        "many long lines",
    ],
)
def test_what_comparing_costs_grows_with_the_length_and_no_faster(before, after):
    quarters = before[: len(before) // 4], after[: len(after) // 4]
    assert processor_time(lambda: compare(before, after)) < 8 * processor_time(
        lambda: compare(*quarters)
    )
