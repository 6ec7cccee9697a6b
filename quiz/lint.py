"""Lint of a quiz version: the rules it must meet before readers see it.

Pure; every message says what to change.

The rules are those the questions were written by: four answers of about the same length, one for
each response, and in every question or in none a calm one, which gives no points; whole points
adding up to three; no response with an advantage in the points or in the order; plain words and no
labels.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quiz.scoring.scoring import (
    RESPONSES,
    Option,
    Question,
    QuizDefinition,
    score,
    sum_of,
)
from quiz.scoring.simulation import Simulation

OPTION_COUNT = 4  # of a question, beside its calm one
OPTION_POINTS = 3  # of an option: three to one response, or two and one
MAX_SPREAD = 1.0  # percentage points between the responses, answering at random
MIN_WORDS, MAX_WORDS = 7, 14
ORDINALS = ("first", "second", "third", "fourth", "fifth")
CALM = "calm"
LABELS = (
    "trauma*",
    "trigger*",
    "toxic",
    "narcissis*",
    "codependen*",
    "gaslight*",
    "abandonment",
    "boundar*",
)
HARSH = (
    "victim*",
    "damaged",
    "psycho*",
    "crazy",
    "insane",
    "borderline",
    "maladaptive",
    "dysfunctional",
    "disorder*",
)
HARM = (
    "abus*",
    "violen*",
    "suicid*",
    "self-harm*",
    "rape*",
    "assault*",
    "police",
    "diagnos*",
    "severe",
    "score*",
)
GENDER = (
    "he",
    "she",
    "him",
    "her",
    "his",
    "hers",
    "husband",
    "wife",
    "boyfriend",
    "girlfriend",
    "mum",
    "dad",
)
UNWANTED = {
    "a label": (
        *LABELS,
        *RESPONSES,
        "freezes",
        "freezing",
        "fawns",
        "fawning",
        "fights",
        "fighting",
    ),
    "a harsh word": HARSH,
    "about harm or diagnosis": HARM,
    "about a gender or a relation not everybody has": GENDER,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one question, its options in order."""

    key: str
    stem: str
    options: tuple[str, ...]


def problems(
    definition: QuizDefinition, wording: Sequence[Wording], simulation: Simulation | None
) -> list[str]:
    """Return what keeps a version from being released, the plainest first.

    `simulation` may be left out to save its time.
    """
    structure = list(check_structure(definition))
    wrong_words = list(check_wording(wording))
    if structure:
        return [*structure, *wrong_words]  # the rest would only repeat it in harder words
    return [
        *wrong_words,
        *check_points(definition),
        *check_order(definition),
        *check_reach(definition),
        *check_straight_lines(definition),
        *(check_random(simulation) if simulation else ()),
    ]


def check_structure(definition: QuizDefinition) -> Iterator[str]:
    """Check the questions and ratings of a quiz one by one.

    Four options a question, one for each response, three points each; calm answers in all questions
    or in none; ratings both ways.
    """
    if not definition.questions:
        yield "There are no questions yet. Add some."
    for question in definition.questions:
        yield from _check_option_count(question)
        yield from _check_option_points(question)
        yield from _check_leaders(question)
    yield from check_calm(definition)
    directions = [rating.reverse for rating in definition.ratings]
    if directions.count(True) != directions.count(False):
        yield (
            "Of the ratings, let as many speak for settling soon as against it, "
            "or leave them all out."
        )


def _check_option_count(question: Question) -> Iterator[str]:
    count = len(question.weighed)
    if count != OPTION_COUNT:
        beside = " beside the calm one" if question.has_calm else ""
        yield f"{question.key} has {count} answers{beside}. Give it {OPTION_COUNT}."


def _check_option_points(question: Question) -> Iterator[str]:
    for position, option in enumerate(question.options):
        points = sorted(filter(None, option.weights.values()))
        label = f"{question.key}, {_ordinal(position)} answer"
        if option.calm:
            if points:
                yield f"{label}: it’s calm, so let it give no points."
        elif points not in ([OPTION_POINTS], [1, 2]):
            yield f"{label}: give 3 points to one response, or 2 and 1 to two."


def _check_leaders(question: Question) -> Iterator[str]:
    if len(question.weighed) != OPTION_COUNT:
        return
    counts = Counter(map(leader, question.weighed))
    for response in RESPONSES:
        if counts[response] != 1:
            yield (
                f"{question.key} has {counts[response]} answers that speak mainly for {response}. "
                "Make it one."
            )


def check_calm(definition: QuizDefinition) -> Iterator[str]:
    """Every question has one calm answer, or none has.

    Calm people would have to pick something else.
    """
    if not definition.has_calm:
        return
    for question in definition.questions:
        count = len(question.options) - len(question.weighed)
        if count != 1:
            yield (
                f"{question.key} has {count} calm answers. Make it one, here and in every "
                "question, or take them all out."
            )


def check_points(definition: QuizDefinition) -> Iterator[str]:
    """Every response has as many pure and mixed options, second points, and points within reach."""
    options = _all_options(definition)
    labels = {
        OPTION_POINTS: f"answers that give {OPTION_POINTS} points",
        2: "answers that give 2 points",
        1: "answers that give 1 point",
    }
    counts = {label: _count_giving(options, points) for points, label in labels.items()}
    reach = {name: sums.reachable for name, sums in point_sums(definition).items()}
    for label, numbers in {**counts, "most points within reach": reach}.items():
        if len(set(numbers.values())) > 1:
            yield f"The {label} differ: {_list(numbers)}. Make them equal."


