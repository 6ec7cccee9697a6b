"""How firm an outcome is: how many answers would have to differ for another one. Exact, pure, a few milliseconds.

Counted are the questions answered with one of the four responses: the least number of them whose answer, changed to another
of the four in the same question, gives another outcome (its kind, or the responses it names). Which
questions are answered so stays as it is, so the most points there are for each response, and the margins,
stay too, and an outcome depends on the four sums of points alone. Two ways to count follow from that:

- Few changes: all sums that one change can reach, then two, and so on. They are few, because most answers weigh alike.
- A single response: it stays named as long as it leads each of the others by the margin. Each lead is linear in the points,
  so the fewest changes that break it are the ones that lower it most. No search is needed.

Beside that, answers turned calm: so many that the outcome is "mostly calm". If these are fewer, or as
few, that is said too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import lcm

from quiz.scoring.scoring import (
    RESPONSES,
    Form,
    Option,
    Question,
    is_mostly_calm,
    name_outcome,
    score,
    shares_of,
)

LISTED = 2  # so many changes are looked through one by one; beyond, the outcomes that they lead to are too many to name
WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
KINDS = {
    "primary": "one pattern",
    "blend": "a blend of two patterns",
    "even-mix": "an even mix",
    "mostly-calm": "a mostly calm result",
    "another-primary": "another pattern",
    "another-blend": "another blend",
    "another-even-mix": "a different mix",
}
Points = tuple[int, ...]  # by response, in the order of RESPONSES
Named = tuple[str, tuple[str, ...]]  # an outcome and the responses it names


@dataclass(frozen=True, slots=True)
class Stability:
    """So many different answers would have given another outcome; `others` are the kinds they could have given, if few."""

    changes: int
    others: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The same in words."""
        number = WORDS[self.changes] if self.changes < len(WORDS) else str(self.changes)
        if self.others:
            *before, last = (KINDS[kind] for kind in self.others)
            kinds = f"{', '.join(before)} or {last}" if before else last
            return f"{number} different answer{'s' * (self.changes > 1)} could have shown {kinds}."
        if self.changes == 1:
            return "One different answer could have shown another result."
        return f"{number} of your answers would have to be different to show another result."


def stability(form: Form, answers: Mapping[str, str]) -> Stability | None:
    """Return how firm the outcome of `answers` is; nothing where no figures are shown or nothing else can come out."""
    sheet = Sheet(form, answers)
    if not score(form, answers).shares or sheet.named is None:
        return None
    return _sooner(_among_the_four(sheet), sheet.to_calm)


def _sooner(among: Stability | None, to_calm: int) -> Stability | None:
    """Return what takes fewer changes: `among`, or `to_calm` answers turned calm (0: none would do)."""
    if not to_calm or (among and among.changes < to_calm):
        return among
    if among and among.changes == to_calm:
        return Stability(to_calm, (*among.others, "mostly-calm")) if among.others else among
    return Stability(to_calm, ("mostly-calm",))


def _among_the_four(sheet: "Sheet") -> Stability | None:
    """Return how firm the outcome is when answers change among the four responses alone."""
    if sheet.named is None:
        return None
    first = 1
    if sheet.named[0] == "primary":
        first = sheet.to_unseat(sheet.named[1][0])
        if not 0 < first <= LISTED:
            return Stability(first) if first else None
    for changes in range(first, len(sheet.moves) + 1):
        if others := {
            found
            for points in sheet.reached(changes)
            if (found := sheet.name(points)) != sheet.named
        }:
            return Stability(changes, _kinds(others, sheet.named))
    return None


def _kinds(others: set[Named | None], named: Named) -> tuple[str, ...]:
    """Return the kinds of `others`, the commonest reading first; one like `named` in kind is "another"."""
    kinds = {found[0] for found in others if found}
    return tuple(
        f"another-{kind}" if kind == named[0] else kind
        for kind in ("primary", "blend", "even-mix")
        if kind in kinds
    )


