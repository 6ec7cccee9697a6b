"""Stability of an outcome: how many answers would have to differ for another one.

Exact, pure, a few milliseconds. Counted are the questions answered with one of the four responses:
the least number of them whose answer, changed to another of the four in the same question, gives
another outcome (its kind, or the responses it names). Which questions are answered so stays as it
is. So the most points there are for each response, and the margins, stay too, and an outcome
depends on the four sums of points alone. Two ways to count follow from that:

- Few changes: all sums that one change can reach, then two, and so on. They are few, because most
  answers weigh alike.
- A single response: it stays named as long as it leads each of the others by the margin. Each lead
  is linear in the points, so the fewest changes that break it are the ones that lower it most. No
  search is needed.

Beside that, answers turned calm: so many that the outcome is "mostly calm". If these are fewer, or
as few, that is said too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from operator import mul

from quiz.scoring.scoring import (
    RESPONSES,
    Option,
    Points,
    Question,
    QuizDefinition,
    Result,
    is_mostly_calm,
    name_outcome,
    score,
    shares_of,
    sum_of,
)

# So many changes are looked through one by one; beyond, they lead to too many outcomes to name.
MAX_LISTED_CHANGES = 2
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
KIND_LABELS = {
    "primary": "one pattern",
    "blend": "a blend of two patterns",
    "even-mix": "an even mix",
    "mostly-calm": "a mostly calm result",
    "another-primary": "another pattern",
    "another-blend": "another blend",
    "another-even-mix": "a different mix",
}
NamedOutcome = tuple[str, tuple[str, ...]]  # an outcome and the responses it names


@dataclass(frozen=True, slots=True)
class Stability:
    """Stability of one outcome: so many different answers would have given another.

    `others` are the kinds of outcome they could have given, if these are few.
    """

    changes: int
    others: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The sentence that the result page shows."""
        number = NUMBERS[self.changes] if self.changes < len(NUMBERS) else str(self.changes)
        if self.others:
            plural = "s" if self.changes > 1 else ""
            return f"{number} different answer{plural} could have shown {self._kinds()}."
        if self.changes == 1:
            return "One different answer could have shown another result."
        return f"{number} of your answers would have to be different to show another result."

    def _kinds(self) -> str:
        *before, last = [KIND_LABELS[kind] for kind in self.others]
        return f"{', '.join(before)} or {last}" if before else last


def stability(
    definition: QuizDefinition, answers: Mapping[str, str], result: Result | None = None
) -> Stability | None:
    """Return how stable the outcome of `answers` is; `result` is what they were scored as, if that is known.

    Nothing where no figures are shown or nothing else can come out.
    """
    sheet = AnswerSheet(definition, answers)
    if not (result or score(definition, answers)).shares or sheet.outcome is None:
        return None
    return _fewer_changes(_among_responses(sheet, sheet.outcome), sheet.changes_to_calm)


def _fewer_changes(among: Stability | None, changes_to_calm: int) -> Stability | None:
    """Return what takes fewer changes: `among`, or answers turned calm (0: none would do)."""
    if not changes_to_calm or (among and among.changes < changes_to_calm):
        return among
    if among and among.changes == changes_to_calm:
        others = (*among.others, "mostly-calm")
        return Stability(changes_to_calm, others) if among.others else among
    return Stability(changes_to_calm, ("mostly-calm",))


def _among_responses(sheet: "AnswerSheet", outcome: NamedOutcome) -> Stability | None:
    """Return how stable `outcome` is when answers change among the four responses alone."""
    first = 1
    if outcome[0] == "primary":
        first = sheet.changes_to_flip(outcome[1][0])
        if first == 0:
            return None
        if first > MAX_LISTED_CHANGES:
            return Stability(first)
    for changes in range(first, len(sheet.moves) + 1):
        outcomes = {sheet.outcome_of(points) for points in sheet.reachable(changes)}
        if others := outcomes - {outcome}:
            return Stability(changes, _kinds(others, outcome))
    return None


