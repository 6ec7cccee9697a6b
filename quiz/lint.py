"""What must hold of a version before readers see it. Pure; every message says what to change.

The rules are those the questions were written by: four answers of about the same length, one for each
response, and in every question or in none a calm one, which gives no points; whole points adding up to
three; no response with an advantage in the points or in the order; plain words and no labels.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quiz.scoring.scoring import RESPONSES, Form, Option, Question, score
from quiz.scoring.simulation import Behaviour

OPTIONS = 4  # of a question, beside its calm one
POINTS = 3  # of an option: three to one response, or two and one
SPREAD = 1.0  # percentage points
FEWEST_WORDS, MOST_WORDS = 7, 14
PLACES = ("first", "second", "third", "fourth", "fifth")
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


def problems(form: Form, wording: Sequence[Wording], behaviour: Behaviour | None) -> list[str]:
    """Return what keeps a version from being released, the plainest first; `behaviour` may be left out to save its time."""
    found = [*of_structure(form), *of_wording(wording)]
    if any(of_structure(form)):
        return found  # what follows would only repeat it in harder words
    found += [*of_key(form), *of_order(form), *of_reach(form), *of_straight_lines(form)]
    return [*found, *(of_clicking(behaviour) if behaviour else ())]


def of_structure(form: Form) -> Iterator[str]:
    """Four options a question, one for each response, three points each; calm ones; ratings both ways."""
    if not form.questions:
        yield "There are no questions yet. Add some."
    for question in form.questions:
        yield from _of_answers(question)
    yield from of_calm(form)
    directions = [rating.reverse for rating in form.ratings]
    if directions and directions.count(True) != directions.count(False):
        yield "Of the ratings, let as many speak for settling soon as against it, or leave them all out."


def _of_answers(question: Question) -> Iterator[str]:
    weighed = question.weighed
    if len(weighed) != OPTIONS:
        beside = " beside the calm one" if len(weighed) < len(question.options) else ""
        yield f"{question.key} has {len(weighed)} answers{beside}. Give it {OPTIONS}."
    for place, option in enumerate(question.options):
        points = sorted(filter(None, option.weights.values()))
        if option.calm and points:
            yield f"{question.key}, {_name(place)} answer: it’s calm, so let it give no points."
        if not option.calm and points not in ([POINTS], [1, 2]):
            yield f"{question.key}, {_name(place)} answer: give 3 points to one response, or 2 and 1 to two."
    led = Counter(map(leader, weighed))
    for response in RESPONSES:
        if led[response] != 1 and len(weighed) == OPTIONS:
            yield f"{question.key} has {led[response]} answers that speak mainly for {response}. Make it one."


def of_calm(form: Form) -> Iterator[str]:
    """Every question has one calm answer, or none has: calm people would have to pick something else."""
    counted = {
        question.key: len(question.options) - len(question.weighed) for question in form.questions
    }
    wanted = any(counted.values())
    for key, number in counted.items():
        if wanted and number != 1:
            yield f"{key} has {number} calm answers. Make it one, here and in every question, or take them all out."


def of_key(form: Form) -> Iterator[str]:
    """Every response has the same number of pure and mixed options, second points, and most points that can be reached."""
    options = [option for question in form.questions for option in question.options]
    given = {
        response: Counter(option.weights.get(response, 0) for option in options)
        for response in RESPONSES
    }
    counted = {
        f"answers that give {POINTS} points": {
            name: found[POINTS] for name, found in given.items()
        },
        "answers that give 2 points": {name: found[2] for name, found in given.items()},
        "answers that give 1 point": {name: found[1] for name, found in given.items()},
        "most points within reach": {
            name: most for name, (_, most) in points_on_offer(form).items()
        },
    }
    for what, numbers in counted.items():
        if len(set(numbers.values())) > 1:
            yield f"The {what} differ: {_list(numbers)}. Make them equal."


def of_order(form: Form) -> Iterator[str]:
    """Each response, and the calm answer, stands equally often in each place: none is favoured."""
    names = [*RESPONSES, CALM] if _places(form) > OPTIONS else [*RESPONSES]
    share, rest = divmod(len(form.questions), len(names))
    for place in range(_places(form)):
        stands = Counter(_speaks_for(question.options[place]) for question in form.questions)
        if any(not share <= stands[name] <= share + bool(rest) for name in names):
            often = f"{share} or {share + 1}" if rest else f"{share}"
            yield (
                f"As the {PLACES[place]} answer stand {_list({name: stands[name] for name in names})}. "
                f"Reorder answers until each stands there {often} times."
            )


def of_reach(form: Form) -> Iterator[str]:
    """Who answers everything for one response is told so."""
    for response in RESPONSES:
        answers = {question.key: _strongest(question, response).key for question in form.questions}
        result = score(form, answers)
        if (result.outcome, result.responses) != ("primary", (response,)):
            yield f"Nobody can be told {response}: even all answers for it come to {result.key}. Give it more points."


def of_straight_lines(form: Form) -> Iterator[str]:
    """Always ticking the same place names nobody."""
    for place in range(_places(form)):
        result = score(
            form, {question.key: question.options[place].key for question in form.questions}
        )
        if result.outcome == "primary":
            yield f"Always ticking the {PLACES[place]} answer comes to {result.key}. Reorder answers so that it leans nowhere."


def of_clicking(behaviour: Behaviour) -> Iterator[str]:
    """Clicking at random names each response about equally often."""
    if behaviour.spread > SPREAD:
        named = {name: behaviour.clicking.get(name, 0) for name in RESPONSES}
        yield f"Of 100 people who click at random, too different numbers are told each: {_list(named)}. Even out the points."


def of_wording(wording: Sequence[Wording]) -> Iterator[str]:
    """Plain words: of a length, without labels, exclamation marks or assumptions."""
    for question in wording:
        texts = {"the situation": question.stem}
        for place, text in enumerate(question.options):
            texts[f"{_name(place)} answer"] = text
            if not FEWEST_WORDS <= (words := len(text.split())) <= MOST_WORDS:
                yield f"{question.key}, {_name(place)} answer: {words} words. Use {FEWEST_WORDS} to {MOST_WORDS}."
        for where, text in texts.items():
            if "!" in text:
                yield f"{question.key}, {where}: leave out the exclamation mark."
            for word, why in unwanted(text):
                yield f"{question.key}, {where}: “{word}” is {why}. Say it in other words."


def unwanted(text: str) -> Iterator[tuple[str, str]]:
    """Give the words of `text` that a question shouldn't hold, each with the reason."""
    for why, words in UNWANTED.items():
        ends = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
        for match in re.finditer(rf"(?<![\w’'-])(?:{ends})(?![\w-])", text, re.IGNORECASE):
            yield match[0], why


def points_on_offer(form: Form) -> dict[str, tuple[int, int]]:
    """Return, for each response, all points there are for it and the most that one person can reach."""
    return {
        name: (
            sum(
                option.weights.get(name, 0)
                for question in form.questions
                for option in question.options
            ),
            sum(question.highest(name) for question in form.questions),
        )
        for name in RESPONSES
    }


def leader(option: Option) -> str:
    """Return the response that `option` gives most points to; nothing if two share the lead."""
    most = max(option.weights.values(), default=0)
    leaders = [response for response in RESPONSES if option.weights.get(response, 0) == most]
    return leaders[0] if most and len(leaders) == 1 else ""


def _places(form: Form) -> int:
    """Return how many answers each question has: as many everywhere, the structure says."""
    return max((len(question.options) for question in form.questions), default=0)


def _speaks_for(option: Option) -> str:
    return CALM if option.calm else leader(option)


def _strongest(question: Question, response: str) -> Option:
    return max(question.options, key=lambda option: option.weights.get(response, 0))


def _name(place: int) -> str:
    return PLACES[place] if place < len(PLACES) else f"{place + 1}th"


def _list(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:g}" for name, number in numbers.items())
