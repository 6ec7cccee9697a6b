"""The question bank as the files of content/quiz hold it, and ways to answer it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from quiz import content_files
from quiz.models import Quiz, Version
from quiz.scoring.scoring import RESPONSES, Option, Question, QuizDefinition, Rating
from tests.conftest import Rows, make_once
from tests.factories import make_article, make_response

FIXTURES = json.loads((Path(__file__).parent / "fixtures.json").read_text())
CALM_FIXTURES = json.loads((Path(__file__).parent / "fixtures_v2.json").read_text())


NEWEST = {slug: file for file, slug, _ in content_files.newest_files(settings.CONTENT_DIR)}
FIRST = {slug: settings.CONTENT_DIR / "quiz" / f"{slug}.toml" for slug in NEWEST}


def bank(slug: str, files: dict[str, Path] = NEWEST) -> QuizDefinition:
    """Return quiz `slug` as the scoring takes it, straight from its file: of the newest version, or of the first."""
    tables = tomllib.loads(files[slug].read_text())
    questions = tuple(
        Question(
            question["id"],
            tuple(
                Option(key, option.get("weights", {}), option.get("calm", False))
                for key, option in zip("abcde", question["option"], strict=False)
            ),
        )
        for question in tables["question"]
    )
    ratings = tuple(Rating(rating["id"], rating["reverse"]) for rating in tables.get("rating", []))
    return QuizDefinition(questions, *Quiz.MARGINS[slug], ratings)


def speaks_for(option: Any) -> Any:
    """Return the response that `option` gives most points to, or "calm"."""
    return (
        "calm"
        if option.calm
        else max(RESPONSES, key=lambda response: option.weights.get(response, 0))
    )


def ticks(form: Any, answers: Any) -> Any:
    """Turn answers by response (question → "freeze", "none", "skip") into option keys, as the page sends them."""
    return {
        question.key: next(
            (
                option.key
                for option in question.options
                if speaks_for(option) == answers[question.key]
            ),
            answers[question.key],
        )
        for question in form.questions
        if question.key in answers
    }


def example(letter: str, files: dict[str, Path] = NEWEST) -> Any:
    """Return worked example `letter`: its form, ticks, ratings and what they should come to."""
    found = next(fixture for fixture in [*FIXTURES, *CALM_FIXTURES] if fixture["id"] == letter)
    form = bank(found["form"], files)
    return form, ticks(form, found["answers"]), found["steadiness"], found["expected"]


@pytest.fixture
def quiz(db: None, made_rows: Rows) -> Any:
    """The quizzes, loaded; returns the live version of the 3-minute one."""
    if not Quiz.objects.exists():
        make_once(made_rows, "quiz", lambda: content_files.load(settings.CONTENT_DIR))
    return Version.objects.live().get(quiz__slug="short")


@pytest.fixture
def post(quiz: Any, client: Client) -> Any:
    """Return a function that posts a worked example to the quiz; `over` replaces or adds fields."""

    def post(letter: str, **over: Any) -> Any:
        return client.post("/quiz/", {"version": quiz.number, **example(letter)[1], **over})

    return post


@pytest.fixture
def texts(db: None, made_rows: Rows) -> None:
    """A text for everything a result can name, as short as can be."""
    make_once(made_rows, "texts", _make_texts)


def _make_texts() -> None:
    pairs = [
        f"{one}-{two}" for place, one in enumerate(RESPONSES) for two in RESPONSES[place + 1 :]
    ]
    for response in RESPONSES:
        make_response(
            key=response,
            title=response.title(),
            reassurance=f"Warm words about {response}.",
            body=f"## What it protects\n\nThe text about {response}.",
            related=[f"{response}-article"],
        )
        make_article(slug=f"{response}-article", title=f"More about {response}")
    steadiness = [f"steadiness-{kind}" for kind in ("settles", "noticeable", "hard-going")]
    for key in [*pairs, *steadiness, "even-mix", "mostly-calm", "low-signal", "incomplete"]:
        lines = {"reassurance": f"Warm words about {key}.", "at_a_glance": f"In short: {key}."}
        make_response(key=key, title=key, belief="", body=f"The text about {key}.", **lines)