def _kinds(others: set[NamedOutcome | None], outcome: NamedOutcome) -> tuple[str, ...]:
    """Return the kinds of `others`, the commonest first.

    One like `outcome` in kind is "another".
    """
    present = {other[0] for other in others if other}
    kinds = []
    for kind in ("primary", "blend", "even-mix"):
        if kind in present:
            kinds.append(f"another-{kind}" if kind == outcome[0] else kind)
    return tuple(kinds)


@dataclass(frozen=True)
class AnswerSheet:
    """The answered questions of a quiz, and what follows from their points."""

    definition: QuizDefinition
    answers: Mapping[str, str]

    @cached_property
    def answered(self) -> list[tuple[Question, Option]]:
        """The questions answered with a response or calmly, and how."""
        answered = []
        for question in self.definition.questions:
            if option := question.chosen(self.answers.get(question.key)):
                answered.append((question, option))
        return answered

    @cached_property
    def chosen(self) -> list[tuple[Question, Option]]:
        """The questions answered with a response, and how."""
        return [(question, option) for question, option in self.answered if not option.calm]

    @cached_property
    def changes_to_calm(self) -> int:
        """How many answers, turned calm, make it "mostly calm"; 0 if no number of them does."""
        calm, size = len(self.answered) - len(self.chosen), len(self.definition.questions)
        can_turn = sum(question.has_calm for question, _ in self.chosen)
        for changes in range(1, can_turn + 1):
            if is_mostly_calm(calm + changes, size):
                return changes
        return 0

    @cached_property
    def points(self) -> Points:
        """The points of each response."""
        return sum_of(option.points for _, option in self.chosen)

    @cached_property
    def most(self) -> Points:
        """The most points there were for each response."""
        return sum_of(question.highest for question, _ in self.chosen)

    @cached_property
    def outcome(self) -> NamedOutcome | None:
        """The outcome as answered."""
        return self.outcome_of(self.points)

    @cached_property
    def moves(self) -> list[frozenset[Points]]:
        """What another answer would do to the points, for each answered question."""
        return [question.moves[option.key] for question, option in self.chosen]

    def outcome_of(self, points: Points) -> NamedOutcome | None:
        """Return the outcome of `points`, or nothing if there are none."""
        shares = shares_of(points, self.most)
        if not shares:
            return None
        return name_outcome(shares, self.definition.margin / len(self.chosen))

    def reachable(self, changes: int) -> set[Points]:
        """Return the points that exactly so many changed answers can lead to."""
        layers: list[set[Points]] = [{self.points}]
        layers += [set() for _ in range(changes)]
        for moves in self.moves:
            for changed in range(changes, 0, -1):
                before = layers[changed - 1]
                layers[changed] |= {
                    (p + a, q + b, r + c, s + d) for p, q, r, s in before for a, b, c, d in moves
                }
        return layers[changes]

    def changes_to_flip(self, leader: str) -> int:
        """Return the fewest changes after which `leader` doesn't lead all others; 0: never.

        To lead is to be ahead by the margin.
        """
        first = RESPONSES.index(leader)
        rivals = [rival for rival in range(len(RESPONSES)) if rival != first]
        counts = [self._fewest_below_zero(self._lead_factors(first, rival)) for rival in rivals]
        return min(filter(None, counts), default=0)

    def _lead_factors(self, first: int, rival: int) -> list[int]:
        """Return the factors that turn points into the lead over a rival, less the margin.

        In whole numbers: 100 · answers · (lead) − margin · (all four).
        """
        unit = lcm(*filter(None, self.most))
        scale = [unit // most if most else 0 for most in self.most]
        factors = [-self.definition.margin * part for part in scale]
        factors[first] += 100 * len(self.chosen) * scale[first]
        factors[rival] -= 100 * len(self.chosen) * scale[rival]
        return factors

    def _fewest_below_zero(self, factors: list[int]) -> int:
        """Return the fewest changes that bring points times `factors` below zero; 0: none do."""
        drops = []
        for moves in self.moves:
            drops.append(min((_product(move, factors) for move in moves), default=0))
        value = _product(self.points, factors)
        for changes, drop in enumerate(sorted(drops), start=1):
            value += drop
            if value < 0:
                return changes
        return 0


def _product(points: Points, factors: list[int]) -> int:
    return sum(map(mul, points, factors))
