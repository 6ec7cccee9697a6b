"""Joining: a save that meets another's save. What only one of them changed is taken; where both wrote, a person chooses."""

import hashlib
import json
from dataclasses import dataclass, field

from django.http import QueryDict

from prose import text_merge
from prose.text_diff import changes
from prose.text_merge import Who
from trustsite.desk.writing.form_values import Place, Values, is_posted, put, typed

CHOICE, OTHER, SEEN = "_choice-", "_other-", "_seen"  # names of inputs on the page that asks

Pieces = list[tuple[str, str]]


@dataclass(frozen=True)
class Change:
    """What one of two editors changed: where, and how."""

    label: str
    pieces: Pieces


@dataclass(frozen=True)
class Question:
    """A place where both wrote."""

    number: int
    label: str
    base: str
    mine: str
    theirs: str

    @property
    def my_changes(self) -> Pieces:
        """Mine, beside what stood there."""
        return changes(self.base, self.mine)

    @property
    def their_changes(self) -> Pieces:
        """Theirs, beside what stood there."""
        return changes(self.base, self.theirs)

    @property
    def rows(self) -> int:
        """Lines of the field for other words."""
        return min(12, 2 + max(len(self.mine), len(self.theirs)) // 60)


@dataclass
class Joined:
    """A posted form that has been joined with what is saved."""

    posted: QueryDict
    seen: str  # a hash of what is saved: what the choices were made for
    all_mine: QueryDict = field(default_factory=QueryDict)  # joined, each question answered by mine
    all_theirs: QueryDict = field(default_factory=QueryDict)  # and by theirs
    mine: list[Change] = field(default_factory=list)
    theirs: list[Change] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    is_settled: bool = True  # no question is left
    is_changed: bool = False  # it says something else than what is saved
    drops_mine: bool = False  # a choice left out my words
    drops_theirs: bool = False

    def put(self, place: Place, name: str, text: str, mine: str, theirs: str) -> None:
        """Put a field's text into the form, and what it would be by all of mine and of theirs."""
        for form, said in ((self.posted, text), (self.all_mine, mine), (self.all_theirs, theirs)):
            put(form, place.field, name, said)


def join(found: list[Place], base: Values | None, posted: QueryDict) -> Joined:
    """Join a posted form with what is saved in `found`; `base` is what its editor began with (None: not known)."""
    seen = digest({place.key: place.text for place in found})
    joined = Joined(posted.copy(), seen, posted.copy(), posted.copy())
    answers = posted if posted.get(SEEN) == joined.seen else QueryDict()
    for place in found:
        name = place.posted_as(posted)
        if not name:
            continue
        if base is not None and place.key not in base:  # it wasn't in the form that was opened
            joined.put(place, name, place.text, place.text, place.text)
        elif is_posted(place.field, posted, name):
            old = None if base is None else base[place.key]
            _join_field(joined, place, old, typed(place.field, posted, name), name, answers)
            joined.is_changed |= typed(place.field, joined.posted, name) != place.text
    return joined


def _join_field(
    joined: Joined, place: Place, base: str | None, mine: str, name: str, answers: QueryDict
) -> None:
    theirs = place.text
    if mine == theirs:
        joined.put(place, name, theirs, theirs, theirs)
    elif theirs == base:
        _note(joined.mine, place.label, theirs, mine)
    elif mine == base:
        _note(joined.theirs, place.label, mine, theirs)
        joined.put(place, name, theirs, theirs, theirs)
    else:
        joined.put(
            place, name, *_settle(joined, place.label, _stretches(base, mine, theirs), answers)
        )


def _stretches(base: str | None, mine: str, theirs: str) -> list[text_merge.Stretch]:
    if base is not None:
        return text_merge.merge(base, mine, theirs)
    lines = theirs.split("\n")  # nothing says who changed what
    return [text_merge.Stretch(Who.BOTH, lines, mine.split("\n"), lines)]


def _settle(
    joined: Joined, label: str, stretches: list[text_merge.Stretch], answers: QueryDict
) -> tuple[str, str, str]:
    """Return the text of stretches with its questions answered as they were (by mine, where none
    was given), by all of mine, and by all of theirs.
    """
    lines: tuple[list[str], list[str], list[str]] = [], [], []
    for stretch in stretches:
        where = f"{label}, line {len(lines[0]) + 1}" if len(stretches) > 1 else label
        base, mine, theirs = (
            "\n".join(one) for one in (stretch.base, stretch.mine, stretch.theirs)
        )
        if stretch.who is Who.BOTH:
            question = Question(len(joined.questions), where, base, mine, theirs)
            joined.questions.append(question)
            answer = _answer(joined, question, answers)
            for text, said in zip(lines, (answer, mine, theirs), strict=True):
                text += said.split("\n") if said else []
            continue
        if stretch.who is Who.MINE:
            _note(joined.mine, where, base, mine)
        elif stretch.who is Who.THEIRS:
            _note(joined.theirs, where, base, theirs)
        for text in lines:
            text += stretch.merged
    as_chosen, all_mine, all_theirs = ("\n".join(text) for text in lines)
    return as_chosen, all_mine, all_theirs


def _answer(joined: Joined, question: Question, answers: QueryDict) -> str:
    choice = answers.get(f"{CHOICE}{question.number}", "")
    joined.is_settled &= choice in {"mine", "theirs", "other"}
    joined.drops_mine |= choice in {"theirs", "other"}
    joined.drops_theirs |= choice in {"mine", "other"}
    if choice == "theirs":
        return question.theirs
    if choice == "other":
        return answers.get(f"{OTHER}{question.number}", "").replace("\r\n", "\n")
    return question.mine


def _note(changed: list[Change], label: str, before: str, after: str) -> None:
    changed.append(Change(label, shortened(changes(before, after))))


AROUND = 60  # characters shown beside a change


def shortened(pieces: Pieces) -> Pieces:
    """Return a text's pieces with unchanged stretches cut down."""
    results = []
    for number, (kind, text) in enumerate(pieces):
        if kind == "same" and len(text) > 2 * AROUND:
            head = "" if number == 0 else text[:AROUND]
            tail = "" if number == len(pieces) - 1 else text[-AROUND:]
            text = f"{head} … {tail}"
        results.append((kind, text))
    return results


def digest(saved: Values) -> str:
    """Return a hash of what is saved."""
    return hashlib.sha256(json.dumps(saved, sort_keys=True).encode()).hexdigest()[:32]
