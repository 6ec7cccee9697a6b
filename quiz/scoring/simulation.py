"""How a form behaves when many people answer it: simulated, from a fixed seed, so the same form always gives the same figures.

Everybody answers every question here. Some click at random; others lean towards one response and answer its way in 60, 50 or
40 of 100 questions, and otherwise at random among the rest. Shown on the method page; the first part decides, with the rest
of quiz/lint.py, whether a version may be released.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import Any

from quiz.scoring.scoring import RESPONSES, Form, Option, name_outcome, shares_of

RUNS = 20_000  # of people who click at random
LEANING_RUNS = 2_500  # for each response and tendency
TENDENCIES = (60, 50, 40)  # how often, of 100 answers
SEED = 20
Questions = tuple[tuple[tuple[int, ...], ...], ...]  # points by response, by option, by question
BITS = 16  # the four sums of points lie side by side in one whole number, so that adding up is one addition


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Per cent of the runs. `clicking`: what random answers come to, by response, "blend", "even-mix" or "low-signal".

    `leaning`: for each tendency, how often that response is named alone ("named") and how often another one is ("another").
    """

    runs: int
    leaning_runs: int
    clicking: Mapping[str, float]
    leaning: Mapping[str, Mapping[str, float]]

    @property
    def spread(self) -> float:
        """How far apart the most and the least often named response are for random clicking, in percentage points."""
        shares = [self.clicking.get(response, 0) for response in RESPONSES]
        return max(shares) - min(shares)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


def behaviour(form: Form) -> Behaviour:
    """Simulate how `form` behaves. Every question needs an option. Takes about a third of a second the first time."""
    questions = tuple(
        tuple(_points(option) for option in question.options) for question in form.questions
    )
    return _simulate(questions, form.margin)


def _points(option: Option) -> tuple[int, ...]:
    return tuple(option.weights.get(response, 0) for response in RESPONSES)


@lru_cache(maxsize=8)
def _simulate(questions: Questions, margin: int) -> Behaviour:
    chance = random.Random(SEED)  # noqa: S311  a simulation
    name = _namer(questions, margin)
    options = [
        [sum(part << BITS * place for place, part in enumerate(points)) for points in each]
        for each in questions
    ]
    clicked = Counter(name(sum(map(chance.choice, options))) for _ in range(RUNS))
    return Behaviour(
        RUNS,
        LEANING_RUNS * len(RESPONSES),
        {named: round(100 * count / RUNS, 1) for named, count in sorted(clicked.items())},
        {
            str(tendency): _lean(chance, questions, options, tendency / 100, name)
            for tendency in TENDENCIES
        },
    )


def _lean(
    chance: random.Random,
    questions: Questions,
    options: list[list[int]],
    tendency: float,
    name: Callable[[int], str],
) -> dict[str, float]:
    told: Counter[str] = Counter()
    for place, response in enumerate(RESPONSES):
        agreeing = [
            [points[place] for points in each].index(max(points[place] for points in each))
            for each in questions
        ]
        pairs = [
            (codes[at], codes[:at] + codes[at + 1 :] or [codes[at]])
            for codes, at in zip(options, agreeing, strict=True)
        ]
        for _ in range(LEANING_RUNS):
            named = name(
                sum(
                    own if chance.random() < tendency else chance.choice(rest)
                    for own, rest in pairs
                )
            )
            told[
                "named" if named == response else "another" if named in RESPONSES else "several"
            ] += 1
    runs = LEANING_RUNS * len(RESPONSES)
    return {kind: round(100 * told[kind] / runs, 1) for kind in ("named", "another", "several")}


def _namer(questions: Questions, margin: int) -> Callable[[int], str]:
    """Return a function from the sums of points to the response that is named alone, or the outcome."""
    most = [
        sum(max(points[place] for points in each) for each in questions)
        for place in range(len(RESPONSES))
    ]
    mask = (1 << BITS) - 1

    @cache
    def name(code: int) -> str:
        shares = shares_of([code >> BITS * place & mask for place in range(len(RESPONSES))], most)
        if not shares:
            return "low-signal"
        outcome, responses = name_outcome(shares, margin / len(questions))
        return responses[0] if outcome == "primary" else outcome

    return name
