"""How the quiz works: told from the live versions, so the page can't say anything else than the quiz does."""

import re
from datetime import date

import pytest

from quiz import content_files
from quiz.content_files import copy
from quiz.models import Option, Review, Version
from tests.quiz.conftest import FIRST


@pytest.fixture
def words(quiz, client, parse, text_of):
    return text_of(parse(client.get("/quiz/method/")).find(".//main"))


def test_every_question_option_and_point_is_there(words, quiz):
    for question in quiz.questions.all():
        assert question.stem in words
    for option in Option.objects.all():
        points = (
            ", ".join(f"{name.title()} {points}" for name, points in option.points)
            or "Calm, no points"
        )
        assert f"{option.text} {points}" in words


def test_margins_ties_and_the_simulation_are_told_in_figures(words):
    for said in (
        "15.8 percentage points, if all 12 situations are answered",
        "13.0 percentage points, if all 20 situations are answered",
        "leads the third by 12.5 points (10.0 in the longer quiz)",
        "Two responses with the same share are treated alike",
        "Of 20,000 runs with answers picked at random, 25 in 100 came to one pattern",
        "60 times in 100 90 in 100 0 10",
    ):
        assert said in words


def test_it_says_what_calm_answers_do(words):
    for said in (
        "Mostly calm, if at least half of all the questions got the calm answer.",
        "“None of these” and the calm answer count as answers here.",
        "The rest came to “mostly calm” (1.8 in 100) or to no strong pattern.",
        "Somebody who picks the calm answer 60, 50 or 40 times in 100 is told “mostly calm” in 85, 62 or 33 of 100 runs.",
    ):
        assert said in words


def test_it_says_what_the_answers_are_made_of_and_that_no_reader_rated_them(words):
    for said in (
        "Freeze: going still, going blank, and getting stuck.",
        "nobody has tested it",
        "That was one writer’s judgement. No readers have rated them yet.",
    ):
        assert said in words


def test_without_calm_answers_it_says_nothing_of_them(db, client, parse, text_of):
    for slug, file in FIRST.items():
        content_files.read(slug, file.read_text()).release()
    words = text_of(parse(client.get("/quiz/method/")).find(".//main"))
    assert not re.search(
        r"calm answer|mostly calm|Calm, no points|what the answers are made of", words, re.I
    )
    assert "Of 20,000 runs with answers picked at random, 31 in 100 came to one pattern" in words
    assert "“None of these” counts as an answer here." in words


def test_a_worked_example_comes_from_the_scoring_itself(words):
    assert "Fight 6 18 35 50% Flight 4 12 35 33% Freeze 1 3 35 8% Fawn 1 3 35 8%" in words
    assert "The result: “Your answers lean a little towards fight”, with some flight." in words


def test_the_fixed_words_are_there(words):
    for said in (
        "No. We wrote the questions ourselves. Nobody has yet tested whether people get the same result twice, or whether "
        "results match anything that a professional would see.",
        "Whether you’ve been through trauma. Whether you have PTSD or anything else. How strong your reactions are compared "
        "with other people’s. What you should do about a relationship.",
    ):
        assert said in words


def test_the_history_names_every_version_readers_saw(quiz, client, parse, text_of):
    draft = copy(quiz)
    draft.note = "Clearer words in the second question."
    draft.save()
    copy(quiz)  # stays a draft
    draft.release()
    words = text_of(parse(client.get("/quiz/method/")).find(".//main")).partition(
        "Version history"
    )[2]
    today = Version.objects.live().first().released_at
    day = f"{today:%-d %B %Y}"
    assert (
        f"The 3-minute quiz, version 3: shown since {day}. Clearer words in the second question."
        in words
    )
    assert f"The 3-minute quiz, version 2: shown from {day} to {day}." in words
    assert "version 4" not in words


def test_it_says_who_reviewed_the_quiz_or_that_nobody_has(quiz, client, parse, text_of):
    for address in ("/quiz/", "/quiz/method/"):
        assert "Not yet reviewed by a clinician." in text_of(
            parse(client.get(address)).find(".//main")
        )
    Review.objects.create(
        version=quiz, reviewer="A. Person, psychologist", reviewed_on=date(2026, 5, 3)
    )
    for address in ("/quiz/", "/quiz/method/"):
        words = text_of(parse(client.get(address)).find(".//main"))
        assert "Reviewed by A. Person, psychologist, 3 May 2026." in words
        assert "Not yet" not in words


def test_start_pages_lead_to_it(quiz, client, parse):
    for address in ("/quiz/", "/quiz/longer/"):
        assert "/quiz/method/" in {
            link.get("href") for link in parse(client.get(address)).findall(".//main//a")
        }


def test_nothing_is_simulated_again(quiz, client, monkeypatch):
    monkeypatch.setattr("quiz.models.versions.simulate", lambda form: pytest.fail("simulated anew"))
    assert client.get("/quiz/method/").status_code == 200


def test_it_also_stands_with_one_quiz_alone(quiz, client, parse):
    Version.objects.live().get(quiz__slug="full").retire()
    parse(client.get("/quiz/method/"))


def test_the_page_is_the_same_for_everyone(quiz, client):
    assert client.get("/quiz/method/").headers["Cache-Control"].startswith("public")
    assert client.post("/quiz/method/").status_code == 405


@pytest.mark.django_db
def test_without_a_live_quiz_the_page_is_not_there(client):
    assert client.get("/quiz/method/").status_code == 404
