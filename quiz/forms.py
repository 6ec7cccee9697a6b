"""Form of the quiz: its questions for a page, and the answers of a post.

Answers to one version can be migrated to another, as from the 3-minute quiz to the longer one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from prose.document import trusted
from quiz.models import Question, Rating, Version
from quiz.scoring.scoring import NONE, SKIP

MAX_HIDDEN_FIELDS = 512  # of two quizzes with two versions each
OPT_OUTS = {NONE: "None of these fits me", SKIP: "Skip this one"}
SCALE = {
    "0": "Not at all like me",
    "1": "A little like me",
    "2": "Somewhat like me",
    "3": "Mostly like me",
    "4": "Very much like me",
}
Fields = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Answers:
    """Answers of a reader, by question or rating.

    `invalid` are the questions with an answer that no form of ours could send.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    invalid: frozenset[str] = frozenset()

    def ratings(self, version: Version) -> dict[str, int]:
        """Return the answers to the ratings of `version` as numbers."""
        ratings = {}
        for rating in version.ratings.all():
            value = self.given.get(rating.key, "")
            if value in SCALE:
                ratings[rating.key] = int(value)
        return ratings


@dataclass(frozen=True)
class Choice:
    """One radio button."""

    value: str
    text: str
    is_ticked: bool


@dataclass(frozen=True)
class QuestionView:
    """A question or rating as the page shows it.

    In the longer quiz, what was answered on the short form has no number: 0.
    """

    number: int
    total: int
    key: str
    stem: str
    choices: list[Choice]
    opt_out_choices: list[Choice]
    is_invalid: bool
    is_rating: bool

    @property
    def is_halfway(self) -> bool:
        """Whether the first half lies behind the reader."""
        return self.total > 1 and self.number == self.total // 2 + 1


def fields(version: Version) -> Fields:
    """Return the fields that the form of `version` has, each with the values that it can send."""
    parts = _parts(version)
    return {part.key: frozenset({*_options(part), *_opt_outs(part)}) for part in parts}


def read(known: Fields, data: QueryDict) -> Answers:
    """Read the answers to a form with these fields from a post. Other fields are left alone."""
    given, invalid = {}, set()
    for key, allowed in known.items():
        values = set(filter(None, data.getlist(key)))
        if len(values) > 1 or not values <= allowed:
            invalid.add(key)
        elif values:
            given[key] = values.pop()
    return Answers(given, frozenset(invalid))


def hidden_fields(answers: Answers) -> SafeString:
    """Return the answers as hidden fields."""
    return trusted("".join(_hidden_field(*answer) for answer in answers.given.items()))


@lru_cache(MAX_HIDDEN_FIELDS)
def _hidden_field(name: str, value: str) -> SafeString:
    """Return one field with one of its values: what could be answered, not what somebody did."""
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)


def migrate_answers(old: Version, new: Version, answers: Answers) -> Answers:
    """Return `answers` to `old` as answers to `new`.

    Those stay whose question is the same in both and has an option of the same words.
    """
    old_options = {(part.key, _stem(part)): _options(part) for part in _parts(old)}
    given = {}
    for part in _parts(new):
        value = answers.given.get(part.key, "")
        options = old_options.get((part.key, _stem(part)), {})
        keys_by_text = {text: key for key, text in _options(part).items()}
        if value in _opt_outs(part) and options:
            given[part.key] = value
        elif options.get(value) in keys_by_text:
            given[part.key] = keys_by_text[options[value]]
    return Answers(given)


def question_list(version: Version, answers: Answers | None = None) -> list[QuestionView]:
    """Return the questions and ratings of `version` for a page, with `answers` ticked."""
    return _numbered(_parts(version), answers or Answers())


def open_and_answered(
    version: Version, answers: Answers
) -> tuple[list[QuestionView], list[QuestionView]]:
    """Return what `answers` leaves open, and after it what is answered already, ticked."""
    open_parts: list[Question | Rating] = []
    answered = []
    for part in _parts(version):
        if part.key in answers.given:
            answered.append(_question_view(part, answers, 0, 0))
        else:
            open_parts.append(part)
    return _numbered(open_parts, answers), answered


def _parts(version: Version) -> list[Question | Rating]:
    return [*version.questions.all(), *version.ratings.all()]


def _numbered(parts: Sequence[Question | Rating], answers: Answers) -> list[QuestionView]:
    total = len(parts)
    return [_question_view(part, answers, number, total) for number, part in enumerate(parts, 1)]


def _question_view(
    part: Question | Rating, answers: Answers, number: int, total: int
) -> QuestionView:
    ticked = answers.given.get(part.key)
    return QuestionView(
        number=number,
        total=total,
        key=part.key,
        stem=_stem(part),
        choices=_radio_buttons(_options(part), ticked),
        opt_out_choices=_radio_buttons(_opt_outs(part), ticked),
        is_invalid=part.key in answers.invalid,
        is_rating=isinstance(part, Rating),
    )


def _radio_buttons(options: Mapping[str, str], ticked: str | None) -> list[Choice]:
    return [Choice(value, text, value == ticked) for value, text in options.items()]


def _stem(part: Question | Rating) -> str:
    return part.text if isinstance(part, Rating) else part.stem


def _options(part: Question | Rating) -> Mapping[str, str]:
    if isinstance(part, Rating):
        return SCALE
    return {option.key: option.text for option in part.options.all()}


def _opt_outs(part: Question | Rating) -> Mapping[str, str]:
    return {SKIP: OPT_OUTS[SKIP]} if isinstance(part, Rating) else OPT_OUTS
