"""What is told: /privacy/ and docs/privacy.md name every column and every kind of the daily sums, and no other."""

import re

import pytest
from django.apps import apps

from analytics import kinds
from analytics.models import KEEP, DailySum
from tests.servers import ROOT

PAGE = (ROOT / "content/pages/privacy.md").read_text()
SECTION = PAGE.partition("## What we count")[2].partition("\n## ")[0]
DOCS = (ROOT / "docs/privacy.md").read_text()
NAMES = "READ OFFER REFERRER SEARCH QUIZ OUTCOME GUIDE LETTERS SOURCE MISSING REDIRECT".split()
OURS = {getattr(kinds, name) for name in NAMES}


def columns():
    return {field.column for field in DailySum._meta.fields}


def test_the_page_names_the_columns_of_the_table_and_no_other():
    sentence = re.search(r"with five columns: ([^.]*)\.", SECTION)[1]
    assert set(re.findall(r"`(\w+)`", sentence)) == columns()


def test_the_page_names_every_kind_and_no_other():
    assert set(re.findall(r"^\| `(\w+)` \|", SECTION, re.M)) == OURS


def test_a_kind_more_would_be_found_out():
    """The twin."""
    text = SECTION.replace("| `search` |", "| `person` |")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) != OURS


def test_developers_are_told_the_same():
    named = re.search(r"\(the columns ([^)]*)\)", DOCS)[1]
    assert set(re.findall(r"`(\w+)`", named)) == columns()


def test_the_counting_has_no_other_table():
    found = {model.__name__ for model in apps.get_app_config("analytics").get_models()}
    assert found == {"DailySum", "LogPosition"}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("until twenty are together", kinds.POOL == 20),
        ("once ten have asked", kinds.MISSING_AFTER == 10),
    ],
)
def test_the_numbers_on_the_page_are_those_of_the_code(words, value):
    assert words in SECTION
    assert value
    assert 760 < KEEP.days < 765  # 25 months


def test_code_counts_no_kind_that_isnt_told():
    """Every call of counts_as and count_mail names a kind of the list."""
    used = set()
    for path in [
        p for app in ("articles", "quiz", "newsletter") for p in (ROOT / app).rglob("*.py")
    ]:
        used |= set(re.findall(r"counts_as\((\w+),", path.read_text()))
    assert used == {"OFFER", "SEARCH", "QUIZ", "OUTCOME", "GUIDE", "SOURCE", "REDIRECT"}
    assert {getattr(kinds, name) for name in used} <= OURS
