"""The quiz while the database is away: asked, scored and answered from what the worker has in memory."""

import pytest
from django.db import OperationalError, connection

from articles.reading import response_texts
from quiz import version_cache
from tests.quiz.conftest import example
from trustsite.web.serving import fragments


def refuse(*args):
    raise OperationalError("The database is away.")


@pytest.fixture
def away():
    """Return what makes the database answer nothing."""
    return lambda: connection.execute_wrapper(refuse)


@pytest.fixture
def remembered(quiz, texts):
    version_cache.remember()
    response_texts.remember()
    return quiz


@pytest.mark.parametrize("path", ["/quiz/", "/quiz/longer/", "/quiz/paper/"])
def test_the_questions_are_asked(remembered, client, away, path):
    before = client.get(path)
    with away():
        response = client.get(path)
    assert (response.status_code, response.content) == (200, before.content)


def test_the_questions_are_asked_of_a_version_that_another_page_read(remembered, client, away):
    before = client.get("/quiz/")
    with fragments.used():
        client.get("/quiz/paper/")
        with away():
            response = client.get("/quiz/")
    assert (response.status_code, response.content) == (200, before.content)


@pytest.mark.parametrize("letter", ["A", "C1"])
def test_answers_are_scored_as_always(remembered, post, away, letter, parse, text_of):
    before = parse(post(letter))
    with away():
        response = post(letter)
    assert response.status_code == 200
    now = parse(response)
    assert text_of(now.find(".//h1")) == text_of(before.find(".//h1"))
    assert "The text about" in text_of(now.find(".//main"))


def test_answers_can_be_changed_and_carried_on(remembered, client, away):
    answers = {"version": remembered.number, **example("A")[1]}
    with away():
        assert client.post("/quiz/", {**answers, "change": "yes"}).status_code == 200
        carried = {"short": remembered.number, **example("A")[1]}
        assert client.post("/quiz/longer/", carried).status_code == 200
        assert client.post("/quiz/", {**answers, "version": "99"}).status_code == 400


def test_a_version_retired_more_than_a_year_ago_is_scored_no_more(remembered, post, away):
    from datetime import timedelta

    from django.utils import timezone

    from quiz.models import Version

    long_ago = timezone.now() - timedelta(days=366)
    Version.objects.filter(pk=remembered.pk).update(state="retired", retired_at=long_ago)
    version_cache.remember()
    with away():
        assert post("A").status_code == 400


def test_without_the_memory_the_answers_are_lost(quiz, texts, post, away, client):
    client.raise_request_exception = False
    with away():
        assert post("A").status_code == 500


def test_each_worker_has_them_from_its_start(quiz, texts, post, away):
    from tests.edge import make_edge

    make_edge()
    with away():
        assert post("A").status_code == 200
