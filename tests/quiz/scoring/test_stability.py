"""How many answers would have to differ for another outcome: against trying everything, and on the worked examples."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from quiz.scoring.scoring import RESPONSES, Option, Question, QuizDefinition, score
from quiz.scoring.stability import MAX_LISTED_CHANGES, NUMBERS, Stability, _kinds, stability
from tests.quiz.conftest import CALM_FIXTURES, FIXTURES, bank, example

SHORT = bank("short")
repeatable = settings(deadline=None, derandomize=True, max_examples=150)

weights = some.sampled_from(
    [{one: 3} for one in RESPONSES]
    + [{one: 2, two: 1} for one in RESPONSES for two in RESPONSES if one != two]
)
quizzes = some.builds(
    lambda tables, margin: QuizDefinition(
        tuple(
            Question(
                f"q{number}",
                tuple(Option(key, table) for key, table in zip("abcd", options, strict=False)),
            )
            for number, options in enumerate(tables)
        ),
        margin,
        150,
    ),
    some.lists(some.lists(weights, min_size=2, max_size=4), min_size=3, max_size=5),
    some.integers(10, 190),
)


@some.composite
def sittings(draw):
    form = draw(quizzes)
    keys = {
        question.key: [option.key for option in question.options] for question in form.questions
    }
    return form, {
        key: draw(some.sampled_from([*options, *options, "none"])) for key, options in keys.items()
    }


def named(form, answers):
    result = score(form, answers)
    return result.outcome, result.responses


def by_trying_everything(form, answers):
    """Return the least number of changed answers that gives another outcome, and the kinds they can give."""
    options = [[option.key for option in question.options] for question in form.questions]
    sheets = product(
        *(
            keys if answers[f"q{n}"] in keys else [answers[f"q{n}"]]
            for n, keys in enumerate(options)
        )
    )
    found = {}
    for sheet in sheets:
        other = {f"q{number}": key for number, key in enumerate(sheet)}
        if named(form, other) != named(form, answers):
            changes = sum(other[key] != answers[key] for key in other)
            found.setdefault(changes, set()).add(score(form, other).outcome)
    return (min(found), found[min(found)]) if found else None


@repeatable
@given(sittings())
def test_it_is_what_trying_everything_finds(sitting):
    told = stability(*sitting)
    if not score(*sitting).shares or (expected := by_trying_everything(*sitting)) is None:
        assert told is None
    else:
        assert told.changes == expected[0]
        if told.changes <= MAX_LISTED_CHANGES or told.others:
            assert {kind.removeprefix("another-") for kind in told.others} == expected[1]


@repeatable
@given(sittings(), some.randoms())
def test_the_order_of_questions_and_options_never_matters(sitting, chance):
    form, answers = sitting
    questions = [
        Question(question.key, tuple(chance.sample(question.options, len(question.options))))
        for question in chance.sample(form.questions, len(form.questions))
    ]
    assert stability(QuizDefinition(tuple(questions), form.margin, 150), answers) == stability(
        form, answers
    )


# -- calm answers --------------------------------------------------------------------------------------------------


@some.composite
def calm_sittings(draw):
    """A form whose questions all have a calm answer, "k", and a sheet with some."""
    form, answers = draw(sittings())
    questions = tuple(
        replace(q, options=(*q.options, Option("k", {}, calm=True))) for q in form.questions
    )
    return replace(form, questions=questions), {
        key: draw(some.sampled_from([value, value, "k"])) for key, value in answers.items()
    }


@repeatable
@given(calm_sittings())
def test_calm_answers_count_as_none_of_these_until_they_are_enough(sitting):
    form, answers = sitting
    as_none = {key: "none" if value == "k" else value for key, value in answers.items()}
    without = replace(form, questions=tuple(replace(q, options=q.weighed) for q in form.questions))
    told = stability(form, answers)
    if not score(form, answers).shares:
        assert told is None
        return
    among = stability(without, as_none)
    assert to_calm(form, answers) > 0
    if among is None or to_calm(form, answers) < among.changes:
        assert told == Stability(to_calm(form, answers), ("mostly-calm",))
    elif to_calm(form, answers) > among.changes or not among.others:
        assert told == among
    else:
        assert told == Stability(among.changes, (*among.others, "mostly-calm"))


def to_calm(form, answers):
    """Turn one answer after another calm until the result is; return how many it took."""
    sheet, changed = dict(answers), 0
    for key, value in answers.items():
        if score(form, sheet).outcome == "mostly-calm":
            break
        if value not in {"k", "none"}:
            sheet[key], changed = "k", changed + 1
    assert score(form, sheet).outcome == "mostly-calm"
    return changed


def test_one_calm_answer_more_can_be_all_it_takes():
    form, answers, _, _ = example("C2")
    assert (
        stability(form, answers).sentence
        == "One different answer could have shown a mostly calm result."
    )
    form, answers, _, _ = example("C9")
    assert "mostly calm" not in stability(form, answers).sentence


@pytest.mark.parametrize("letter", [fixture["id"] for fixture in [*FIXTURES, *CALM_FIXTURES]])
def test_every_shown_result_has_one(letter):
    form, answers, _, _ = example(letter)
    assert (stability(form, answers) is None) == (not score(form, answers).shares)


@pytest.mark.parametrize("letter", ["A", "B", "G", "H", "J", "K", "M", "P"])
def test_a_single_response_falls_with_that_many_changes_and_not_with_one_less(letter):
    """By the slow way from the other side: the changes of the count lead elsewhere, found by always taking the best."""
    form, answers, _, _ = example(letter)
    told = stability(form, answers)
    best = set()
    for rival in RESPONSES:
        sheet, changed = dict(answers), 0
        while named(form, sheet) == named(form, answers) and changed < 20:
            sheet |= next_best(form, answers, sheet, rival)
            changed += 1
        best.add(changed)
    assert told.changes <= min(best) <= told.changes + 1


def next_best(form, answers, sheet, rival):
    """Return the one change of an answer not changed yet that brings `rival` closest to the lead."""
    leader = score(form, answers).responses[0]
    tries = [
        {question.key: option.key}
        for question in form.questions
        for option in question.weighed
        if sheet[question.key] == answers[question.key] in "abcde"
        and option.key != answers[question.key]
    ]

    def lead(change):
        shares = score(form, sheet | change).shares
        return shares[leader] - shares[rival]

    return min(tries, key=lead)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            Stability(1, ("blend",)),
            "One different answer could have shown a blend of two patterns.",
        ),
        (
            Stability(2, ("primary", "blend")),
            "Two different answers could have shown one pattern or a blend of two patterns.",
        ),
        (
            Stability(1, ("another-even-mix",)),
            "One different answer could have shown a different mix.",
        ),
        (
            Stability(2, ("primary", "blend", "mostly-calm")),
            "Two different answers could have shown one pattern, a blend of two patterns or a mostly calm result.",
        ),
        (Stability(4), "Four of your answers would have to be different to show another result."),
        (Stability(12), "12 of your answers would have to be different to show another result."),
    ],
)
def test_it_is_said_in_plain_words(told, words):
    assert told.sentence == words


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("primary", ("another-primary", "blend", "even-mix")),
        ("blend", ("primary", "another-blend", "even-mix")),
        ("even-mix", ("primary", "blend", "another-even-mix")),
    ],
)
def test_another_of_the_same_kind_is_called_another(kind, named):
    others = {(other, ("fight",)) for other in ("primary", "blend", "even-mix")}
    assert _kinds(others, (kind, ("fawn",))) == named


def test_numbers_beyond_those_with_words_are_written_in_figures():
    most = len(NUMBERS)
    assert Stability(most - 1).sentence.startswith(f"{NUMBERS[-1]} of your answers")
    assert Stability(most).sentence.startswith(f"{most} of your answers")
