"""Content files of the quiz: its versions as TOML.

The folder content/quiz holds them; the admin imports and exports the same format.

`short.toml` is the first version of the 3-minute quiz, `short-v2.toml` its second. What is written
reads back as the same version, and is then written as the same bytes. A version that readers are no
longer shown says from when until when they were: `released`, `retired`. `ratings.toml` there is no
quiz: it says how the answers sound.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import ascii_lowercase
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from quiz.models import NotReadyError, Option, Question, Quiz, Rating, Version
from quiz.scoring.scoring import NONE, RESPONSES, SKIP

Part = TypeVar("Part", Question, Rating)
NUMBERED = re.compile(r"([a-z]+)-v([1-9]\d?)")
NO_QUIZ = "ratings.toml"
HEADER = """\
# {quiz}. Questions and options stand in the order readers see them. Over the whole quiz each response
# stands equally often in each of the four places, so that always choosing the same place leans nowhere.
# An option gives 3 points to one response, or 2 and 1 where a reaction has two sides.
"""
HEADER_WITH_CALM = """\
# {quiz}. Questions and options stand in the order readers see them. Over the whole quiz each response,
# and the calm answer, stands as often in one of the five places as in any other, as far as the numbers allow.
# An option gives 3 points to one response, or 2 and 1 where a reaction has two sides. A calm one gives none.
"""


class ContentError(Exception):
    """A quiz file that can't be loaded: which, and why."""


@transaction.atomic
def load(folder: Path) -> dict[str, int]:
    """Make the newest version of each quiz that has none so new. Return how many were made.

    Where a quiz has no version yet, readers are shown it. Where it has, they keep what they have:
    the new one is a draft, for an editor to try and to release.
    """
    loaded = sum(_load(*newest) for newest in newest_files(folder))
    return {"quiz versions": loaded + sum(_load_retired(*file) for file in _numbered(folder))}


def newest_files(folder: Path) -> list[tuple[Path, str, int]]:
    """Return the file of the newest version of each quiz in `folder`, with its slug and number."""
    newest: dict[str, tuple[Path, str, int]] = {}
    for file, slug, number in _numbered(folder):
        if slug not in newest or newest[slug][2] < number:
            newest[slug] = (file, slug, number)
    return list(newest.values())


def _numbered(folder: Path) -> Iterator[tuple[Path, str, int]]:
    """Yield each file of a version, with its quiz's slug and its number."""
    for file in sorted((folder / "quiz").glob("*.toml")):
        name = NUMBERED.fullmatch(file.stem)
        slug, number = (name[1], int(name[2])) if name else (file.stem, 1)
        if file.name != NO_QUIZ:
            yield file, slug, number


def newer_files(folder: Path) -> list[str]:
    """Return a line for each file that says otherwise than the version it names.

    A version that was live never changes, so such a file was changed and never loaded. One that
    doesn't know yet that its version was retired says nothing else.
    """
    lines = []
    for version in _exported():
        file = _file(folder, version)
        known = (write(version), write(version, is_dated=False))
        if file.exists() and file.read_text(encoding="utf-8") not in known:
            lines.append(f"{file}: “{file.stem}” was changed here and never loaded")
    return lines


def strays(folder: Path) -> list[Path]:
    """Return the files of `folder` that are of no version.

    One older than what this site has is what readers saw elsewhere, and stays.
    """
    versions = Version.objects.select_related("quiz")
    names = {_file(folder, version) for version in versions}
    newest = {version.quiz.slug: version.number for version in versions.order_by("number")}
    return [
        file
        for file, slug, number in _numbered(folder)
        if file not in names and number >= newest.get(slug, 0)
    ]


def export(folder: Path) -> list[Path]:
    """Write the versions that readers see or saw; return the files that differed."""
    written = []
    for version in _exported():
        file, text = _file(folder, version), write(version)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written


def _exported() -> list[Version]:
    released = Version.objects.released().select_related("quiz")
    return list(released.order_by("quiz__slug", "number"))


def _file(folder: Path, version: Version) -> Path:
    number = "" if version.number == 1 else f"-v{version.number}"
    return folder / "quiz" / f"{version.quiz.slug}{number}.toml"


def _load_retired(file: Path, slug: str, number: int) -> bool:
    """Bring back what readers were once shown, with its days, for no day of it can be made up."""
    if Version.objects.filter(quiz__slug=slug, number=number).exists():
        return False
    text = file.read_text(encoding="utf-8")
    try:
        days = _days(tomllib.loads(text))
        if not days:
            return False
        draft = read(slug, text, number)
    except (ContentError, ValueError) as error:
        raise ContentError(f"{file}: {error}") from error
    Version.objects.filter(pk=draft.pk).update(state=Version.State.RETIRED, **days)
    return True


def _days(tables: dict[str, Any]) -> dict[str, datetime]:
    """Return from when until when readers were shown a version; nothing for one that isn't retired."""
    if "retired" not in tables:
        return {}
    days = {"released_at": tables.get("released"), "retired_at": tables["retired"]}
    for day in days.values():
        if not isinstance(day, datetime) or day.tzinfo is None:
            raise ValueError("“released” and “retired” are moments with their time zone")
    if not days["released_at"] <= days["retired_at"] <= timezone.now():
        raise ValueError("“released” comes before “retired”, and both are past")
    return days


