"""The texts of content/responses: one for everything a result can name, all with the same headings, help first."""

from itertools import combinations

import frontmatter
import pytest
from django.conf import settings

from prose import renderer
from prose.document import section
from quiz.scoring.scoring import RESPONSES

TONIGHT = "What can help tonight"
FULL = [
    TONIGHT,
    "What it protects",
    "How it can show up",
    "Strengths",
    "Costs",
    "First steps",
    "When to seek help",
]
SETTLING = [TONIGHT, "How stress settles"]
BLENDS = ["-".join(pair) for pair in combinations(RESPONSES, 2)]
OTHERS = ["even-mix", "mostly-calm", "low-signal", "incomplete"]
STEADINESS = [f"steadiness-{kind}" for kind in ("settles", "noticeable", "hard-going")]
HEADINGS = {
    **dict.fromkeys([*RESPONSES, *BLENDS, *OTHERS], FULL),
    **dict.fromkeys(STEADINESS, SETTLING),
}
FILES = {file.stem: file.read_text() for file in (settings.CONTENT_DIR / "responses").glob("*.md")}
LINKS = ("/articles/when-the-danger-isnt-over/", "/get-help/")
HARDER = "hings may be harder than these questions allow"


def sections(key):
    """Return the sections of a text by heading, in order, as HTML."""
    made = renderer.render(frontmatter.loads(FILES[key]).content)
    return {
        heading.text: section(made.html, heading.id)
        for heading in made.contents
        if heading.level == 2
    }


def sentences(key):
    """Return the lines of a text that say something of their own: all but headings and lead-ins."""
    lines = (line.strip("- *") for line in frontmatter.loads(FILES[key]).content.split("\n"))
    return {
        line
        for line in lines
        if len(line) > 30 and not line.startswith(("#", ":::")) and not line.endswith(":")
    }


def test_there_is_a_text_for_everything_that_a_result_can_name():
    assert set(FILES) == set(HEADINGS)


@pytest.mark.parametrize("key", HEADINGS)
def test_the_headings_are_the_same_words_in_the_same_order(key):
    assert list(sections(key)) == HEADINGS[key]


@pytest.mark.parametrize("key", HEADINGS)
def test_it_opens_with_three_small_things_a_stop_rule_and_the_way_to_safety(key):
    tonight = sections(key)[TONIGHT]
    assert tonight.count("<li><strong>") == tonight.count("<li>") == 3
    assert "Stop if" in tonight
    for address in LINKS:
        assert f'href="{address}"' in tonight


@pytest.mark.parametrize("key", OTHERS)
def test_where_little_showed_it_says_that_things_may_be_harder(key):
    assert HARDER in sections(key)[TONIGHT]


@pytest.mark.parametrize("key", [*RESPONSES, *BLENDS, "even-mix", "mostly-calm"])
def test_it_says_as_much_as_the_others(key):
    assert 450 < renderer.render(frontmatter.loads(FILES[key]).content).words < 750


@pytest.mark.parametrize("key", BLENDS)
def test_a_blend_speaks_for_itself(key):
    """No line of it stands in another text: it isn't two texts glued together."""
    others = set().union(*(sentences(other) for other in HEADINGS if other != key))
    assert len(sentences(key)) > 25
    assert not sentences(key) & others


def test_a_line_taken_from_a_single_response_would_be_seen(monkeypatch):
    borrowed = max(sentences("fight"), key=len)
    monkeypatch.setitem(FILES, "fight-fawn", FILES["fight-fawn"] + f"\n- {borrowed}\n")
    assert sentences("fight-fawn") & sentences("fight") == {borrowed}


@pytest.mark.parametrize("key", [*BLENDS, *OTHERS])
def test_it_has_a_warm_line_and_a_short_form(key):
    front = frontmatter.loads(FILES[key])
    assert 40 < len(front["warm_line"]) <= 240
    assert 40 < len(front["at_a_glance"]) <= 240
