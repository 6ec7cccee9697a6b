"""Quiz versions as TOML: content/quiz/*.toml is the first version of each; the admin reads and writes the same format.

What is written reads back as the same version, and is then written as the same bytes.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from quiz.models import NotReadyError, Option, Question, Quiz, Rating, Version
from quiz.scoring.scoring import NONE, RESPONSES, SKIP

Part = TypeVar("Part", Question, Rating)
HEADER = """\
# {quiz}. Questions and options stand in the order readers see them. Over the whole quiz each response
# stands equally often in each of the four places, so that always choosing the same place leans nowhere.
# An option gives 3 points to one response, or 2 and 1 where a reaction has two sides.
"""


class ContentError(Exception):
    """A quiz file that can't be loaded: which, and why."""


@transaction.atomic
def load(folder: Path) -> dict[str, int]:
    """Make version 1 of each quiz that has no version, and show it to readers. Return how many versions were made."""
    return {"quiz versions": sum(_load(file) for file in sorted((folder / "quiz").glob("*.toml")))}


def _load(file: Path) -> bool:
    if Version.objects.filter(quiz__slug=file.stem).exists():
        return False
    try:
        read(file.stem, file.read_text()).release()
    except (ContentError, NotReadyError) as error:
        raise ContentError(f"{file}: {error}") from error
    return True


@transaction.atomic
def read(slug: str, text: str) -> Version:
    """Make a draft of quiz `slug` from `text`. The title in it counts for the first version alone: later ones share it."""
    try:
        return _make(slug, tomllib.loads(text))
    except ValidationError as error:
        raise ContentError("; ".join(error.messages)) from error
    except KeyError as error:
        raise ContentError(f"{error} is missing") from error
    except (tomllib.TOMLDecodeError, ValueError, TypeError, AttributeError) as error:
        raise ContentError(str(error)) from error


def copy(version: Version) -> Version:
    """Make a draft that holds what `version` holds."""
    return read(version.quiz.slug, write(version))


def _make(slug: str, tables: dict[str, Any]) -> Version:
    quiz, _ = Quiz.objects.get_or_create(slug=slug, defaults={"title": tables["title"]})
    quiz.full_clean()
    version = Version(quiz=quiz, note=tables.get("note", ""))
    version.clean_fields(exclude=["number"])
    version.save()
    questions = Question.objects.bulk_create(_questions(version, tables["question"]))
    answers = zip(questions, tables["question"], strict=True)
    Option.objects.bulk_create(
        option for question, values in answers for option in _options(question, values["option"])
    )
    Rating.objects.bulk_create(_ratings(version, tables.get("rating", [])))
    return version


def _questions(version: Version, tables: list[dict[str, Any]]) -> list[Question]:
    questions = [
        Question(
            version=version,
            key=values["id"],
            position=position,
            context=values.get("context", ""),
            stem=values["stem"],
        )
        for position, values in enumerate(tables)
    ]
    return _checked(questions)


def _ratings(version: Version, tables: list[dict[str, Any]]) -> list[Rating]:
    ratings = [
        Rating(
            version=version,
            key=values["id"],
            position=position,
            text=values["text"],
            reverse=values["reverse"],
        )
        for position, values in enumerate(tables)
    ]
    return _checked(ratings)


def _checked(parts: list[Part]) -> list[Part]:
    """Return `parts` of one version if each is valid and none has another's key."""
    for part in parts:
        part.clean_fields()
    twice = {part.key for part in parts if sum(other.key == part.key for other in parts) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))} stands there twice")
    return parts


def _options(question: Question, tables: list[dict[str, Any]]) -> list[Option]:
    """Return the options of `question`; one without a key is called a, b, c … by its place."""
    options: list[Option] = []
    for position, (letter, values) in enumerate(zip(ascii_lowercase, tables, strict=False)):
        key, weights = values.get("key", letter), values["weights"]
        if key in {NONE, SKIP} or key in {option.key for option in options}:
            raise ValueError(f"{question.key}: an option can't be called “{key}”")
        if unknown := set(weights) - set(RESPONSES):
            raise ValueError(f"{question.key}: unknown response {', '.join(sorted(unknown))}")
        option = Option(
            question=question, key=key, position=position, text=values["text"], **weights
        )
        option.clean_fields()
        options.append(option)
    return options


def write(version: Version) -> str:
    """Return `version` as TOML."""
    head = [HEADER.format(quiz=version.quiz), f"title = {_quoted(version.quiz.title)}"]
    if version.note:
        head.append(f"note = {_quoted(version.note)}")
    questions = version.questions.prefetch_related("options")
    tables = [
        *(line for question in questions for line in _question(question)),
        *map(_rating, version.ratings.all()),
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(tables) + "\n"


def _question(question: Question) -> Iterator[str]:
    context = f"context = {_quoted(question.context)}\n" if question.context else ""
    yield f"[[question]]\nid = {_quoted(question.key)}\n{context}stem = {_quoted(question.stem)}"
    for letter, option in zip(ascii_lowercase, question.options.all(), strict=False):
        key = "" if option.key == letter else f"key = {_quoted(option.key)}\n"
        weights = ", ".join(f"{name} = {points}" for name, points in option.given)
        yield f"[[question.option]]\n{key}text = {_quoted(option.text)}\nweights = {{ {weights} }}"


def _rating(rating: Rating) -> str:
    reverse = str(rating.reverse).lower()
    return f"[[rating]]\nid = {_quoted(rating.key)}\ntext = {_quoted(rating.text)}\nreverse = {reverse}"


def _quoted(text: str) -> str:
    """Quote `text` for TOML, whose escapes are JSON's; but DEL has to be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
