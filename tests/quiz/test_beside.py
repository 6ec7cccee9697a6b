"""Pages that answer a post with somebody's answers: their links open beside them, for Back would find an error."""

import pytest

from tests.quiz.conftest import example


@pytest.fixture
def pages(quiz, client, parse):
    """Return the pages that hold answers and aren't a result, by name."""
    ticks = {"version": quiz.number, **example("A")[1]}
    return {
        "change": parse(client.post("/quiz/", {**ticks, "change": "1"})),
        "invalid": parse(client.post("/quiz/", {**ticks, "q01": "nonsense"})),
        "longer": parse(client.post("/quiz/longer/", {**ticks, "short": quiz.number})),
    }


def test_links_open_beside_but_for_leaving_and_those_within_the_page(pages):
    for name, document in pages.items():
        assert document.find(".//head/base").get("target") == "_blank", name
        here = [link for link in document.iter("a") if link.get("target") == "_self"]
        within = [link for link in document.iter("a") if link.get("href").startswith("#")]
        assert within, name
        others = [link for link in here if link not in within]
        assert {link.get("href") for link in others} <= {
            "/quiz/",
            document.find(".//a[@data-leave]").get("href"),
        }
        assert set(within) <= set(here), name
        [form] = [form for form in document.iter("form") if form.get("method") == "post"]
        assert form.get("target") == "_self"


def test_the_quiz_itself_leads_on_in_its_place_until_it_begins(quiz, client, parse):
    document = parse(client.get("/quiz/"))
    assert document.find(".//head/base") is None
