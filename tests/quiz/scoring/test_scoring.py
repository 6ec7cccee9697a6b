import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest

from quiz.scoring import scoring
from quiz.scoring.scoring import RESPONSES, Option, Question, QuizDefinition, Rating, score
from tests.quiz.conftest import CALM_FIXTURES, FIRST, FIXTURES, NEWEST, bank, example

SHORT, FULL = bank("short"), bank("full")
ANSWERS = ["a", "b", "c", "d", "e", "none", "skip"]
WORKED = [
    *((fixture["id"], files) for files in (NEWEST, FIRST) for fixture in FIXTURES),
    *((fixture["id"], NEWEST) for fixture in CALM_FIXTURES),
]


@pytest.mark.parametrize(
    ("letter", "files"),
    WORKED,
    ids=[f"{letter} first" if files is FIRST else letter for letter, files in WORKED],
)
def test_the_worked_examples_come_out_as_written(letter, files):
    form, answers, ratings, expected = example(letter, files)
    result = score(form, answers, ratings)
    assert (result.outcome, result.answered, result.none, result.calm, result.skipped) == (
        expected["outcome"],
        expected["typed"],
        expected["none"],
        expected.get("calm", 0),
        expected["skipped"],
    )
    assert list(result.responses) == expected.get("types", [])
    assert {name: round(share, 2) for name, share in result.shares.items()} == expected.get(
        "pct", {}
    )
    assert result.figures == expected.get("display", {})
    assert (result.strength or None, result.secondary or None) == (
        expected.get("strength"),
        expected.get("secondary"),
    )
    assert result.few_answers == (expected.get("note") == "few-answers")
    assert result.steadiness == (expected.get("steadiness") or "not-shown")


def test_a_result_on_few_answers_says_so():
    form, answers, _, _ = example("K")
    assert score(form, answers).few_answers
    assert not score(form, example("A")[1]).few_answers


def test_a_result_names_its_text():
    named = {letter: score(*example(letter)[:2]).key for letter in "ACDEF"}
    assert named == {
        "A": "fight",
        "C": "flight-fawn",
        "D": "even-mix",
        "E": "low-signal",
        "F": "incomplete",
    }
    assert score(*example("H")[:2]).pair == "fight-flight"
    assert score(*example("P")[:2]).pair == "flight-freeze"
    assert score(*example("A")[:2]).pair == ""


def test_figures_stand_highest_first_and_tied_ones_in_the_usual_order():
    assert list(score(*example("B")[:2]).figures) == ["freeze", "fawn", "flight", "fight"]
    assert list(score(*example("H")[:2]).figures) == ["fight", "flight", "freeze", "fawn"]


def test_unknown_questions_and_answers_count_as_skipped():
    answers = {"q01": "fight", "q02": "f", "q99": "a", "q03": "a"}
    result = score(SHORT, answers)
    assert (result.answered, result.skipped) == (1, 11)


def test_a_quiz_whose_answers_weigh_nothing_says_nothing():
    form = QuizDefinition((Question("q", (Option("a", {}),)),), 190, 150)
    assert score(form, {"q": "a"}).outcome == "low-signal"


@pytest.mark.parametrize("missing", ["s1", "s4"])
def test_steadiness_needs_all_four_ratings(missing):
    ratings = {"s1": 1, "s2": 4, "s3": 1, "s4": 3}
    assert score(FULL, {}, ratings).steadiness == "hard-going"
    assert (
        score(FULL, {}, {key: value for key, value in ratings.items() if key != missing}).steadiness
        == "not-shown"
    )
    assert score(FULL, {}, ratings | {missing: 5}).steadiness == "not-shown"
    assert score(SHORT, {}, ratings).steadiness == "not-shown"


@pytest.mark.parametrize(
    ("ratings", "says"),
    [
        ((3, 3, 3, 3), "inconsistent"),
        ((1, 1, 0, 1), "inconsistent"),
        ((3, 1, 2, 2), "noticeable"),  # index 37.5
        ((3, 1, 3, 1), "settles"),  # 25
        ((2, 3, 1, 3), "hard-going"),  # 68.75
        ((2, 2, 1, 3), "noticeable"),  # 62.5
    ],
)
def test_steadiness_is_told_in_words_at_the_stated_steps(ratings, says):
    assert (
        score(FULL, {}, dict(zip(("s1", "s2", "s3", "s4"), ratings, strict=True))).steadiness
        == says
    )


