"""What must hold of the scoring for any quiz and any answers, and how it behaves on random ones."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from quiz.scoring.scoring import RESPONSES, Option, Question, QuizDefinition, score
from tests.quiz.conftest import FIRST, bank, speaks_for

SHORT, FIRST_SHORT = bank("short"), bank("short", FIRST)
ANSWERS = ["a", "b", "c", "d", "none", "skip"]
repeatable = settings(deadline=None, derandomize=True, max_examples=80)

weights = some.fixed_dictionaries({name: some.integers(0, 3) for name in RESPONSES})
quizzes = some.lists(some.lists(weights, min_size=2, max_size=4), min_size=4, max_size=14).map(
    lambda tables: QuizDefinition(
        tuple(
            Question(
                f"q{number}",
                tuple(Option(key, table) for key, table in zip("abcd", options, strict=False)),
            )
            for number, options in enumerate(tables)
        ),
        190,
        150,
    )
)


@some.composite
def sittings(draw):
    form = draw(quizzes)
    return form, {
        question.key: draw(some.sampled_from([*ANSWERS[:4], *ANSWERS]))
        for question in form.questions
    }


def same(one, other):
    assert replace(one, shares={}) == replace(other, shares={})
    assert one.shares == pytest.approx(other.shares)


@repeatable
@given(sittings(), some.randoms())
def test_the_order_of_questions_and_options_never_matters(sitting, chance):
    form, answers = sitting
    questions = [
        replace(q, options=tuple(chance.sample(q.options, len(q.options)))) for q in form.questions
    ]
    chance.shuffle(questions)
    same(score(replace(form, questions=tuple(questions)), answers), score(form, answers))


@repeatable
@given(sittings())
def test_shares_add_up_to_a_hundred_or_are_not_given(sitting):
    result = score(*sitting)
    assert bool(result.shares) == (result.outcome in {"primary", "blend", "even-mix"})
    assert not result.shares or sum(result.shares.values()) == pytest.approx(100)
    assert all(0 <= figure <= 100 for figure in result.figures.values())
    assert result.answered + result.none + result.calm + result.skipped == len(sitting[0].questions)


# -- calm answers --------------------------------------------------------------------------------------------------


@some.composite
def calm_sittings(draw):
    """A form whose questions all have a calm answer, "k", and a sheet with "none of these" and calm among the answers."""
    form = draw(quizzes)
    with_calm = [
        replace(q, options=(*q.options, Option("k", {}, calm=True))) for q in form.questions
    ]
    answers = [*ANSWERS[:4], *ANSWERS[:4], "none", "none", "k", "skip"]
    return replace(form, questions=tuple(with_calm)), {
        q.key: draw(some.sampled_from(answers)) for q in with_calm
    }


def turned_calm(answers):
    return {key: "k" if answer == "none" else answer for key, answer in answers.items()}


@repeatable
@given(calm_sittings())
def test_turning_none_of_these_calm_changes_nothing_but_perhaps_the_outcome_into_mostly_calm(
    sitting,
):
    form, answers = sitting
    before, after = score(form, answers), score(form, turned_calm(answers))
    if after.outcome == "mostly-calm":
        assert not after.shares
        assert not after.responses
    else:
        assert list(after.figures) == list(before.figures)  # and so the order
        assert replace(after, none=before.none, calm=before.calm) == before


@repeatable
@given(calm_sittings(), some.data())
def test_one_none_turned_calm_is_all_it_takes(sitting, data):
    """The same for a single one of them, whichever."""
    form, answers = sitting
    nones = [key for key, answer in answers.items() if answer == "none"]
    assume(nones)
    before, after = (
        score(form, answers),
        score(form, answers | {data.draw(some.sampled_from(nones)): "k"}),
    )
    assert after.outcome in {before.outcome, "mostly-calm"}
    assert after.shares == ({} if after.outcome == "mostly-calm" else before.shares)


@repeatable
@given(calm_sittings())
def test_calm_is_decided_by_half_of_all_questions_and_by_nothing_else(sitting):
    form, answers = sitting
    result, size = score(form, answers), len(form.questions)
    complete = 3 * (size - result.skipped) >= 2 * size
    assert (result.outcome == "mostly-calm") == (complete and 2 * result.calm >= size)
    assert (result.outcome == "incomplete") == (not complete)


@repeatable
@given(calm_sittings())
def test_the_calm_answer_everywhere_is_mostly_calm(sitting):
    form, _ = sitting
    result = score(form, dict.fromkeys((question.key for question in form.questions), "k"))
    assert (result.outcome, result.answered) == ("mostly-calm", 0)


@repeatable
@given(sittings())
def test_without_calm_answers_nobody_is_mostly_calm(sitting):
    assert score(*sitting).outcome != "mostly-calm"


def test_if_a_calm_answer_gave_points_turning_it_calm_would_be_seen():
    form = SHORT
    answers = {question.key: "none" for question in form.questions[:4]}
    answers |= {question.key: question.weighed[0].key for question in form.questions[4:]}
    calm = {q.key: next(o.key for o in q.options if o.calm) for q in form.questions}
    turned = {key: calm[key] if answer == "none" else answer for key, answer in answers.items()}
    assert score(form, turned).shares == score(form, answers).shares
    lost = replace(
        form, questions=tuple(replace(q, options=tuple(unmarked(q))) for q in form.questions)
    )
    assert score(lost, turned).shares != score(lost, answers).shares


def unmarked(question):
    """Return the options as if the calm one spoke for fawn."""
    return [replace(o, weights={"fawn": 3}, calm=False) if o.calm else o for o in question.options]


@repeatable
@given(sittings(), some.permutations(RESPONSES))
def test_no_response_is_favoured(sitting, names):
    """Renaming the four renames the result and changes nothing else: so ties never depend on an order in code."""
    form, answers = sitting
    renamed = dict(zip(RESPONSES, names, strict=True))

    def rename(question):
        options = (
            replace(o, weights={renamed[name]: points for name, points in o.weights.items()})
            for o in question.options
        )
        return replace(question, options=tuple(options))

    before = score(form, answers)
    after = score(replace(form, questions=tuple(map(rename, form.questions))), answers)
    assert (after.outcome, after.strength, after.few_answers) == (
        before.outcome,
        before.strength,
        before.few_answers,
    )
    assert set(after.responses) == {renamed[name] for name in before.responses}
    assert after.secondary == renamed.get(before.secondary, "")
    assert after.shares == pytest.approx(
        {renamed[name]: share for name, share in before.shares.items()}
    )
    assert list(after.responses) == sorted(after.responses, key=RESPONSES.index)


@some.composite
def biased_sittings(draw):
    """The 3-minute quiz answered by somebody who leans towards one response."""
    leader = draw(some.sampled_from(RESPONSES))
    sheet = {}
    for question in SHORT.questions:
        agreeing = next(option.key for option in question.options if speaks_for(option) == leader)
        sheet[question.key] = draw(
            some.sampled_from([agreeing, agreeing, agreeing, *ANSWERS[:5], "e"])
        )
    assume(score(SHORT, sheet).outcome == "primary")
    return sheet


@repeatable
@given(biased_sittings(), some.integers(1, 3), some.sampled_from(SHORT.questions))
def test_more_weight_for_the_leader_never_unseats_it(sheet, more, question):
    before = score(SHORT, sheet)
    [leader] = before.responses

    def add(option):
        points = option.weights.get(leader, 0) + more * (option.key == sheet[question.key])
        return replace(option, weights={**option.weights, leader: points})

    heavier = replace(question, options=tuple(map(add, question.options)))
    questions = tuple(heavier if other is question else other for other in SHORT.questions)
    after = score(replace(SHORT, questions=questions), sheet)
    assert (after.outcome, after.responses) == ("primary", (leader,))
    assert after.shares[leader] >= before.shares[leader] - 1e-9


@repeatable
@given(biased_sittings(), some.sampled_from(SHORT.questions))
def test_one_more_answer_for_the_leader_never_unseats_it(sheet, question):
    before = score(SHORT, sheet)
    agreeing = next(
        option.key for option in question.options if speaks_for(option) == before.responses[0]
    )
    assert score(SHORT, sheet | {question.key: agreeing}).responses == before.responses


# Of 100: a single response, evenly; a blend; an even mix; mostly calm.
@pytest.mark.parametrize(
    ("form", "letters", "expected"),
    [(FIRST_SHORT, "abcd", (31, 30, 39, 0)), (SHORT, "abcde", (24.6, 30.6, 42.8, 1.8))],
    ids=["first", "second"],
)
def test_who_clicks_at_random_gets_no_response_more_often_than_another(form, letters, expected):
    chance, runs = random.Random(1), 20_000
    keys = [question.key for question in form.questions]
    told = Counter()
    for _ in range(runs):
        result = score(form, dict(zip(keys, chance.choices(letters, k=12), strict=True)))
        told[result.responses if result.outcome == "primary" else result.outcome] += 1
    share = {name: 100 * number / runs for name, number in told.items()}
    singles = [share[(name,)] for name in RESPONSES]
    assert max(singles) - min(singles) < 1
    found = (sum(singles), share["blend"], share["even-mix"], share.get("mostly-calm", 0))
    assert found == pytest.approx(expected, abs=1.2)
