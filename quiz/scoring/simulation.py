"""Simulation of how a quiz behaves when many people answer it.

From a fixed seed, so the same quiz always gives the same figures. Every simulated person answers
every question. Some answer at random. Others are biased towards one response: they answer its way
in 60, 50 or 40 of 100 questions, and otherwise at random among the rest. Others, where there are
calm answers, are biased towards those. The method page shows all of it; the random part decides,
with the other rules of quiz/lint.py, whether a version may be released.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from math import ceil
from typing import NotRequired, TypedDict, TypeVar

from quiz.scoring.scoring import (
    RESPONSES,
    Option,
    Question,
    QuizDefinition,
    is_mostly_calm,
    name_outcome,
    shares_of,
)

RANDOM_RUNS = 20_000  # of people who answer at random
BIASED_RUNS = 2_500  # for each response and tendency
TENDENCIES = (60, 50, 40)  # how often, of 100 answers, a bias decides
SEED = 20

# One answer in numbers: its points by response, the most its question offers each response, 1 if it
# speaks for a response, 1 if it is calm.
AnswerVector = tuple[int, ...]
QuestionVectors = tuple[tuple[AnswerVector, ...], ...]  # by question, by option
RESPONSE_COUNT = len(RESPONSES)
ANSWERED, CALM = 2 * RESPONSE_COUNT, 2 * RESPONSE_COUNT + 1  # where these two stand in a vector
BITS = 16  # a vector is packed into one whole number, so that adding two up is one addition

Told = TypeVar("Told")
Classify = Callable[[int], str]
Choices = list[tuple[int, list[int]]]  # by question: the answer of a bias, and the others


class BiasedOutcomes(TypedDict):
    """Per cent of the biased runs, by what they come to.

    That response alone, another alone, several.
    """

    named: float
    another: float
    several: float


class StoredSimulation(TypedDict):
    """A simulation as the database holds it."""

    runs: int
    leaning_runs: int
    clicking: Mapping[str, float]
    leaning: Mapping[str, BiasedOutcomes]
    steady: NotRequired[Mapping[str, float]]  # not stored before there were calm answers


@dataclass(frozen=True, slots=True)
class Simulation:
    """Figures of a simulation, in per cent of its runs.

    `random`: what random answers come to, by response named alone or by outcome. `biased`: by
    tendency, what a bias towards one response comes to. `calm_biased`: by tendency, how often a
    bias towards calm answers comes to "mostly-calm"; empty where nothing is calm.
    """

    runs: int
    biased_runs: int
    random: Mapping[str, float]
    biased: Mapping[str, BiasedOutcomes]
    calm_biased: Mapping[str, float] = field(default_factory=dict)

    @property
    def spread(self) -> float:
        """Percentage points between the most and the least often named response at random."""
        shares = [self.random.get(response, 0) for response in RESPONSES]
        return max(shares) - min(shares)

    def to_json(self) -> StoredSimulation:
        """Return it as the database holds it."""
        return {
            "runs": self.runs,
            "leaning_runs": self.biased_runs,
            "clicking": self.random,
            "leaning": self.biased,
            "steady": self.calm_biased,
        }

    @classmethod
    def from_json(cls, stored: StoredSimulation) -> "Simulation":
        """Read what `to_json` returned, in this release or an earlier one."""
        return cls(
            stored["runs"],
            stored["leaning_runs"],
            stored["clicking"],
            _strongest_first(stored["leaning"]),
            _strongest_first(stored.get("steady", {})),
        )


def _strongest_first(by_tendency: Mapping[str, Told]) -> dict[str, Told]:
    """Return figures in the order of their tendencies, which PostgreSQL's JSON doesn't keep."""
    return dict(sorted(by_tendency.items(), key=lambda item: -int(item[0])))


def simulate(definition: QuizDefinition) -> Simulation:
    """Simulate many people. Every question needs an option.

    Takes about a third of a second the first time.
    """
    questions = []
    for question in definition.questions:
        questions.append(tuple(answer_vector(question, option) for option in question.options))
    return _simulate(tuple(questions), definition.margin)


def answer_vector(question: Question, option: Option) -> AnswerVector:
    """Return `option` of `question` in numbers."""
    if option.calm:
        return (*[0] * ANSWERED, 0, 1)
    return (*option.points, *question.highest, 1, 0)


def pack(vector: AnswerVector) -> int:
    """Pack a vector into one whole number; sums of packed vectors are packed sums."""
    return sum(value << BITS * position for position, value in enumerate(vector))


def classifier(size: int, margin: int) -> Classify:
    """Return a function from a packed sum to the response named alone, or else the outcome.

    `size` is the number of questions.
    """
    mask = (1 << BITS) - 1

    @cache
    def classify(packed: int) -> str:
        sums = [packed >> BITS * position & mask for position in range(CALM + 1)]
        if is_mostly_calm(sums[CALM], size):
            return "mostly-calm"
        shares = shares_of(sums[:RESPONSE_COUNT], sums[RESPONSE_COUNT:ANSWERED])
        if not shares or sums[ANSWERED] < ceil(size / 2):
            return "low-signal"
        outcome, responses = name_outcome(shares, margin / sums[ANSWERED])
        return responses[0] if outcome == "primary" else outcome

    return classify


@lru_cache(maxsize=8)
def _simulate(questions: QuestionVectors, margin: int) -> Simulation:
    simulator = _Simulator(questions, margin, random.Random(SEED))  # noqa: S311  a simulation
    return Simulation(
        runs=RANDOM_RUNS,
        biased_runs=BIASED_RUNS * RESPONSE_COUNT,
        random=simulator.random_outcomes(),
        biased={str(tendency): simulator.biased_outcomes(tendency) for tendency in TENDENCIES},
        calm_biased=simulator.calm_outcomes(),
    )


@dataclass(frozen=True)
class _Simulator:
    """One run of all simulations of a quiz.

    Each goes on drawing where the one before it left `chance`, so their order decides the figures.
    """

    questions: QuestionVectors
    margin: int
    chance: random.Random

    @cached_property
    def packed(self) -> list[list[int]]:
        """The answers, packed, by question."""
        return [list(map(pack, vectors)) for vectors in self.questions]

    @cached_property
    def classify(self) -> Classify:
        return classifier(len(self.questions), self.margin)

    def random_outcomes(self) -> dict[str, float]:
        """Return what answering at random comes to."""
        counts: Counter[str] = Counter()
        for _ in range(RANDOM_RUNS):
            counts[self.classify(sum(map(self.chance.choice, self.packed)))] += 1
        return {name: _per_cent(count, RANDOM_RUNS) for name, count in sorted(counts.items())}

    def biased_outcomes(self, tendency: int) -> BiasedOutcomes:
        """Return what a bias of `tendency` in 100 towards one response comes to, over all four."""
        named = another = 0
        for position, response in enumerate(RESPONSES):
            counts = self._count(self._choices(position), tendency, BIASED_RUNS)
            named += counts[response]
            another += sum(counts[name] for name in RESPONSES if name != response)
        runs = BIASED_RUNS * RESPONSE_COUNT
        return {
            "named": _per_cent(named, runs),
            "another": _per_cent(another, runs),
            "several": _per_cent(runs - named - another, runs),
        }

    def calm_outcomes(self) -> dict[str, float]:
        """Return, by tendency, how often a bias towards calm answers comes to "mostly calm"."""
        for vectors in self.questions:
            if not any(vector[CALM] for vector in vectors):
                return {}
        choices, runs = self._choices(CALM), BIASED_RUNS * RESPONSE_COUNT
        outcomes = {}
        for tendency in TENDENCIES:
            counts = self._count(choices, tendency, runs)
            outcomes[str(tendency)] = _per_cent(counts["mostly-calm"], runs)
        return outcomes

    def _choices(self, position: int) -> Choices:
        """Return, by question, the answer with most at `position` of its vector, and the others."""
        choices = []
        for vectors, packed in zip(self.questions, self.packed, strict=True):
            values = [vector[position] for vector in vectors]
            best = values.index(max(values))
            others = packed[:best] + packed[best + 1 :]
            choices.append((packed[best], others or [packed[best]]))
        return choices

    def _count(self, choices: Choices, tendency: int, runs: int) -> Counter[str]:
        """Count what `runs` biased people come to."""
        counts: Counter[str] = Counter()
        for _ in range(runs):
            counts[self.classify(self._biased_sum(choices, tendency / 100))] += 1
        return counts

    def _biased_sum(self, choices: Choices, tendency: float) -> int:
        """Return the packed sum of one person's answers."""
        chance = self.chance
        return sum(
            own if chance.random() < tendency else chance.choice(others) for own, others in choices
        )


def _per_cent(count: int, runs: int) -> float:
    return round(100 * count / runs, 1)
