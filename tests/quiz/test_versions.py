"""Which version answers are scored by, and what becomes of answers to questions that are no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from quiz import version_cache
from quiz.content_files import copy
from quiz.models import NotReadyError, Version
from tests.quiz.conftest import example
from tests.quiz.test_take import ticked


@pytest.fixture
def renewed(quiz):
    """A second version: one situation and one answer are worded anew. Returns the first."""
    draft = copy(quiz)
    draft.questions.filter(key="q01").update(
        stem="Someone you look up to says that your work isn’t good enough."
    )
    option = draft.questions.get(key="q02").options.get(key="a")
    option.text = "I say something kind to each of them in turn."
    option.save()
    draft.release()
    quiz.refresh_from_db()
    return quiz


def retire(version, days):
    Version.objects.filter(pk=version.pk).update(retired_at=timezone.now() - timedelta(days=days))


def test_for_a_year_a_form_is_scored_by_the_version_it_names(renewed, post, texts):
    assert renewed.retired_at
    retire(renewed, 364)
    assert post("A").status_code == 200


def test_after_a_year_what_still_fits_is_ticked_in_the_present_questions(
    renewed, post, texts, parse, text_of
):
    retire(renewed, 366)
    response = post("A", q02="a", q05="none", q07="skip")
    document = parse(response)
    assert response.status_code == 409
    assert response.headers["Cache-Control"] == "no-store"
    assert text_of(document.find(".//h1")) == "The questions have changed"
    expected = {**example("A")[1], "q05": "none", "q07": "skip"}
    assert ticked(document) == {
        key: value for key, value in expected.items() if key not in {"q01", "q02"}
    }
    assert document.find(".//input[@name='version']").get("value") == "3"


def test_the_longer_quiz_keeps_its_ratings_when_it_changes(quiz, client, parse):
    full = Version.objects.live().get(quiz__slug="full")
    copy(full).release()
    retire(full, 400)
    document = parse(
        client.post("/quiz/longer/", {"version": 2, "q13": "b", "s1": "3", "s2": "skip"})
    )
    assert ticked(document) == {"q13": "b", "s1": "3", "s2": "skip"}


def test_a_version_nobody_knows_gets_a_page_with_a_way_on(quiz, client, parse, text_of):
    document = parse(client.post("/quiz/longer/", {"version": 7, "q01": "a"}))
    assert text_of(document.find(".//h1")) == "The questions have changed"
    assert "/quiz/longer/" in {link.get("href") for link in document.findall(".//main//a")}


def test_a_retired_quiz_without_a_successor_is_scored_and_shown_to_nobody_new(
    quiz, client, post, texts
):
    quiz.retire(is_replaced=True)
    response = client.get("/quiz/")
    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")
    assert "no quiz here for now" in response.content.decode()
    assert post("A").status_code == 200
    retire(quiz, 366)
    assert post("A").status_code == 400


def test_questions_are_kept_in_memory_and_a_new_version_is_seen_at_once(
    quiz, client, django_assert_num_queries
):
    first = version_cache.live("short")
    with django_assert_num_queries(1):
        assert version_cache.live("short") is first
    copy(quiz).release()
    assert version_cache.live("short").version.number == 3
    assert version_cache.by_number("short", "2").version.number == 2
    assert version_cache.by_number("short", "4") is None


def test_a_new_title_is_seen_at_once(quiz):
    assert version_cache.live("short").version.quiz.title == quiz.quiz.title
    quiz.quiz.title = "Another title"
    quiz.quiz.save()
    assert version_cache.live("short").version.quiz.title == "Another title"


def test_memory_does_not_grow_without_end(quiz, monkeypatch):
    monkeypatch.setattr(version_cache, "MAX_ENTRIES", 1)
    version_cache.live("short")
    version_cache.live("full")
    assert len(version_cache._cache) == 1


def test_a_version_with_a_fault_can_not_be_released(quiz):
    draft = copy(quiz)
    draft.questions.get(key="q05").options.first().delete()
    with pytest.raises(NotReadyError) as error:
        draft.release()
    assert error.value.problems[0] == "q05 has 3 answers beside the calm one. Give it 4."
    draft.refresh_from_db()
    quiz.refresh_from_db()
    assert (draft.state, quiz.state) == ("draft", "live")


def test_a_release_stores_the_simulation(quiz):
    quiz.refresh_from_db()
    assert quiz.simulation["runs"] == 20_000
    assert quiz.simulation["clicking"]["blend"] == pytest.approx(30, abs=1.5)
    assert quiz.simulation["leaning"]["60"]["named"] == pytest.approx(89, abs=1.5)
