"""How the answers of the newest version sound, and what they ask about: kept beside them, and kept level."""

import tomllib
from collections import Counter
from copy import deepcopy
from statistics import fmean

import pytest
from django.conf import settings

from quiz.scoring.scoring import RESPONSES
from tests.quiz.conftest import NEWEST, bank, speaks_for

RATINGS = tomllib.loads((settings.CONTENT_DIR / "quiz" / "ratings.toml").read_text())
KINDS = (*RESPONSES, "calm")
APART = 1  # points, within one question
LEVEL = 0.25  # points, between the responses over a whole form
LENGTHS = 4  # words, between the longest and the shortest answer to a question


def texts(slug):
    """Return the answers of quiz `slug` by question and by what they speak for."""
    asked = tomllib.loads(NEWEST[slug].read_text())["question"]
    return {
        question["id"]: {
            speaks_for(option): written["text"]
            for option, written in zip(form.options, question["option"], strict=True)
        }
        for form, question in zip(bank(slug).questions, asked, strict=True)
    }


def uneven(ratings):
    """Return the questions in which some answer sounds better than another by more than a point."""
    return [
        key
        for key, rated in ratings.items()
        if max(rated[kind]["rating"] for kind in KINDS)
        - min(rated[kind]["rating"] for kind in KINDS)
        > APART
    ]


def sides(ratings, keys, response):
    return Counter(ratings[key][response]["side"] for key in keys)


@pytest.mark.parametrize("slug", ["short", "full"])
def test_each_answer_is_rated_in_its_very_words(slug):
    for key, answers in texts(slug).items():
        assert {kind: RATINGS[key][kind]["text"] for kind in KINDS} == answers


def test_each_rating_has_its_reason_and_a_point_or_a_half_on_the_scale():
    for rated in RATINGS.values():
        for kind in KINDS:
            assert rated[kind]["rating"] in {half / 2 for half in range(2, 11)}
            assert rated[kind]["reason"].endswith((".", ".”"))


def test_within_a_question_no_answer_sounds_much_better_than_another():
    assert uneven(RATINGS) == []
    flattering = deepcopy(RATINGS)
    flattering["q02"]["fawn"]["rating"] = 5
    assert uneven(flattering) == ["q02"]


@pytest.mark.parametrize("slug", ["short", "full"])
def test_over_a_form_no_response_sounds_better_than_another(slug):
    means = [
        fmean(RATINGS[key][response]["rating"] for key in texts(slug)) for response in RESPONSES
    ]
    assert max(means) - min(means) <= LEVEL


@pytest.mark.parametrize("slug", ["short", "full"])
def test_each_response_is_asked_about_from_all_its_sides_equally(slug):
    for response in RESPONSES:
        counted = sides(RATINGS, texts(slug), response)
        assert len(counted) == 3
        assert max(counted.values()) - min(counted.values()) <= 1


@pytest.mark.parametrize("slug", ["short", "full"])
def test_no_answer_stands_out_by_its_length(slug):
    for answers in texts(slug).values():
        lengths = [len(text.split()) for text in answers.values()]
        assert max(lengths) - min(lengths) <= LENGTHS
    means = [
        fmean(len(answers[kind].split()) for answers in texts(slug).values()) for kind in KINDS
    ]
    assert max(means) - min(means) < 1


def test_every_calm_answer_has_words_of_its_own():
    said = [rated["calm"]["text"] for rated in RATINGS.values()]
    assert len({" ".join(text.lower().split()[:4]) for text in said}) == len(said)
    assert not any(
        text in {answers[kind] for answers in texts("full").values() for kind in RESPONSES}
        for text in said
    )