# -- a second implementation, exact, written from the specification alone ---------------------------------------------


def by_the_book(form, answers):
    size = len(form.questions)
    options = {
        question.key: {option.key: option.weights for option in question.options}
        for question in form.questions
    }
    ticked = [key for key in options if answers.get(key) in options[key]]
    chosen = [key for key in ticked if any(options[key][answers[key]].values())]
    a, n = len(chosen), sum(answers.get(key) == "none" for key in options)
    c = len(ticked) - a  # in our forms, what gives no points is calm
    if a + n + c < ceil(Fraction(2 * size, 3)):
        return ("incomplete",)
    if c >= Fraction(size, 2):
        return ("mostly-calm",)
    if a < ceil(Fraction(size, 2)):
        return ("low-signal",)
    raw, most = Counter(), Counter()
    for key in chosen:
        raw.update(options[key][answers[key]])
        for name in RESPONSES:
            most[name] += max(weights.get(name, 0) for weights in options[key].values())
    norm = {name: Fraction(raw[name], most[name]) for name in RESPONSES}
    share = {name: 100 * norm[name] / sum(norm.values()) for name in RESPONSES}
    p1, p2, p3, _ = sorted(share.values(), reverse=True)
    margin, margin2 = Fraction(form.margin, a), Fraction(form.second_margin, a)
    if p1 - p3 < margin:
        return "even-mix", tuple(name for name in RESPONSES if p1 - share[name] < margin)
    if p1 - p2 < margin:
        return "blend", tuple(name for name in RESPONSES if share[name] >= p2)
    top = next(name for name in RESPONSES if share[name] == p1)
    clear = p1 >= 50 and p1 - p2 >= 25 and a >= ceil(Fraction(2 * size, 3))
    second = next(name for name in RESPONSES if share[name] == p2 and name != top)
    return "primary", (top,), clear, second if p2 >= 25 and p2 - p3 >= margin2 else ""


def as_by_the_book(result):
    return {
        "primary": ("primary", result.responses, result.strength == "clear", result.secondary),
        "blend": ("blend", result.responses),
        "even-mix": ("even-mix", result.responses),
    }.get(result.outcome, (result.outcome,))


def some_answers(form, count):
    """Random answer sheets of all kinds: leaning, careless, half empty."""
    chance = random.Random(7)
    for _ in range(count):
        bias = [1 + 8 * (place == chance.randrange(7)) for place in range(7)]
        yield dict(
            zip(
                (question.key for question in form.questions),
                chance.choices(ANSWERS, bias, k=20),
                strict=False,
            )
        )


@pytest.mark.parametrize("form", [SHORT, FULL], ids=["short", "full"])
def test_two_implementations_agree(form):
    sheets = [{question.key: answer} for question in form.questions for answer in ANSWERS]
    sheets += [{question.key: answer for question in form.questions} for answer in ANSWERS]
    sheets += some_answers(form, 3_000)
    told = Counter()
    for sheet in sheets:
        result = score(form, sheet)
        assert as_by_the_book(result) == by_the_book(form, sheet), sheet
        told[result.outcome] += 1
    assert len(told) == 6  # every outcome was met


@pytest.mark.parametrize("reverse", [True, False])
def test_ratings_of_one_direction_alone_name_no_steadiness(reverse):
    definition = replace(bank("full"), ratings=(Rating("s1", reverse),))
    assert scoring._steadiness(definition, {"s1": 4}) == "not-shown"


@pytest.mark.parametrize("kind", ["settles", "noticeable", "hard-going", ""])
def test_there_is_a_text_about_steadiness_for_three_kinds_alone(kind):
    form, answers, ratings, _ = example("A")
    result = replace(score(form, answers, ratings), steadiness=kind)
    assert result.steadiness_text == (f"steadiness-{kind}" if kind else "")


def test_the_most_points_for_a_response_that_no_answer_speaks_for_are_none():
    question = Question("q1", (Option("a", {"fight": 3}), Option("b", {"fight": 1, "fawn": 2})))
    assert dict(zip(RESPONSES, question.highest, strict=True)) == {
        "fight": 3,
        "flight": 0,
        "freeze": 0,
        "fawn": 2,
    }
