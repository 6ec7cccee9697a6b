"""No pattern's cost is in a stranger's or a writer's hands: twice the text costs about twice the time."""

import logging
import re

import pytest

from tests.trustsite.web.patterns import (
    Found,
    every_pattern,
    grows,
    text_of,
    too_slow,
    worst_fragments,
)
from trustsite.web import log_redaction
from trustsite.web.log_redaction import Redact

PATTERNS = every_pattern()


@pytest.mark.parametrize("found", PATTERNS, ids=str)
def test_a_pattern_takes_linear_time(found):
    assert too_slow(found) == ""


def test_the_walk_finds_patterns_of_every_sort():
    places = {found.place for found in PATTERNS}
    assert {"trustsite.web.log_redaction.TOKEN", "prose.affiliate_rules.HOST"} <= places
    assert any(place.startswith("prose.renderer:") for place in places)
    assert any(place.startswith("prose.rules.words.") for place in places)


@pytest.mark.parametrize(
    "old",
    [
        r"[^\s<>\"'(=,;:]+@[^\s<>\"'),;]+\.[^\s<>\"'),;]+",
        r"<[^>]+>",
        r"\{%.*?%\}",
        r"[\w.]+@",
    ],
)
def test_patterns_that_are_not_linear_are_caught(old):
    assert too_slow(Found(re.compile(old), "search", "here"))


def test_a_little_that_is_quadratic_is_caught_beside_much_that_is_linear():
    words, old = re.compile(r"quota|mailbox|(?:over|in)box|full"), re.compile("a*b")

    def run(text):
        words.findall(text)
        old.search(text[: len(text) // 8])

    assert grows(run, lambda size: "a" * size)


def log(text):
    record = logging.LogRecord(
        "django.request", logging.WARNING, __file__, 1, "Not Found: %s", (text,), None
    )
    Redact().filter(record)
    return record.getMessage()


def test_a_log_line_of_a_strangers_making_costs_little():
    for pattern in (log_redaction.WORD, log_redaction.TOKEN, log_redaction.QUERY):
        for fragment in worst_fragments(pattern):
            assert grows(log, lambda size, fragment=fragment: text_of(fragment, size)) == ""
