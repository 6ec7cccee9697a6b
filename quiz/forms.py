"""The quiz's form: set out for a page, and read back from a post."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from quiz.models import Question, Version
from quiz.scoring import NONE, SKIP

QUIET = {NONE: "None of these fits me", SKIP: "Skip this one"}


@dataclass(frozen=True)
class Answers:
    """What a reader ticked, by question. `doubtful` are questions with an answer that no form of ours could send."""

    given: Mapping[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """One radio button."""

    value: str
    text: str
    is_ticked: bool


@dataclass(frozen=True)
class Asked:
    """One question as the page shows it."""

    number: int
    total: int
    key: str
    stem: str
    choices: list[Choice]
    quiet_choices: list[Choice]
    is_doubtful: bool

    @property
    def is_first(self) -> bool:
        """Whether the instruction stands here."""
        return self.number == 1

    @property
    def is_halfway(self) -> bool:
        """Whether the first half lies behind the reader."""
        return self.total > 1 and self.number == self.total // 2 + 1


def find(data: QueryDict) -> Version | None:
    """Return the version of the 3-minute quiz that a posted form names, if readers have ever been shown it."""
    number = data.get("version", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 5):
        return None
    return Version.objects.answerable().whole().filter(quiz__slug="short", number=number).first()


def read(version: Version, data: QueryDict) -> Answers:
    """Read the answers to `version` from a post. Fields that the form doesn't have are left alone."""
    given, doubtful = {}, set()
    for question in version.questions.all():
        values = {value for value in data.getlist(question.key) if value}
        known = {*QUIET, *(option.key for option in question.options.all())}
        if len(values) > 1 or not values <= known:
            doubtful.add(question.key)
        elif values:
            given[question.key] = values.pop()
    return Answers(given, frozenset(doubtful))


def set_out(version: Version, answers: Answers | None = None) -> list[Asked]:
    """Return the questions of `version` for a page, with `answers` ticked."""
    answers = answers or Answers()
    questions = list(version.questions.all())
    return [
        Asked(
            number=number,
            total=len(questions),
            key=question.key,
            stem=question.stem,
            choices=list(_choices(question, answers.given.get(question.key))),
            quiet_choices=[
                Choice(value, text, answers.given.get(question.key) == value) for value, text in QUIET.items()
            ],
            is_doubtful=question.key in answers.doubtful,
        )
        for number, question in enumerate(questions, start=1)
    ]


def _choices(question: Question, ticked: str | None) -> Iterator[Choice]:
    for option in question.options.all():
        yield Choice(option.key, option.text, option.key == ticked)
