import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from quiz.scoring import RESPONSES, Form, Option, Question, score
from tests.quiz.conftest import FIXTURES, bank, example, speaks_for

SHORT, FULL = bank("short"), bank("full")
ANSWERS = ["a", "b", "c", "d", "none", "skip"]
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=150)
settings.load_profile("steady")


@pytest.mark.parametrize("letter", [fixture["id"] for fixture in FIXTURES])
def test_the_worked_examples_come_out_as_written(letter):
    form, answers, ratings, expected = example(letter)
    result = score(form, answers, ratings)
    assert (result.outcome, result.answered, result.none, result.skipped) == (
        expected["outcome"],
        expected["typed"],
        expected["none"],
        expected["skipped"],
    )
    assert list(result.responses) == expected.get("types", [])
    assert {name: round(share, 2) for name, share in result.shares.items()} == expected.get("pct", {})
    assert result.figures == expected.get("display", {})
    assert (result.strength or None, result.secondary or None) == (expected.get("strength"), expected.get("secondary"))
    assert result.few_answers == ("few-answers" in expected.get("notes", []))
    assert result.steadiness == (expected.get("steadiness") or "not-shown")


def test_a_result_on_few_answers_says_so():
    form, answers, _, _ = example("K")
    assert score(form, answers).few_answers
    assert not score(form, example("A")[1]).few_answers


def test_a_result_names_its_text():
    named = {letter: score(*example(letter)[:2]).key for letter in "ACDEF"}
    assert named == {"A": "fight", "C": "flight-fawn", "D": "even-mix", "E": "low-signal", "F": "incomplete"}
    assert score(*example("H")[:2]).pair == "fight-flight"
    assert score(*example("P")[:2]).pair == "flight-freeze"
    assert score(*example("A")[:2]).pair == ""


def test_figures_stand_highest_first_and_tied_ones_in_the_usual_order():
    assert list(score(*example("B")[:2]).figures) == ["freeze", "fawn", "flight", "fight"]
    assert list(score(*example("H")[:2]).figures) == ["fight", "flight", "freeze", "fawn"]


def test_unknown_questions_and_answers_count_as_skipped():
    answers = {"q01": "fight", "q02": "e", "q99": "a", "q03": "a"}
    result = score(SHORT, answers)
    assert (result.answered, result.skipped) == (1, 11)


def test_a_quiz_whose_answers_weigh_nothing_says_nothing():
    form = Form((Question("q", (Option("a", {}),)),), 190, 150)
    assert score(form, {"q": "a"}).outcome == "low-signal"


@pytest.mark.parametrize("missing", ["s1", "s4"])
def test_steadiness_needs_all_four_ratings(missing):
    ratings = {"s1": 1, "s2": 4, "s3": 1, "s4": 3}
    assert score(FULL, {}, ratings).steadiness == "hard-going"
    assert score(FULL, {}, {key: value for key, value in ratings.items() if key != missing}).steadiness == "not-shown"
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
    assert score(FULL, {}, dict(zip(("s1", "s2", "s3", "s4"), ratings))).steadiness == says


# -- a second implementation, exact, written from the specification alone ---------------------------------------------


def by_the_book(form, answers):
    size = len(form.questions)
    options = {question.key: {option.key: option.weights for option in question.options} for question in form.questions}
    chosen = [key for key in options if answers.get(key) in options[key]]
    a, n = len(chosen), sum(answers.get(key) == "none" for key in options)
    if a + n < ceil(Fraction(2 * size, 3)):
        return ("incomplete",)
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
        leaning = [1 + 8 * (place == chance.randrange(6)) for place in range(6)]
        yield dict(zip((question.key for question in form.questions), chance.choices(ANSWERS, leaning, k=20)))


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
    assert len(told) == 5  # every outcome was met


# -- what must hold for any quiz -------------------------------------------------------------------------------------

weights = some.fixed_dictionaries({name: some.integers(0, 3) for name in RESPONSES})
quizzes = some.lists(some.lists(weights, min_size=2, max_size=4), min_size=4, max_size=14).map(
    lambda tables: Form(
        tuple(
            Question(f"q{number}", tuple(Option(key, table) for key, table in zip("abcd", options)))
            for number, options in enumerate(tables)
        ),
        190,
        150,
    )
)


