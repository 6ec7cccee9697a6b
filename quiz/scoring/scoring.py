"""The quiz's arithmetic: from answers to an outcome. Pure: the same answers give the same result, and nothing is read or kept.

Because people choose between answers, shares rank the four responses within one person and measure nothing else.

1. Fewer than two thirds of the questions answered ("none of these" and a calm answer are answers):
   incomplete. At least half answered calmly: mostly calm. Fewer than half answered with one of the four
   responses: low signal. None of these shows figures. Otherwise a calm answer counts as "none of these"
   does: it gives no points, and asks for none.
2. A response's points over the most the answered questions offer it, scaled so that the four add up to 100: its share.
3. A lead counts if it is bigger than noise, about two answers. First and third closer than that: an even mix. First and
   second: a blend. Else one response, named clearly (half of all and 25 ahead, two thirds answered) or a little.

Worked examples: tests/quiz/fixtures.json, and those with calm answers: tests/quiz/fixtures_v2.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from statistics import fmean
from typing import Literal

Outcome = Literal["primary", "blend", "even-mix", "mostly-calm", "low-signal", "incomplete"]
Steadiness = Literal["settles", "noticeable", "hard-going", "inconsistent", "not-shown"]

# The order tied responses are listed in; it never decides a result.
RESPONSES = ("fight", "flight", "freeze", "fawn")
NONE, SKIP = "none", "skip"  # "None of these fits me", "Skip this one"
TOLERANCE = 1e-9
CLEAR_SHARE, CLEAR_LEAD, SECONDARY_SHARE = 50, 25, 25


@dataclass(frozen=True, slots=True)
class Option:
    """One answer and the whole points it gives to each response; a calm one speaks for none."""

    key: str
    weights: Mapping[str, int]
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One situation and its answers, in any order."""

    key: str
    options: tuple[Option, ...]

    def chosen(self, answer: str | None) -> Option | None:
        """Return the option that `answer` names; nothing for "none", "skip" and silence."""
        return next((option for option in self.options if option.key == answer), None)

    @property
    def weighed(self) -> tuple[Option, ...]:
        """The answers that speak for a response: all but the calm one."""
        return tuple(option for option in self.options if not option.calm)

    def highest(self, response: str) -> int:
        """Return the most points that any answer here gives to `response`."""
        return max((option.weights.get(response, 0) for option in self.options), default=0)


@dataclass(frozen=True, slots=True)
class Rating:
    """A statement rated from 0 (not at all like me) to 4 (very much). `reverse` ones speak for settling soon."""

    key: str
    reverse: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A quiz to be scored. `margin` and `second_margin`, divided by the answers given, are the smallest leads that count."""

    questions: tuple[Question, ...]
    margin: int
    second_margin: int
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What the answers come to. `shares` (per cent, exact) is empty when there was too little to go on."""

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
        """The name of the text that belongs to this result: `freeze`, `flight-fawn`, `even-mix` …"""
        return "-".join(self.responses) if self.outcome in {"primary", "blend"} else self.outcome

    @property
    def pair(self) -> str:
        """The name of the text about the leading response and the second, if there is a second."""
        return "-".join(_listed({*self.responses, self.secondary})) if self.secondary else ""

    @property
    def steadiness_text(self) -> str:
        """The name of the text about how soon stress settles, if there is something to say."""
        return (
            f"steadiness-{self.steadiness}"
            if self.steadiness in {"settles", "noticeable", "hard-going"}
            else ""
        )

    @property
    def figures(self) -> dict[str, int]:
        """The shares as shown: whole numbers, the highest first, tied ones in the usual order."""
        ranked = sorted(
            self.shares,
            key=lambda response: (-round(self.shares[response], 6), RESPONSES.index(response)),
        )
        return {response: floor(self.shares[response] + 0.5 + TOLERANCE) for response in ranked}


