"""Files: markdown and TOML as entries, name by name, each with the line it stands on."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BEGIN = ""  # the name under which an entry's `lines` keep where it begins
# The fast one, where there is a wheel of it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FRONT = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class ContentError(Exception):
    """What can't be loaded or written: which files, where in them, and why, a line each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Entry:
    """What a file says of one row, by the file's names; `lines` has the line of each and of BEGIN."""

    file: Path
    key: str
    values: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)

    def problem(self, reason: str, name: str = BEGIN, line: int = 0) -> str:
        """Return a sentence that names the file, the line where it is known, the row and the
        reason.
        """
        line = line or self.lines.get(name) or self.lines.get(BEGIN) or 0
        where = f"{self.file}, line {line}" if line else str(self.file)
        row = "" if self.key == self.file.stem else self.key
        return ": ".join(part for part in (where, row, name, reason) if part)

    def error(self, reason: str, name: str = BEGIN) -> ContentError:
        """Return `problem` as something to raise."""
        return ContentError(self.problem(reason, name))


def text_of(file: Path) -> str:
    """Return a file's text with plain line ends."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{file}: {error}") from error


def tables_of(file: Path) -> dict[str, Any]:
    """Return what a TOML file says. Its errors name the line themselves."""
    try:
        return tomllib.loads(text_of(file))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{file}: {error}") from error


def table_lines(file: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the header of each table of a TOML file, and the lines where it and its names begin."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if header := re.match(r"\[++\s*+\"?([^\]\"]++)\"?\s*+\]", line):
            lines = {BEGIN: number}
            yield header[1].strip(), lines
        elif name := re.match(r"([\w-]+)\s*=", line):
            lines.setdefault(name[1], number)


def tables(file: Path) -> Iterator[Entry]:
    """Yield what a TOML file says below each [key]."""
    lines = dict(table_lines(file))
    for key, values in tables_of(file).items():
        if not isinstance(values, dict):
            raise ContentError(f"{file}: {key}: must be a table, [{key}] with its lines below it")
        yield Entry(file, key, values, lines.get(key, {}))


def markdown(file: Path) -> Entry:
    """Return what a markdown file says in its front matter, and its text as `body`."""
    text = text_of(file)
    front = _FRONT.match(text)
    if not front:
        raise ContentError(f"{file}, line 1: it must begin with its facts between two lines of ---")
    values, lines = _front_matter(file, front[1])
    if "body" in values:
        raise ContentError(
            f"{file}, line {lines['body']}: body: the text stands below the second line of ---"
        )
    body = text[front.end() :]
    lines["body"] = text[: len(text) - len(body.lstrip())].count("\n") + 1
    return Entry(file, file.stem, {**values, "body": body.strip()}, lines)


def _front_matter(file: Path, front: str) -> tuple[dict[str, Any], dict[str, int]]:
    """Return what front matter says, and on which line of the file."""
    loader = _Loader(front)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ContentError(
                f"{file}, line 2: between the lines of --- stand facts such as “title: A title”"
            )
        lines: dict[str, int] = {}
        for name, _ in node.value:
            line = name.start_mark.line + 2
            if lines.setdefault(str(name.value), line) != line:
                raise ContentError(f"{file}, line {line}: {name.value}: stands there twice")
        return {str(name): value for name, value in loader.construct_document(node).items()}, lines
    except yaml.MarkedYAMLError as error:
        where = f"{file}, line {error.problem_mark.line + 2}" if error.problem_mark else str(file)
        raise ContentError(f"{where}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(f"{file}: {error}") from error
