"""Scoring: from answers to an outcome.

Pure: the same answers give the same result, and nothing is read or stored.

Because people choose between answers, shares rank the four responses within one person and measure
nothing else.

1. Fewer than two thirds of the questions answered ("none of these" and a calm answer are answers):
   incomplete. At least half answered calmly: mostly calm. Fewer than half answered with one of the
   four responses: low signal. None of these shows figures. Otherwise a calm answer counts as "none
   of these" does: it gives no points, and asks for none.
2. A response's points over the most the answered questions offer it, scaled so that the four add up
   to 100: its share.
3. A lead counts if it is bigger than noise, about two answers. First and third closer than that: an
   even mix. First and second: a blend. Else one response, named clearly (half of all and 25 ahead,
   two thirds answered) or a little.

Worked examples: tests/quiz/fixtures.json, and those with calm answers: tests/quiz/fixtures_v2.json.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from math import ceil, floor
from operator import sub
from statistics import fmean
from typing import Literal

Outcome = Literal["primary", "blend", "even-mix", "mostly-calm", "low-signal", "incomplete"]
Steadiness = Literal["settles", "noticeable", "hard-going", "inconsistent", "not-shown"]

# The order tied responses are listed in; it never decides a result.
RESPONSES = ("fight", "flight", "freeze", "fawn")
NO_POINTS = (0, 0, 0, 0)
NONE, SKIP = "none", "skip"  # "None of these fits me", "Skip this one"
TOLERANCE = 1e-9
CLEAR_SHARE, CLEAR_LEAD, SECONDARY_SHARE = 50, 25, 25


Points = tuple[int, ...]  # by response, in the order of RESPONSES


@dataclass(frozen=True, slots=True)
class Option:
    """One answer and the whole points it gives to each response; a calm one speaks for none."""

    key: str
    weights: Mapping[str, int]
    calm: bool = False
    points: Points = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        points = tuple(self.weights.get(response, 0) for response in RESPONSES)
        object.__setattr__(self, "points", points)


@dataclass(frozen=True, slots=True)
class Question:
    """One situation and its answers, in any order."""

    key: str
    options: tuple[Option, ...]
    # The answers that speak for a response: all but the calm one.
    weighed: tuple[Option, ...] = field(init=False, repr=False, compare=False)
    # The most points that any answer here gives to each response.
    highest: Points = field(init=False, repr=False, compare=False)
    # By the key of an option: what each other answer would do to the points.
    moves: Mapping[str, frozenset[Points]] = field(init=False, repr=False, compare=False)
    has_calm: bool = field(init=False, repr=False, compare=False)
    _by_key: Mapping[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        points = [option.points for option in self.options]
        weighed = tuple(option for option in self.options if not option.calm)
        known = {
            "weighed": weighed,
            "moves": {option.key: _moves_from(option, weighed) for option in weighed},
            "highest": tuple(map(max, zip(*points, strict=True))) if points else NO_POINTS,
            "has_calm": any(option.calm for option in self.options),
            "_by_key": {option.key: option for option in self.options},
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def chosen(self, answer: str | None) -> Option | None:
        """Return the option that `answer` names; nothing for "none", "skip" and silence."""
        return self._by_key.get(answer or "")


def _moves_from(answer: Option, options: Iterable[Option]) -> frozenset[Points]:
    """Return the differences between the points of each other option and those of `answer`."""
    others = [option.points for option in options if option.key != answer.key]
    return frozenset(tuple(map(sub, points, answer.points)) for points in others)


@dataclass(frozen=True, slots=True)
class Rating:
    """A statement rated from 0 (not at all like me) to 4 (very much).

    `reverse` ones speak for settling soon.
    """

    key: str
    reverse: bool


@dataclass(frozen=True, slots=True)
class QuizDefinition:
    """A quiz to be scored.

    `margin` and `second_margin`, divided by the number of answers, are the smallest leads that
    count.
    """

    questions: tuple[Question, ...]
    margin: int
    second_margin: int
    ratings: tuple[Rating, ...] = ()

    @property
    def has_calm(self) -> bool:
        """Whether it has calm answers."""
        return any(question.has_calm for question in self.questions)


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a scoring. `shares` (per cent, exact) is empty if there was too little to go on."""

    outcome: Outcome
    answered: int  # with one of the four responses
    none: int
    calm: int
    skipped: int
    responses: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    strength: Literal["clear", "leaning", ""] = ""
    secondary: str = ""
    few_answers: bool = False
    steadiness: Steadiness = "not-shown"

    @property
    def key(self) -> str:
        """Key of the text that belongs to this result: `freeze`, `flight-fawn`, `even-mix` …"""
        return "-".join(self.responses) if self.outcome in {"primary", "blend"} else self.outcome

    @property
    def named(self) -> tuple[str, ...]:
        """The responses that its heading names, the leading one first."""
        return (*self.responses, self.secondary) if self.secondary else self.responses

    @property
    def pair(self) -> str:
        """Key of the text about the leading response and the second, if there is a second."""
        return "-".join(_in_order({*self.responses, self.secondary})) if self.secondary else ""

    @property
    def steadiness_text(self) -> str:
        """Key of the text about how soon stress settles, if there is something to say."""
        is_shown = self.steadiness in {"settles", "noticeable", "hard-going"}
        return f"steadiness-{self.steadiness}" if is_shown else ""

    @property
    def figures(self) -> dict[str, int]:
        """The shares as shown: whole numbers, the highest first, tied ones in the usual order."""
        return {name: floor(self.shares[name] + 0.5 + TOLERANCE) for name in self._ranked()}

    def _ranked(self) -> list[str]:
        """Return the responses by their share, rounding errors apart."""

        def rank(response: str) -> tuple[float, int]:
            return -round(self.shares[response], 6), RESPONSES.index(response)

        return sorted(self.shares, key=rank)


