"""What the method page says of a version, from the version itself: its points, margins and behaviour, and a worked example."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat

from quiz.lint import leader
from quiz.models import Version
from quiz.scoring.scoring import RESPONSES, Form, Result, score
from quiz.scoring.simulation import Behaviour, behaviour

MIX = {"fight": 6, "flight": 4, "freeze": 1, "fawn": 1}  # the example's answers, of twelve


@dataclass(frozen=True)
class Example:
    """A made-up sheet of answers: how many for each response, and its points, the most there were, and its share."""

    rows: list[tuple[str, int, int, int, int]]
    result: Result


@dataclass(frozen=True)
class Account:
    """A live version as the method page tells it. Leads are in percentage points, all questions answered."""

    version: Version
    form: Form
    behaviour: Behaviour

    @property
    def lead(self) -> float:
        """How far ahead counts as ahead."""
        return self.form.margin / len(self.form.questions)

    @property
    def second_lead(self) -> float:
        """How far the second must be ahead of the third to be named."""
        return self.form.second_margin / len(self.form.questions)

    @property
    def runs(self) -> str:
        """How many people were simulated to click at random."""
        return f"{self.behaviour.runs:,}"

    @property
    def named(self) -> float:
        """Of 100 people who click at random, how many are told one response."""
        return sum(self.behaviour.clicking.get(response, 0) for response in RESPONSES)

    @property
    def singles(self) -> list[float]:
        """Of these, the fewest and the most for one response."""
        each = sorted(self.behaviour.clicking.get(response, 0) for response in RESPONSES)
        return [each[0], each[-1]]

    @property
    def blended(self) -> float:
        """Of 100 people who click at random, how many are told a blend."""
        return self.behaviour.clicking.get("blend", 0)

    @property
    def calm(self) -> bool:
        """Whether it has calm answers."""
        return any(option.calm for question in self.form.questions for option in question.options)

    @property
    def stayed_calm(self) -> float:
        """Of 100 people who click at random, how many are told "mostly calm"."""
        return self.behaviour.clicking.get("mostly-calm", 0)

    @property
    def mixed(self) -> float:
        """Of 100 people who click at random, how many are told an even mix."""
        return self.behaviour.clicking.get("even-mix", 0)


def account(version: Version) -> Account:
    """Return what the method page says of `version`; what was simulated at its release is not simulated again."""
    form = version.form()
    known = Behaviour(**version.behaviour) if version.behaviour else behaviour(form)
    return Account(version, form, known)


def example(form: Form) -> Example:
    """Answer `form` as somebody might, half of it for fight, and say what comes of it."""
    size = len(form.questions)
    wanted: Iterable[str] = chain.from_iterable(
        repeat(name, count * size // 12) for name, count in MIX.items()
    )
    answers, chosen = {}, []
    for question, response in zip(form.questions, chain(wanted, repeat("fawn")), strict=False):
        option = next(
            (option for option in question.options if leader(option) == response),
            question.options[0],
        )
        answers[question.key] = option.key
        chosen.append(option)
    result = score(form, answers)
    rows = [
        (
            name,
            sum(leader(option) == name for option in chosen),
            sum(option.weights.get(name, 0) for option in chosen),
            sum(question.highest(name) for question in form.questions),
            result.figures.get(name, 0),
        )
        for name in RESPONSES
    ]
    return Example(rows, result)
