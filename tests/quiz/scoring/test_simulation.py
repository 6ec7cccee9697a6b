"""How a form behaves when many answer it: the simulation names what the scoring names, calm answers included."""

import random
from collections import Counter

import pytest

from quiz.models import Version
from quiz.scoring import simulation
from quiz.scoring.scoring import RESPONSES, score
from quiz.scoring.simulation import Simulation, simulate
from tests.quiz.conftest import FIRST, NEWEST, bank


def simulated(form, sheet):
    """Name `sheet` as the simulation does: by the packed sum of its answers."""
    questions = tuple(
        tuple(simulation.answer_vector(question, option) for option in question.options)
        for question in form.questions
    )
    chosen = (
        simulation.answer_vector(question, question.chosen(sheet[question.key]))
        for question in form.questions
    )
    packed = sum(map(simulation.pack, chosen))
    return simulation.classifier(len(questions), form.margin)(packed)


@pytest.mark.parametrize("files", [FIRST, NEWEST], ids=["first", "newest"])
@pytest.mark.parametrize("slug", ["short", "full"])
def test_the_simulation_names_what_the_scoring_names(slug, files):
    form, chance, told = bank(slug, files), random.Random(3), Counter()
    for _ in range(600):
        liked = chance.choice("abcde")
        sheet = {
            question.key: chance.choice([option.key for option in question.options] + [liked] * 2)
            for question in form.questions
        }
        if any(not question.chosen(sheet[question.key]) for question in form.questions):
            continue  # the first version has no fifth answer
        result = score(form, sheet)
        expected = result.responses[0] if result.outcome == "primary" else result.outcome
        assert simulated(form, sheet) == expected
        told[result.outcome] += 1
    assert {"primary", "blend", "even-mix"} <= set(told)


@pytest.mark.parametrize("slug", ["short", "full"])
def test_who_mostly_stays_calm_is_mostly_told_so(slug):
    calm_biased = simulate(bank(slug)).calm_biased
    assert list(calm_biased) == ["60", "50", "40"]
    assert 100 > calm_biased["60"] > calm_biased["50"] > calm_biased["40"] > 0
    assert calm_biased["60"] > 80
    assert simulate(bank(slug, FIRST)).calm_biased == {}


@pytest.mark.parametrize("slug", ["short", "full"])
def test_calm_answers_make_a_wrong_name_rarer(slug):
    """Who has no leaning is told a single pattern less often, and who has one is told another's less often."""
    before, after = simulate(bank(slug, FIRST)), simulate(bank(slug))
    assert sum(after.random[name] for name in RESPONSES) < sum(
        before.random[name] for name in RESPONSES
    )
    for tendency in ("60", "50", "40"):
        assert after.biased[tendency]["another"] <= before.biased[tendency]["another"]
        assert after.biased[tendency]["named"] > before.biased[tendency]["named"]


def test_what_was_stored_before_there_were_calm_answers_is_still_read(quiz):
    stored = {name: value for name, value in quiz.simulation.items() if name != "steady"}
    assert Simulation.from_json(stored).calm_biased == {}
    Version.objects.filter(pk=quiz.pk).update(simulation=stored)
    assert Version.objects.with_questions().get(pk=quiz.pk).problems() == []


def test_its_tendencies_come_back_in_their_order_from_a_database_that_keeps_none():
    made = simulate(bank("short"))
    stored = made.to_json()
    for name in ("leaning", "steady"):
        stored[name] = dict(sorted(stored[name].items()))
    read = Simulation.from_json(stored)
    assert [*read.biased] == [*read.calm_biased] == [*made.biased] == ["60", "50", "40"]


def test_a_simulation_is_stored_under_its_first_names(quiz):
    """The rows of earlier releases are read by the same keys, and from the same column."""
    stored = simulate(bank("short")).to_json()
    assert set(stored) == {"runs", "leaning_runs", "clicking", "leaning", "steady"}
    assert Simulation.from_json(stored) == simulate(bank("short"))
    assert Version._meta.get_field("simulation").column == "behaviour"