def score(
    form: Form, answers: Mapping[str, str], ratings: Mapping[str, int] | None = None
) -> Result:
    """Score `answers` (question key → option key, "none" or "skip") and, for the longer form, `ratings` (key → 0 to 4).

    Keys and answers that the form doesn't have count as skipped.
    """
    given = [(question, question.chosen(answers.get(question.key))) for question in form.questions]
    chosen = [(question, option) for question, option in given if option and not option.calm]
    size, answered = len(form.questions), len(chosen)
    none = sum(answers.get(question.key) == NONE for question in form.questions)
    calm = sum(option is not None and option.calm for _, option in given)
    skipped = size - answered - none - calm
    result = Result(
        "incomplete", answered, none, calm, skipped, steadiness=_steadiness(form, ratings or {})
    )
    enough = ceil(2 * size / 3)
    if answered + none + calm < enough:
        return result
    if is_mostly_calm(calm, size):
        return replace(result, outcome="mostly-calm")
    shares = _shares(chosen)
    if answered < ceil(size / 2) or not shares:
        return replace(result, outcome="low-signal")
    return _decide(replace(result, shares=shares, few_answers=answered < enough), form)


def is_mostly_calm(calm: int, size: int) -> bool:
    """Whether so many calm answers of `size` questions are at least half, and at least one."""
    return 0 < size <= 2 * calm


def _shares(chosen: list[tuple[Question, Option]]) -> dict[str, float]:
    points = [
        sum(option.weights.get(response, 0) for _, option in chosen) for response in RESPONSES
    ]
    return shares_of(
        points,
        [sum(question.highest(response) for question, _ in chosen) for response in RESPONSES],
    )


def shares_of(points: Sequence[int], most: Sequence[int]) -> dict[str, float]:
    """Return each response's share in per cent: its points over the most there were for it, scaled to add up to 100."""
    norm = [part / whole if whole else 0.0 for part, whole in zip(points, most, strict=True)]
    total = sum(norm)
    return (
        {response: 100 * part / total for response, part in zip(RESPONSES, norm, strict=True)}
        if total
        else {}
    )


def name_outcome(shares: Mapping[str, float], margin: float) -> tuple[Outcome, tuple[str, ...]]:
    """Say what `shares` come to when a lead of `margin` counts: one response, a blend of two or an even mix."""
    ranked = sorted(RESPONSES, key=lambda response: -shares[response])
    first, second, third, _ = (shares[response] for response in ranked)
    if _below(first - third, margin):
        return "even-mix", tuple(
            response for response in RESPONSES if _below(first - shares[response], margin)
        )
    if _below(first - second, margin):
        return "blend", _listed(set(ranked[:2]))
    return "primary", (ranked[0],)


def _decide(result: Result, form: Form) -> Result:
    """Name the outcome; of one response, how clearly it leads and whether another stands out behind it."""
    outcome, responses = name_outcome(result.shares, form.margin / result.answered)
    if outcome != "primary":
        return replace(result, outcome=outcome, responses=responses)
    first, second, third, _ = sorted(result.shares.values(), reverse=True)
    is_clear = not (
        _below(first, CLEAR_SHARE) or _below(first - second, CLEAR_LEAD) or result.few_answers
    )
    is_second = not (
        _below(second, SECONDARY_SHARE)
        or _below(second - third, form.second_margin / result.answered)
    )
    return replace(
        result,
        outcome=outcome,
        responses=responses,
        strength="clear" if is_clear else "leaning",
        secondary=max(set(RESPONSES) - set(responses), key=lambda name: result.shares[name])
        if is_second
        else "",
    )


def _steadiness(form: Form, ratings: Mapping[str, int]) -> Steadiness:
    """Say how soon stress settles. People who give one answer to everything are told nothing."""
    both_ways = {rating.reverse for rating in form.ratings} == {True, False}
    if not both_ways or any(ratings.get(rating.key) not in range(5) for rating in form.ratings):
        return "not-shown"
    direct = fmean(ratings[rating.key] for rating in form.ratings if not rating.reverse)
    reverse = fmean(ratings[rating.key] for rating in form.ratings if rating.reverse)
    if min(direct, reverse) >= 3 or max(direct, reverse) <= 1:
        return "inconsistent"
    index = 25 * fmean([direct, 4 - reverse])
    return "settles" if index < 35 else "noticeable" if index < 65 else "hard-going"


def _below(value: float, limit: float) -> bool:
    return value < limit - TOLERANCE


def _listed(responses: set[str]) -> tuple[str, ...]:
    return tuple(response for response in RESPONSES if response in responses)
