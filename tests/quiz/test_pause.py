"""A pause from the questions: one click away from each, and one click back to it, with and without the script."""

import pytest

from tests.quiz.conftest import example


@pytest.fixture(params=["/quiz/", "/quiz/longer/"])
def page(quiz, client, parse, request):
    return parse(client.get(request.param))


def test_every_question_leads_to_the_pause_and_the_pause_back_to_every_question(page, text_of):
    pause = page.find(".//section[@id='pause']")
    groups = page.findall(".//div[@data-question]")
    assert all([link.get("href") for link in group.iter("a")] == ["#pause"] for group in groups)
    keys = [group.find(".//h2").get("id") for group in groups]
    back = pause.findall(".//nav//a")
    assert [link.get("href") for link in back] == [f"#{key}" for key in keys]
    assert [text_of(link) for link in back] == [str(number) for number in range(1, len(keys) + 1)]


def test_it_holds_an_exercise_another_way_and_when_to_stop(page, text_of):
    words = text_of(page.find(".//section[@id='pause']"))
    for said in (
        "Feet and floor",
        "Can’t use your feet?",
        "If it makes things feel worse, stop.",
        "Get help now",
    ):
        assert said in words
    assert "breath" not in words


def test_nothing_of_it_is_sent(page):
    assert page.find(".//form//section") is None
    assert not page.findall(".//section[@id='pause']//input")


def test_it_is_there_when_answers_are_changed_and_carried(post, client, parse):
    carried = client.post("/quiz/longer/", {"short": 2, **example("A")[1]})
    for response in (post("A", change=1), post("A", q01="zz"), carried):
        document = parse(response)
        asked = [
            group
            for group in document.findall(".//div[@data-question]")
            if group.find(".//a") is not None
        ]
        ids = [group.find(".//h2").get("id") for group in asked]
        links = [
            link.get("href")[1:] for link in document.findall(".//section[@id='pause']//nav//a")
        ]
        assert ids == links
        assert len(ids) == 12
