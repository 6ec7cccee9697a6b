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
    mine: list[Change] = field(default_factory=list)
    theirs: list[Change] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    is_settled: bool = True  # no question is left
    is_changed: bool = False  # it says something else than what is saved
    drops_words: bool = False  # a choice left out somebody's words


def join(found: list[Place], base: Values | None, posted: QueryDict) -> Joined:
    """Join a posted form with what is saved in `found`; `base` is what its editor began with (None: not known)."""
    joined = Joined(posted.copy(), digest({place.key: place.text for place in found}))
    answers = posted if posted.get(SEEN) == joined.seen else QueryDict()
    for place in found:
        name = place.posted_as(posted)
        if not name:
            continue
        if base is not None and place.key not in base:  # it wasn't in the form that was opened
            put(joined.posted, place.field, name, place.text)
        elif is_posted(place.field, posted, name):
            old = None if base is None else base[place.key]
            _join_field(joined, place, old, typed(place.field, posted, name), name, answers)
            joined.is_changed |= typed(place.field, joined.posted, name) != place.text
    return joined


def _join_field(
    joined: Joined, place: Place, base: str | None, mine: str, name: str, answers: QueryDict
) -> None:
    theirs = place.text
    if mine == theirs or theirs == base:
        if base is not None and mine != base and theirs == base:
            _note(joined.mine, place.label, base, mine)
        if mine == theirs:
            put(joined.posted, place.field, name, theirs)
        return
    if mine == base:
        _note(joined.theirs, place.label, base or "", theirs)
        put(joined.posted, place.field, name, theirs)
        return
    stretches = text_merge.merge(base if base is not None else "", mine, theirs)
    if base is None:  # nothing says who changed what
        stretches = [
            text_merge.Stretch(Who.BOTH, theirs.split("\n"), mine.split("\n"), theirs.split("\n"))
        ]
    put(joined.posted, place.field, name, _settle(joined, place.label, stretches, answers))


def _settle(
    joined: Joined, label: str, stretches: list[text_merge.Stretch], answers: QueryDict
) -> str:
    """Return the text of stretches, each question answered as it was, or by my words for now."""
    lines: list[str] = []
    is_long = len(stretches) > 1
    for stretch in stretches:
        where = f"{label}, line {len(lines) + 1}" if is_long else label
        base, mine, theirs = (
            "\n".join(one) for one in (stretch.base, stretch.mine, stretch.theirs)
        )
        if stretch.who is Who.BOTH:
            question = Question(len(joined.questions), where, base, mine, theirs)
            joined.questions.append(question)
            answer = _answer(joined, question, answers)
            lines += answer.split("\n") if answer else []
            continue
        if stretch.who is Who.MINE:
            _note(joined.mine, where, base, mine)
        elif stretch.who is Who.THEIRS:
            _note(joined.theirs, where, base, theirs)
        lines += stretch.merged
    return "\n".join(lines)


def _answer(joined: Joined, question: Question, answers: QueryDict) -> str:
    choice = answers.get(f"{CHOICE}{question.number}", "")
    joined.is_settled &= choice in {"mine", "theirs", "other"}
    joined.drops_words |= choice in {"theirs", "other"}
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
