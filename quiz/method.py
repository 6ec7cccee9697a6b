"""Method summary of a live version: its points, margins and simulation, and a worked example.

All is taken from the version itself, so that the page can't say anything else than the quiz does.
Not in `quiz.scoring`, for it reads the version's words and its stored simulation, which are rows of
models.
"""

from dataclasses import dataclass

from quiz.lint import leader
from quiz.models import Version
from quiz.scoring.scoring import (
    RESPONSES,
    Option,
    Question,
    QuizDefinition,
    Result,
    score,
    sum_of,
)
from quiz.scoring.simulation import Simulation

EXAMPLE_MIX = {"fight": 6, "flight": 4, "freeze": 1, "fawn": 1}  # the example's answers, of twelve


@dataclass(frozen=True)
class ExampleRow:
    """One response in the worked example.

    Answers for it, its points, the most there were, its share.
    """

    response: str
    answers: int
    points: int
    most: int
    share: int


@dataclass(frozen=True)
class Example:
    """A made-up sheet of answers, by response, and what it comes to."""

    rows: list[ExampleRow]
    result: Result


@dataclass(frozen=True)
class MethodSummary:
    """A live version as the method page describes it.

    Leads are in percentage points, all questions answered; other figures are per cent of the people
    who answer at random.
    """

    version: Version
    definition: QuizDefinition
    simulation: Simulation

    @property
    def lead(self) -> float:
        """Smallest lead that counts."""
        return self.definition.margin / len(self.definition.questions)

    @property
    def second_lead(self) -> float:
        """Smallest lead over the third with which the second is named."""
        return self.definition.second_margin / len(self.definition.questions)

    @property
    def runs(self) -> str:
        """Number of people simulated to answer at random."""
        return f"{self.simulation.runs:,}"

    @property
    def single(self) -> float:
        """How many are told one response."""
        return sum(self._by_response())

    @property
    def single_range(self) -> list[float]:
        """How many are told the rarest response, and the commonest."""
        return [min(self._by_response()), max(self._by_response())]

    @property
    def blend(self) -> float:
        """How many are told a blend."""
        return self.simulation.random.get("blend", 0)

    @property
    def even_mix(self) -> float:
        """How many are told an even mix."""
        return self.simulation.random.get("even-mix", 0)

    @property
    def mostly_calm(self) -> float:
        """How many are told "mostly calm"."""
        return self.simulation.random.get("mostly-calm", 0)

    @property
    def has_calm(self) -> bool:
        """Whether it has calm answers."""
        return self.definition.has_calm

    def _by_response(self) -> list[float]:
        return [self.simulation.random.get(response, 0) for response in RESPONSES]


def method_summary(version: Version) -> MethodSummary:
    """Return the summary of `version`; what was simulated at its release is not simulated again."""
    return MethodSummary(version, version.definition(), version.stored_or_new_simulation())


def example(definition: QuizDefinition) -> Example:
    """Answer a quiz as somebody might, half of it for fight, and score it."""
    size = len(definition.questions)
    wanted: list[str] = []
    for response, count in EXAMPLE_MIX.items():
        wanted += [response] * (count * size // sum(EXAMPLE_MIX.values()))
    wanted += ["fawn"] * (size - len(wanted))
    options = list(map(_option_for, definition.questions, wanted))
    keys = [question.key for question in definition.questions]
    result = score(definition, dict(zip(keys, [option.key for option in options], strict=True)))
    leaders = list(map(leader, options))
    most = sum_of(question.highest for question in definition.questions)
    points = sum_of(option.points for option in options)
    rows = []
    for place, response in enumerate(RESPONSES):
        share = result.figures.get(response, 0)
        count = leaders.count(response)
        rows.append(ExampleRow(response, count, points[place], most[place], share))
    return Example(rows, result)


def _option_for(question: Question, response: str) -> Option:
    """Return the answer that speaks mainly for `response`, or else the first."""
    for option in question.options:
        if leader(option) == response:
            return option
    return question.options[0]
