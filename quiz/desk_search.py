"""What the desk's search finds of the quiz: its questions and answers, in the version they are of."""

from collections.abc import Iterator, Sequence
from typing import Any

from quiz.models import Option, Question
from trustsite.desk.find import Group, Hit, group
from trustsite.desk.rows import change_url


def find(words: Sequence[str], user: Any) -> Iterator[Group]:
    """Yield questions and answers that `user` may see."""
    if not user.has_perm("quiz.view_version"):
        return
    questions = Question.objects.select_related("version__quiz")
    yield group("Questions of the quiz", questions, words, ("stem", "context"), _question)
    options = Option.objects.select_related("question__version__quiz")
    yield group("Answers of the quiz", options, words, ("text",), _option)


def _question(row: Question) -> Hit:
    return Hit(row.stem, str(row.version), change_url(row.version))


def _option(row: Option) -> Hit:
    version = row.question.version
    return Hit(row.text, f"{version}: {row.question.stem}"[:160], change_url(version))