@some.composite
def sittings(draw):
    form = draw(quizzes)
    return form, {question.key: draw(some.sampled_from([*ANSWERS[:4], *ANSWERS])) for question in form.questions}


def same(one, other):
    assert replace(one, shares={}) == replace(other, shares={})
    assert one.shares == pytest.approx(other.shares)


@given(sittings(), some.randoms())
def test_the_order_of_questions_and_options_never_matters(sitting, chance):
    form, answers = sitting
    questions = [replace(q, options=tuple(chance.sample(q.options, len(q.options)))) for q in form.questions]
    chance.shuffle(questions)
    same(score(replace(form, questions=tuple(questions)), answers), score(form, answers))


@given(sittings())
def test_shares_add_up_to_a_hundred_or_are_not_given(sitting):
    result = score(*sitting)
    assert bool(result.shares) == (result.outcome in {"primary", "blend", "even-mix"})
    assert not result.shares or sum(result.shares.values()) == pytest.approx(100)
    assert all(0 <= figure <= 100 for figure in result.figures.values())
    assert result.answered + result.none + result.skipped == len(sitting[0].questions)


@given(sittings(), some.permutations(RESPONSES))
def test_no_response_is_favoured(sitting, names):
    """Renaming the four renames the result and changes nothing else: so ties never depend on an order in code."""
    form, answers = sitting
    renamed = dict(zip(RESPONSES, names))

    def rename(question):
        options = (
            replace(o, weights={renamed[name]: points for name, points in o.weights.items()}) for o in question.options
        )
        return replace(question, options=tuple(options))

    before = score(form, answers)
    after = score(replace(form, questions=tuple(map(rename, form.questions))), answers)
    assert (after.outcome, after.strength, after.few_answers) == (before.outcome, before.strength, before.few_answers)
    assert set(after.responses) == {renamed[name] for name in before.responses}
    assert after.secondary == renamed.get(before.secondary, "")
    assert after.shares == pytest.approx({renamed[name]: share for name, share in before.shares.items()})
    assert list(after.responses) == sorted(after.responses, key=RESPONSES.index)


@given(sittings(), some.integers(1, 3), some.data())
def test_more_weight_for_the_leader_never_unseats_it(sitting, more, data):
    form, answers = sitting
    before = score(form, answers)
    assume(before.outcome == "primary")
    [leader] = before.responses
    answered = [question for question in form.questions if question.chosen(answers[question.key])]
    question = data.draw(some.sampled_from(answered))

    def add(option):
        if option.key != answers[question.key]:
            return option
        return replace(option, weights=option.weights | {leader: option.weights[leader] + more})

    heavier = replace(question, options=tuple(map(add, question.options)))
    questions = tuple(heavier if q is question else q for q in form.questions)
    after = score(replace(form, questions=questions), answers)
    assert (after.outcome, after.responses) == ("primary", (leader,))
    assert after.shares[leader] >= before.shares[leader] - 1e-9


@given(some.lists(some.sampled_from("abcd"), min_size=12, max_size=12), some.integers(0, 11))
def test_one_more_answer_for_the_leader_never_unseats_it(answers, place):
    sheet = dict(zip((question.key for question in SHORT.questions), answers))
    before = score(SHORT, sheet)
    assume(before.outcome == "primary")
    question = SHORT.questions[place]
    agreeing = next(option.key for option in question.options if speaks_for(option) == before.responses[0])
    assert score(SHORT, sheet | {question.key: agreeing}).responses == before.responses


def test_who_clicks_at_random_gets_no_response_more_often_than_another():
    """The figures the method page gives: about 31 of 100 a single response, evenly; 30 a blend; 39 an even mix."""
    chance, runs = random.Random(20_000), 20_000
    keys = [question.key for question in SHORT.questions]
    told = Counter()
    for _ in range(runs):
        result = score(SHORT, dict(zip(keys, chance.choices("abcd", k=12))))
        told[result.responses if result.outcome == "primary" else result.outcome] += 1
    share = {name: 100 * number / runs for name, number in told.items()}
    singles = [share[(name,)] for name in RESPONSES]
    assert max(singles) - min(singles) < 1
    assert sum(singles) == pytest.approx(31, abs=1.2)
    assert share["blend"] == pytest.approx(30, abs=1.2)
    assert share["even-mix"] == pytest.approx(39, abs=1.2)