def _load(file: Path, slug: str, number: int) -> bool:
    existing = Version.objects.filter(quiz__slug=slug)
    if existing.filter(number__gte=number).exists():
        return False
    is_first, text = not existing.exists(), file.read_text(encoding="utf-8")
    try:
        if "retired" in tomllib.loads(text):
            return False
        draft = read(slug, text, number)
        if is_first:
            draft.release()
    except (ContentError, NotReadyError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"{file}: {error}") from error
    return True


@transaction.atomic
def read(slug: str, text: str, number: int | None = None) -> Version:
    """Make a draft of quiz `slug` from `text`, with the next number if none is given.

    The title in it counts for the first version alone: later ones share it.
    """
    try:
        return _make(slug, tomllib.loads(text), number)
    except ValidationError as error:
        raise ContentError("; ".join(error.messages)) from error
    except KeyError as error:
        raise ContentError(f"{error} is missing") from error
    except (tomllib.TOMLDecodeError, ValueError, TypeError, AttributeError) as error:
        raise ContentError(str(error)) from error


def copy(version: Version) -> Version:
    """Make a draft that holds what `version` holds."""
    return read(version.quiz.slug, write(version))


def _make(slug: str, tables: dict[str, Any], number: int | None) -> Version:
    quiz, _ = Quiz.objects.get_or_create(slug=slug, defaults={"title": tables["title"]})
    quiz.full_clean()
    version = Version(quiz=quiz, note=tables.get("note", ""))
    if number is not None:
        version.number = number
    version.clean_fields(exclude=["number"])
    version.save()
    questions = Question.objects.bulk_create(_questions(version, tables["question"]))
    options: list[Option] = []
    for question, values in zip(questions, tables["question"], strict=True):
        options.extend(_options(question, values["option"]))
    Option.objects.bulk_create(options)
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
    counts = Counter(part.key for part in parts)
    repeated = sorted(key for key, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(f"{', '.join(repeated)} stands there twice")
    return parts


def _options(question: Question, tables: list[dict[str, Any]]) -> list[Option]:
    """Return the options of `question`; one without a key is called a, b, c … by its position."""
    options = []
    taken = {NONE, SKIP}
    for position, (letter, values) in enumerate(zip(ascii_lowercase, tables, strict=False)):
        option = _option(question, position, {"key": letter, **values})
        if option.key in taken:
            raise ValueError(f"{question.key}: an option can't be called “{option.key}”")
        taken.add(option.key)
        option.clean_fields()
        options.append(option)
    return options


def _option(question: Question, position: int, values: dict[str, Any]) -> Option:
    calm = values.get("calm", False)
    weights = values.get("weights", {}) if calm else values["weights"]
    if unknown := set(weights) - set(RESPONSES):
        raise ValueError(f"{question.key}: unknown response {', '.join(sorted(unknown))}")
    if calm and any(weights.values()):
        raise ValueError(f"{question.key}: a calm answer gives no points")
    return Option(
        question=question,
        key=values["key"],
        position=position,
        text=values["text"],
        calm=calm,
        **weights,
    )


def write(version: Version, *, is_dated: bool = True) -> str:
    """Return `version` as TOML, with the days of one that is retired when `is_dated`."""
    has_calm = Option.objects.filter(question__version=version, calm=True).exists()
    header = HEADER_WITH_CALM if has_calm else HEADER
    head = [header.format(quiz=version.quiz), f"title = {_quoted(version.quiz.title)}"]
    if version.note:
        head.append(f"note = {_quoted(version.note)}")
    if is_dated and version.released_at and version.retired_at:
        head.append(f"released = {version.released_at.astimezone(UTC).isoformat()}")
        head.append(f"retired = {version.retired_at.astimezone(UTC).isoformat()}")
    tables: list[str] = []
    for question in version.questions.prefetch_related("options"):
        tables.extend(_question(question))
    tables.extend(map(_rating, version.ratings.all()))
    return "\n".join(head) + "\n\n" + "\n\n".join(tables) + "\n"


def _question(question: Question) -> Iterator[str]:
    context = f"context = {_quoted(question.context)}\n" if question.context else ""
    yield f"[[question]]\nid = {_quoted(question.key)}\n{context}stem = {_quoted(question.stem)}"
    for letter, option in zip(ascii_lowercase, question.options.all(), strict=False):
        key = "" if option.key == letter else f"key = {_quoted(option.key)}\n"
        weights = ", ".join(f"{name} = {points}" for name, points in option.points)
        gives = "calm = true" if option.calm else f"weights = {{ {weights} }}"
        yield f"[[question.option]]\n{key}text = {_quoted(option.text)}\n{gives}"


def _rating(rating: Rating) -> str:
    reverse = str(rating.reverse).lower()
    key, text = _quoted(rating.key), _quoted(rating.text)
    return f"[[rating]]\nid = {key}\ntext = {text}\nreverse = {reverse}"


def _quoted(text: str) -> str:
    """Quote `text` for TOML, whose escapes are JSON's; but DEL has to be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
