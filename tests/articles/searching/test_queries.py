"""Two hundred searches as people type them, over the launch content."""

import tomllib
from pathlib import Path

import pytest

from articles.api import index_pages
from articles.models import Synonym
from articles.searching.query import search
from articles.searching.vocabulary import VOCABULARY

QUERIES = tomllib.loads((Path(__file__).parents[1] / "queries.toml").read_text())


def missed(queries):
    """Return the searches that none of the wanted pages answers in the first three places."""
    memory = VOCABULARY.get()
    results = {}
    for query, wanted in queries.items():
        paths = {name if name.startswith("/") else f"/articles/{name}/" for name in wanted}
        first = [hit.path for hit in search(query, memory).hits[:3]]
        if not paths & set(first):
            results[query] = first
    return results


@pytest.fixture
def pages(content):
    index_pages()


def test_there_are_two_hundred():
    assert len(QUERIES["found"]) >= 200
    assert len(QUERIES["help"]) >= 30


def test_each_is_answered_among_the_first_three(pages):
    assert missed(QUERIES["found"]) == {}


def test_without_synonyms_many_are_not(pages):
    Synonym.objects.all().delete()
    assert len(missed(QUERIES["found"])) > 30


def test_without_other_pages_than_articles_theirs_are_not_found(content):
    assert {"cookies", "free guide", "quiz", "hide this site"} <= set(missed(QUERIES["found"]))


def test_help_comes_first_in_danger(content):
    memory = VOCABULARY.get()
    for query, kind in QUERIES["help"].items():
        assert kind in memory.crisis.kinds(query, memory.known), query


def test_what_most_people_look_for_shows_no_panel(content):
    memory = VOCABULARY.get()
    panels = {query for query in QUERIES["found"] if memory.crisis.kinds(query, memory.known)}
    about_danger = {"i keep snapping at my kids", "my child was abused", "abused as a child"}
    assert len(panels - about_danger) <= 6, panels
