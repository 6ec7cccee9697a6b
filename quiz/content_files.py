"""The way of content/quiz/*.toml into the database: the first version of each quiz. Later ones are made in the admin."""

import tomllib
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from quiz.models import Option, Question, Quiz, Rating, Version
from quiz.scoring import NONE, RESPONSES, SKIP


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
        tables = tomllib.loads(file.read_text())
        _write(file.stem, tables)
    except ValidationError as error:
        raise ContentError(f"{file}: {'; '.join(error.messages)}") from error
    except KeyError as error:
        raise ContentError(f"{file}: {error} is missing") from error
    except (tomllib.TOMLDecodeError, ValueError, TypeError, AttributeError) as error:
        raise ContentError(f"{file}: {error}") from error
    return True


def _write(slug: str, tables: dict[str, Any]) -> None:
    quiz, _ = Quiz.objects.get_or_create(slug=slug, defaults={"title": tables["title"]})
    quiz.full_clean()
    version = Version.objects.create(quiz=quiz, number=1)
    for position, values in enumerate(tables["question"]):
        question = Question(
            version=version, key=values["id"], position=position, context=values.get("context", ""), stem=values["stem"]
        )
        question.full_clean()
        question.save()
        Option.objects.bulk_create(_options(question, values["option"]))
    for position, values in enumerate(tables.get("rating", [])):
        rating = Rating(
            version=version, key=values["id"], position=position, text=values["text"], reverse=values["reverse"]
        )
        rating.full_clean()
        rating.save()
    version.release()


def _options(question: Question, tables: list[dict[str, Any]]) -> list[Option]:
    """Return the options of `question`; one without a key is called a, b, c … by its place."""
    options: list[Option] = []
    for position, (letter, values) in enumerate(zip(ascii_lowercase, tables, strict=False)):
        key, weights = values.get("key", letter), values["weights"]
        if key in {NONE, SKIP} or key in {option.key for option in options}:
            raise ValueError(f"{question.key}: an option can't be called “{key}”")
        if unknown := set(weights) - set(RESPONSES):
            raise ValueError(f"{question.key}: unknown response {', '.join(sorted(unknown))}")
        option = Option(question=question, key=key, position=position, text=values["text"], **weights)
        option.clean_fields()
        options.append(option)
    return options