def score(
    definition: QuizDefinition,
    answers: Mapping[str, str],
    ratings: Mapping[str, int] | None = None,
) -> Result:
    """Score `answers` (question key → option key, "none" or "skip").

    For the longer quiz also `ratings` (key → 0 to 4). Keys and answers that the quiz doesn't have
    count as skipped.
    """
    chosen, none, calm = _count(definition, answers)
    size, answered = len(definition.questions), len(chosen)
    result = Result(
        "incomplete",
        answered,
        none,
        calm,
        skipped=size - answered - none - calm,
        steadiness=_steadiness(definition, ratings or {}),
    )
    enough = ceil(2 * size / 3)
    if answered + none + calm < enough:
        return result
    if is_mostly_calm(calm, size):
        return replace(result, outcome="mostly-calm")
    shares = _shares(chosen)
    if answered < ceil(size / 2) or not shares:
        return replace(result, outcome="low-signal")
    return _decide(replace(result, shares=shares, few_answers=answered < enough), definition)


def _count(
    definition: QuizDefinition, answers: Mapping[str, str]
) -> tuple[list[tuple[Question, Option]], int, int]:
    """Return the answers with a response, and the numbers of "none" and of calm answers."""
    chosen, none, calm = [], 0, 0
    for question in definition.questions:
        answer = answers.get(question.key)
        option = question.chosen(answer)
        none += answer == NONE
        if option is None:
            continue
        if option.calm:
            calm += 1
        else:
            chosen.append((question, option))
    return chosen, none, calm


def is_mostly_calm(calm: int, size: int) -> bool:
    """Whether so many calm answers of `size` questions are at least half, and at least one."""
    return 0 < size <= 2 * calm


def _shares(chosen: list[tuple[Question, Option]]) -> dict[str, float]:
    points = sum_of(option.points for _, option in chosen)
    most = sum_of(question.highest for question, _ in chosen)
    return dict(zip(RESPONSES, shares_of(points, most), strict=False))  # none without points


def sum_of(points: Iterable[Points]) -> Points:
    """Return the sum of points for each response."""
    return tuple(map(sum, zip(NO_POINTS, *points, strict=True)))


def shares_of(points: Sequence[int], most: Sequence[int]) -> tuple[float, ...]:
    """Return each response's share in per cent, in the order of RESPONSES; nothing if there are no points.

    Its points over the most there were for it, scaled so that the four add up to 100.
    """
    parts = [part / whole if whole else 0.0 for part, whole in zip(points, most, strict=True)]
    total = sum(parts)
    return tuple([100 * part / total for part in parts]) if total else ()


def name_outcome(shares: Sequence[float], margin: float) -> tuple[Outcome, tuple[str, ...]]:
    """Name what `shares`, in the order of RESPONSES, come to when a lead of `margin` counts.

    One response, a blend or an even mix.
    """
    first, second, third, _ = sorted(shares, reverse=True)
    if _below(first - third, margin):
        return "even-mix", _those([_below(first - share, margin) for share in shares])
    if _below(first - second, margin):
        return "blend", _those([share >= second for share in shares])
    return "primary", (RESPONSES[shares.index(first)],)


def _those(which: list[bool]) -> tuple[str, ...]:
    return tuple(compress(RESPONSES, which))


def _decide(result: Result, definition: QuizDefinition) -> Result:
    """Decide the outcome.

    Of one response also how clearly it leads and whether another stands out behind it.
    """
    outcome, responses = name_outcome(
        tuple(result.shares.values()), definition.margin / result.answered
    )
    result = replace(result, outcome=outcome, responses=responses)
    if outcome != "primary":
        return result
    first, second, third, _ = sorted(result.shares.values(), reverse=True)
    is_clear = not (
        _below(first, CLEAR_SHARE) or _below(first - second, CLEAR_LEAD) or result.few_answers
    )
    second_lead = definition.second_margin / result.answered
    has_second = not (_below(second, SECONDARY_SHARE) or _below(second - third, second_lead))
    runner_up = max(set(RESPONSES) - set(responses), key=lambda name: result.shares[name])
    return replace(
        result,
        strength="clear" if is_clear else "leaning",
        secondary=runner_up if has_second else "",
    )


def _steadiness(definition: QuizDefinition, ratings: Mapping[str, int]) -> Steadiness:
    """Name how soon stress settles. People who give one answer to everything are told nothing."""
    values: dict[bool, list[int]] = {False: [], True: []}  # by whether the rating is reverse
    for rating in definition.ratings:
        value = ratings.get(rating.key)
        if value is None or value not in range(5):
            return "not-shown"
        values[rating.reverse].append(value)
    if not (values[False] and values[True]):
        return "not-shown"
    direct, reverse = fmean(values[False]), fmean(values[True])
    if min(direct, reverse) >= 3 or max(direct, reverse) <= 1:
        return "inconsistent"
    index = 25 * fmean([direct, 4 - reverse])
    if index < 35:
        return "settles"
    return "noticeable" if index < 65 else "hard-going"


def _below(value: float, limit: float) -> bool:
    return value < limit - TOLERANCE


def _in_order(responses: set[str]) -> tuple[str, ...]:
    return tuple(response for response in RESPONSES if response in responses)
