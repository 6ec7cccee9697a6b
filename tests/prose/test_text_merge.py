"""Two texts that were made of a third: what one changed is taken, and only where both wrote is a person asked."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prose.text_merge import Who, merge

lines = st.lists(st.sampled_from(["One.", "Two.", "Three.", "", "Four."]), max_size=8).map(
    "\n".join
)


def merged(base, mine, theirs):
    text = []
    for stretch in merge(base, mine, theirs):
        text += stretch.merged
    return "\n".join(text)


def asked(base, mine, theirs):
    return [stretch for stretch in merge(base, mine, theirs) if stretch.who is Who.BOTH]


@given(base=lines, changed=lines)
def test_what_one_alone_changed_is_taken_whole(base, changed):
    assert merged(base, changed, base) == changed
    assert merged(base, base, changed) == changed
    assert merged(base, changed, changed) == changed
    for mine, theirs in ((changed, base), (base, changed), (changed, changed)):
        assert asked(base, mine, theirs) == []


@given(base=lines, mine=lines, theirs=lines)
def test_each_text_can_be_put_together_again(base, mine, theirs):
    stretches = merge(base, mine, theirs)
    for name, text in (("base", base), ("mine", mine), ("theirs", theirs)):
        found = []
        for stretch in stretches:
            found += getattr(stretch, name)
        assert "\n".join(found) == text


@pytest.mark.parametrize(
    ("mine", "theirs", "text", "questions"),
    [
        ("A\n\nb\n\nc", "a\n\nb\n\nC", "A\n\nb\n\nC", 0),
        ("A\n\nb\n\nc", "X\n\nb\n\nC", "A\n\nb\n\nC", 1),
        ("b\n\nc", "a\n\nb\n\nC", "b\n\nC", 0),
        ("a\n\nnew\n\nb\n\nc", "a\n\nb\n\nc\n\nd", "a\n\nnew\n\nb\n\nc\n\nd", 0),
        ("A\n\nb\n\nC", "X\n\nb\n\nY", "A\n\nb\n\nC", 2),
    ],
)
def test_only_where_both_wrote_is_asked(mine, theirs, text, questions):
    base = "a\n\nb\n\nc"
    assert merged(base, mine, theirs) == text
    assert len(asked(base, mine, theirs)) == questions


def test_the_time_it_takes_is_bounded():
    def cost(size):
        texts = ["\n".join(f"{name} {number}" for number in range(size)) for name in "abc"]
        found = []
        for _ in range(5):
            before = time.process_time()
            merge(*texts)
            found.append(time.process_time() - before)
        return min(found)

    assert cost(8000) < 12 * max(cost(2000), 0.002)