@dataclass(frozen=True)
class Sheet:
    """The answered questions of a form, and what follows from their points."""

    form: Form
    answers: Mapping[str, str]

    @cached_property
    def chosen(self) -> list[tuple[Question, Option]]:
        """The questions answered with a response, and how."""
        return [(question, option) for question, option in self.given if not option.calm]

    @cached_property
    def given(self) -> list[tuple[Question, Option]]:
        """The questions answered with a response or calmly, and how."""
        given = (
            (question, question.chosen(self.answers.get(question.key)))
            for question in self.form.questions
        )
        return [(question, option) for question, option in given if option]

    @cached_property
    def to_calm(self) -> int:
        """How many answers, turned calm, make the outcome "mostly calm"; 0 if no number of them does."""
        calm, size = len(self.given) - len(self.chosen), len(self.form.questions)
        can_turn = sum(
            any(option.calm for option in question.options) for question, _ in self.chosen
        )
        numbers = range(1, can_turn + 1)
        return next((number for number in numbers if is_mostly_calm(calm + number, size)), 0)

    @cached_property
    def points(self) -> Points:
        return tuple(
            sum(option.weights.get(name, 0) for _, option in self.chosen) for name in RESPONSES
        )

    @cached_property
    def most(self) -> Points:
        return tuple(
            sum(question.highest(name) for question, _ in self.chosen) for name in RESPONSES
        )

    @cached_property
    def named(self) -> Named | None:
        return self.name(self.points)

    @cached_property
    def moves(self) -> list[set[Points]]:
        """For each answered question, what another answer would do to the points."""
        return [
            {_difference(other, option) for other in question.weighed if other.key != option.key}
            for question, option in self.chosen
        ]

    def name(self, points: Points) -> Named | None:
        """Return the outcome of `points`, or nothing if there are none."""
        shares = shares_of(points, self.most)
        return name_outcome(shares, self.form.margin / len(self.chosen)) if shares else None

    def reached(self, changes: int) -> set[Points]:
        """Return the points that exactly so many changed answers can lead to."""
        layers: list[set[Points]] = [{self.points}, *(set() for _ in range(changes))]
        for moves in self.moves:
            for changed in range(changes, 0, -1):
                layers[changed] |= {
                    _add(points, move) for points in layers[changed - 1] for move in moves
                }
        return layers[changes]

    def to_unseat(self, leader: str) -> int:
        """Return the fewest changes after which `leader` no longer leads every other response by the margin; 0: never."""
        first = RESPONSES.index(leader)
        unit = lcm(*(whole for whole in self.most if whole))
        scale = [unit // whole if whole else 0 for whole in self.most]
        tries = []
        for other in range(len(RESPONSES)):
            if other == first:
                continue
            # The lead over the other, less the margin, in whole numbers: 100 · answers · (lead) − margin · (all four).
            factors = [-self.form.margin * part for part in scale]
            factors[first] += 100 * len(self.chosen) * scale[first]
            factors[other] -= 100 * len(self.chosen) * scale[other]
            tries.append(self._fewest_below_zero(factors))
        return min(filter(None, tries), default=0)

    def _fewest_below_zero(self, factors: list[int]) -> int:
        """Return the fewest changes that bring the sum of points times `factors` below zero; 0: none do."""
        value = _times(self.points, factors)
        drops = sorted(
            min((_times(move, factors) for move in moves), default=0) for moves in self.moves
        )
        for changes, drop in enumerate(drops, start=1):
            value += drop
            if value < 0:
                return changes
        return 0


def _difference(one: Option, other: Option) -> Points:
    return tuple(one.weights.get(name, 0) - other.weights.get(name, 0) for name in RESPONSES)


def _add(points: Points, move: Points) -> Points:
    return (points[0] + move[0], points[1] + move[1], points[2] + move[2], points[3] + move[3])


def _times(points: Points, factors: list[int]) -> int:
    return sum(part * factor for part, factor in zip(points, factors, strict=True))