def _count_giving(options: Iterable[Option], points: int) -> dict[str, int]:
    """Return, by response, how many of `options` give it so many points."""
    counts = dict.fromkeys(RESPONSES, 0)
    for option in options:
        for response in RESPONSES:
            counts[response] += option.weights.get(response) == points
    return counts


def check_order(definition: QuizDefinition) -> Iterator[str]:
    """Each response, and the calm answer, stands equally often in each position.

    None is favoured.
    """
    width = _option_count(definition)
    names = [*RESPONSES, CALM] if width > OPTION_COUNT else [*RESPONSES]
    share, rest = divmod(len(definition.questions), len(names))
    allowed = {share, share + bool(rest)}
    often = " or ".join(map(str, sorted(allowed)))
    for position in range(width):
        options = [question.options[position] for question in definition.questions]
        spoken_for = Counter(map(_speaks_for, options))
        counts = {name: spoken_for[name] for name in names}
        if not set(counts.values()) <= allowed:
            yield (
                f"As the {ORDINALS[position]} answer stand {_list(counts)}. "
                f"Reorder answers until each stands there {often} times."
            )


def check_reach(definition: QuizDefinition) -> Iterator[str]:
    """Each response can be told: by all answers for it."""
    for response in RESPONSES:
        answers = {}
        for question in definition.questions:
            answers[question.key] = _strongest(question, response).key
        result = score(definition, answers)
        if (result.outcome, result.responses) != ("primary", (response,)):
            yield (
                f"Nobody can be told {response}: even all answers for it come to {result.key}. "
                "Give it more points."
            )


def check_straight_lines(definition: QuizDefinition) -> Iterator[str]:
    """Always ticking the same position names no single response."""
    for position in range(_option_count(definition)):
        answers = {
            question.key: question.options[position].key for question in definition.questions
        }
        result = score(definition, answers)
        if result.outcome == "primary":
            yield (
                f"Always ticking the {ORDINALS[position]} answer comes to {result.key}. "
                "Reorder answers so that it leans nowhere."
            )


def check_random(simulation: Simulation) -> Iterator[str]:
    """Answering at random names each response about equally often."""
    if simulation.spread > MAX_SPREAD:
        named = {name: simulation.random.get(name, 0) for name in RESPONSES}
        yield (
            "Of 100 people who click at random, too different numbers are told each: "
            f"{_list(named)}. Even out the points."
        )


def check_wording(wording: Sequence[Wording]) -> Iterator[str]:
    """Check the words of the questions.

    They are plain: of a length, without labels, exclamation marks or assumptions.
    """
    for question in wording:
        texts = {"the situation": question.stem}
        for position, text in enumerate(question.options):
            label, count = f"{_ordinal(position)} answer", len(text.split())
            texts[label] = text
            if not MIN_WORDS <= count <= MAX_WORDS:
                yield f"{question.key}, {label}: {count} words. Use {MIN_WORDS} to {MAX_WORDS}."
        for label, text in texts.items():
            yield from _check_text(f"{question.key}, {label}", text)


def _check_text(label: str, text: str) -> Iterator[str]:
    if "!" in text:
        yield f"{label}: leave out the exclamation mark."
    for word, reason in unwanted(text):
        yield f"{label}: “{word}” is {reason}. Say it in other words."


def unwanted(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of `text` that a question shouldn't hold, each with the reason."""
    for reason, words in UNWANTED.items():
        endings = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
        for match in re.finditer(rf"(?<![\w’'-])(?:{endings})(?![\w-])", text, re.IGNORECASE):
            yield match[0], reason


class PointSums(NamedTuple):
    """Points of one response over a whole version.

    All there are, and the most one person can reach.
    """

    offered: int
    reachable: int


def point_sums(definition: QuizDefinition) -> dict[str, PointSums]:
    """Return the sums of points by response."""
    offered = sum_of(option.points for option in _all_options(definition))
    reachable = sum_of(question.highest for question in definition.questions)
    return dict(zip(RESPONSES, map(PointSums, offered, reachable), strict=True))


def leader(option: Option) -> str:
    """Return the response that `option` gives most points to; nothing if two share the lead."""
    most = max(option.weights.values(), default=0)
    leaders = [response for response in RESPONSES if option.weights.get(response, 0) == most]
    return leaders[0] if most and len(leaders) == 1 else ""


def _all_options(definition: QuizDefinition) -> list[Option]:
    options: list[Option] = []
    for question in definition.questions:
        options.extend(question.options)
    return options


def _option_count(definition: QuizDefinition) -> int:
    """Return how many answers each question has: as many everywhere, the structure says."""
    return max((len(question.options) for question in definition.questions), default=0)


def _speaks_for(option: Option) -> str:
    return CALM if option.calm else leader(option)


def _strongest(question: Question, response: str) -> Option:
    return max(question.options, key=lambda option: option.weights.get(response, 0))


def _ordinal(position: int) -> str:
    return ORDINALS[position] if position < len(ORDINALS) else f"{position + 1}th"


def _list(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:g}" for name, number in numbers.items())
