"""How a form behaves when many people answer it: simulated, from a fixed seed, so the same form always gives the same figures.

Everybody answers every question here. Some click at random; others lean towards one response and
answer its way in 60, 50 or 40 of 100 questions, and otherwise at random among the rest; others, where
there are calm answers, give those so often. Shown on the method page; the first part decides, with the
rest of quiz/lint.py, whether a version may be released.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from math import ceil
from typing import Any

from quiz.scoring.scoring import (
    RESPONSES,
    Form,
    Option,
    Question,
    is_mostly_calm,
    name_outcome,
    shares_of,
)

RUNS = 20_000  # of people who click at random
LEANING_RUNS = 2_500  # for each response and tendency
TENDENCIES = (60, 50, 40)  # how often, of 100 answers
SEED = 20
# Of one answer: its points by response, the most its question offers each, one if it speaks for a
# response, one if it's calm.
Parts = tuple[int, ...]
Questions = tuple[tuple[Parts, ...], ...]  # by option, by question
FOUR = len(RESPONSES)
ANSWERED, CALM = 2 * FOUR, 2 * FOUR + 1  # where these two stand
BITS = 16  # the sums lie side by side in one whole number, so that adding up is one addition


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Per cent of the runs. `clicking`: what random answers come to, by response or outcome.

    `leaning`: for each tendency, how often that response is named alone ("named") and how often another
    one is ("another"). `steady`: for each tendency to answer calmly, how often that comes to
    "mostly-calm"; empty where nothing is calm.
    """

    runs: int
    leaning_runs: int
    clicking: Mapping[str, float]
    leaning: Mapping[str, Mapping[str, float]]
    steady: Mapping[str, float] = field(default_factory=dict)

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
        tuple(_parts(question, option) for option in question.options)
        for question in form.questions
    )
    return _simulate(questions, form.margin)


def _parts(question: Question, option: Option) -> Parts:
    if option.calm:
        return (*(0 for _ in range(ANSWERED)), 0, 1)
    points = (option.weights.get(response, 0) for response in RESPONSES)
    return (*points, *(question.highest(response) for response in RESPONSES), 1, 0)


@lru_cache(maxsize=8)
def _simulate(questions: Questions, margin: int) -> Behaviour:
    chance = random.Random(SEED)  # noqa: S311  a simulation
    name = _namer(questions, margin)
    options = [
        [sum(part << BITS * place for place, part in enumerate(parts)) for parts in each]
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
        _stay_calm(chance, questions, options, name),
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
        pairs = _pairs(questions, options, place)
        for _ in range(LEANING_RUNS):
            told[_kind(name(_answer(chance, pairs, tendency)), response)] += 1
    runs = LEANING_RUNS * FOUR
    return {kind: round(100 * told[kind] / runs, 1) for kind in ("named", "another", "several")}


def _kind(named: str, response: str) -> str:
    if named == response:
        return "named"
    return "another" if named in RESPONSES else "several"


def _stay_calm(
    chance: random.Random,
    questions: Questions,
    options: list[list[int]],
    name: Callable[[int], str],
) -> dict[str, float]:
    calm = [max(parts[CALM] for parts in each) for each in questions]
    if not all(calm):
        return {}
    pairs, runs = _pairs(questions, options, CALM), LEANING_RUNS * FOUR
    told = {}
    for tendency in TENDENCIES:
        named = (name(_answer(chance, pairs, tendency / 100)) for _ in range(runs))
        told[str(tendency)] = round(100 * Counter(named)["mostly-calm"] / runs, 1)
    return told


def _pairs(
    questions: Questions, options: list[list[int]], place: int
) -> list[tuple[int, list[int]]]:
    """Return, for each question, the answer that has most at `place` of its parts, and the rest."""
    found = []
    for each, codes in zip(questions, options, strict=True):
        values = [parts[place] for parts in each]
        at = values.index(max(values))
        found.append((codes[at], codes[:at] + codes[at + 1 :] or [codes[at]]))
    return found


def _answer(chance: random.Random, pairs: list[tuple[int, list[int]]], tendency: float) -> int:
    """Return the summed parts of one sheet: the first of each pair so often, else one of the rest."""
    return sum(own if chance.random() < tendency else chance.choice(rest) for own, rest in pairs)


def _namer(questions: Questions, margin: int) -> Callable[[int], str]:
    """Return a function from the summed parts to the response that is named alone, or the outcome."""
    mask, size = (1 << BITS) - 1, len(questions)

    @cache
    def name(code: int) -> str:
        sums = [code >> BITS * place & mask for place in range(CALM + 1)]
        if is_mostly_calm(sums[CALM], size):
            return "mostly-calm"
        shares = shares_of(sums[:FOUR], sums[FOUR:ANSWERED])
        if not shares or sums[ANSWERED] < ceil(size / 2):
            return "low-signal"
        outcome, responses = name_outcome(shares, margin / sums[ANSWERED])
        return responses[0] if outcome == "primary" else outcome

    return name
