"""The quiz's form: set out for a page, read back from a post, and carried from the short form to the longer one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from quiz.models import Question, Rating, Version
from quiz.scoring.scoring import NONE, SKIP

QUIET = {NONE: "None of these fits me", SKIP: "Skip this one"}
SCALE = {
    "0": "Not at all like me",
    "1": "A little like me",
    "2": "Somewhat like me",
    "3": "Mostly like me",
    "4": "Very much like me",
}


@dataclass(frozen=True)
class Answers:
    """What a reader ticked, by question or rating. `doubtful` are those with an answer that no form of ours could send."""

    given: Mapping[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()

    def ratings(self, version: Version) -> dict[str, int]:
        """Return the answers to the ratings of `version` as numbers."""
        keys = {rating.key for rating in version.ratings.all()}
        return {
            key: int(value) for key, value in self.given.items() if key in keys and value in SCALE
        }


@dataclass(frozen=True)
class Choice:
    """One radio button."""

    value: str
    text: str
    is_ticked: bool


@dataclass(frozen=True)
class Asked:
    """One question or rating as the page shows it. What was answered on the short form has no number in the longer one."""

    number: int
    total: int
    key: str
    stem: str
    choices: list[Choice]
    quiet_choices: list[Choice]
    is_doubtful: bool
    is_rating: bool

    @property
    def is_first(self) -> bool:
        """Whether the instruction stands here."""
        return self.number == 1 and not self.is_rating

    @property
    def is_halfway(self) -> bool:
        """Whether the first half lies behind the reader."""
        return self.total > 1 and self.number == self.total // 2 + 1


def read(version: Version, data: QueryDict) -> Answers:
    """Read the answers to `version` from a post. Fields that the form doesn't have are left alone."""
    given, doubtful = {}, set()
    for part in _parts(version):
        values = {value for value in data.getlist(part.key) if value}
        if len(values) > 1 or not values <= {*_choices(part), *_quiet(part)}:
            doubtful.add(part.key)
        elif values:
            given[part.key] = values.pop()
    return Answers(given, frozenset(doubtful))


def carry(old: Version, new: Version, answers: Answers) -> Answers:
    """Return `answers` to `old` as answers to `new`, where both have the same question and an option of the same words."""
    before = {(part.key, _stem(part)): _choices(part) for part in _parts(old)}
    given = {}
    for part in _parts(new):
        value, options = answers.given.get(part.key, ""), before.get((part.key, _stem(part)), {})
        same = {text: key for key, text in _choices(part).items()}
        if value in _quiet(part) and options:
            given[part.key] = value
        elif options.get(value) in same:
            given[part.key] = same[options[value]]
    return Answers(given)


def set_out(version: Version, answers: Answers | None = None) -> list[Asked]:
    """Return the questions and ratings of `version` for a page, with `answers` ticked."""
    return _numbered(_parts(version), answers or Answers())


def set_out_rest(version: Version, answers: Answers) -> tuple[list[Asked], list[Asked]]:
    """Return what `answers` leaves open, and after it what is answered already, ticked."""
    parts = _parts(version)
    rest = _numbered([part for part in parts if part.key not in answers.given], answers)
    return rest, [_asked(part, answers, 0, 0) for part in parts if part.key in answers.given]


def _parts(version: Version) -> list[Question | Rating]:
    return [*version.questions.all(), *version.ratings.all()]


def _numbered(parts: Iterable[Question | Rating], answers: Answers) -> list[Asked]:
    parts = list(parts)
    return [_asked(part, answers, number, len(parts)) for number, part in enumerate(parts, start=1)]


def _asked(part: Question | Rating, answers: Answers, number: int, total: int) -> Asked:
    ticked = answers.given.get(part.key)
    choices, quiet = (
        [Choice(value, text, value == ticked) for value, text in options.items()]
        for options in (_choices(part), _quiet(part))
    )
    return Asked(
        number,
        total,
        part.key,
        _stem(part),
        choices,
        quiet,
        part.key in answers.doubtful,
        isinstance(part, Rating),
    )


def _stem(part: Question | Rating) -> str:
    return part.text if isinstance(part, Rating) else part.stem


def _choices(part: Question | Rating) -> Mapping[str, str]:
    return (
        SCALE
        if isinstance(part, Rating)
        else {option.key: option.text for option in part.options.all()}
    )


def _quiet(part: Question | Rating) -> Mapping[str, str]:
    return {SKIP: QUIET[SKIP]} if isinstance(part, Rating) else QUIET
