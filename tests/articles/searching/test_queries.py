"""Two hundred searches as people type them, over the launch content."""

import tomllib
from pathlib import Path

import pytest
from django.utils.html import conditional_escape

from articles.api import index_pages
from articles.models import Synonym
from articles.searching.query import Hit, Results, search
from articles.searching.vocabulary import VOCABULARY
from prose.document import trusted

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


@pytest.mark.parametrize("is_kept_to_reading", [True, False])
def test_under_the_people_to_talk_to_stand_a_few_articles_and_tools_and_no_quiz(
    pages, client, parse, monkeypatch, is_kept_to_reading
):
    if not is_kept_to_reading:  # the guard is off
        monkeypatch.setattr(Results, "in_danger", lambda results: results)
    shown = []
    for query in ("kill myself", "cant go on", "i want to die"):
        shelf = parse(client.get("/search/", {"q": query})).find(".//ul[@class='shelf__articles']")
        links = [link.get("href") for link in shelf.iter("a")]
        assert links
        assert len(links) <= 5 or not is_kept_to_reading
        # A deadly word and the sentence round it are nothing to hold before them.
        assert (shelf.find(".//mark") is None) is is_kept_to_reading
        shown += links
    others = {path.split("/")[1] for path in shown} - {"articles", "tools"}
    assert others == (
        set() if is_kept_to_reading else {"quiz", "responses", "affiliate-disclosure", "promises"}
    )


def test_what_a_page_is_about_stands_there_in_danger_letter_by_letter():
    hit = Hit(
        "Owls & us",
        "/articles/owls/",
        "Nights",
        "When it's <late> & dark.",
        trusted("<mark>x</mark>"),
    )
    [shown] = Results([hit]).in_danger().hits
    assert conditional_escape(shown.extract) == "When it&#x27;s &lt;late&gt; &amp; dark."
