"""Tables: the rows of an uploaded file, whatever encoding and separator it has, a few at a time.

UTF-8 with or without its mark, UTF-16, and what old spreadsheets write (Windows-1252); separated by
comma, semicolon, tab or bar; with or without a line of names; or a list of objects in JSON.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

SEPARATORS = ",;\t|"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LONGEST_CELL = 100_000  # characters
NAMELESS = "column {}"  # how columns are called where no line names them
MAX_JSON = 100 << 20  # bytes: a JSON list is read as a whole

Pieces = Callable[[], Iterable[bytes]]  # the file from its beginning, as often as it is asked for


class UnreadableFile(ValueError):  # noqa: N818  said to who uploads
    """The file as a whole can't be read; the message says why."""


@dataclass
class Row:
    """One entry: the line on which it ends, and its cells by their columns' names in lower case."""

    line: int
    cells: dict[str, str]
    problem: str = ""


@dataclass
class Table:
    """A file's columns, and its rows from the first."""

    columns: list[str]
    rows: Iterator[Row]
    is_named: bool = True
    encoding: str = "utf-8"
    notes: list[str] = field(default_factory=list)


def open_table(pieces: Pieces) -> Table:
    """Open a file. Raises UnreadableFile."""
    encoding = _encoding(pieces)
    lines = _lines(pieces, encoding)
    first = next((line for line in lines if line.strip()), "")
    if "\0" in first:
        raise UnreadableFile("This file isn’t text. Save the table as CSV and choose that.")
    if first.lstrip()[:1] == "[":
        return _json(chain([first], lines), encoding)
    before = 0
    separator = ""
    if first.lower().startswith("sep="):
        separator, before = first.strip()[4:5] or ",", 1
        first = next(lines, "")
    separator = separator or max(SEPARATORS, key=_outside_quotes(first).count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(chain([first], lines), delimiter=separator)
    try:
        names = next(reader, [])
    except csv.Error:
        raise UnreadableFile("This file isn’t CSV that we can read.") from None
    is_named = not any("@" in name for name in names)
    columns = [name.strip().strip("\ufeff").lower() for name in names]
    given: Iterator[Row] = iter([])
    if not is_named:
        columns = [NAMELESS.format(number) for number in range(1, len(names) + 1)]
        given = iter([_row(1 + before, names, columns)])
    if not any(columns):
        raise UnreadableFile("There is nothing in this file.")
    return Table(columns, chain(given, _rows(reader, columns, before)), is_named, encoding)


def _encoding(pieces: Pieces) -> str:
    """Return the file's encoding: by its mark, or UTF-8 if the whole of it is, or Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for number, piece in enumerate(pieces()):
        if number == 0:
            for mark, encoding in MARKS.items():
                if piece.startswith(mark):
                    return encoding
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _lines(pieces: Pieces, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    for piece in pieces():
        rest += decoder.decode(piece)
        *whole, rest = rest.splitlines(keepends=True) or [""]
        if rest.endswith("\n"):
            whole, rest = [*whole, rest], ""
        yield from whole
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _rows(reader: Any, columns: list[str], before: int) -> Iterator[Row]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = "This line isn’t CSV that we can read."
            yield Row(reader.line_num + before, {}, message)
            continue
        if any(cell.strip() for cell in cells):
            yield _row(reader.line_num + before, cells, columns)


def _row(line: int, cells: list[str], columns: list[str]) -> Row:
    problem = ""
    if any(cell.strip() for cell in cells[len(columns) :]):
        problem = "It has more cells than the first line has names."
    values = [cell.strip() for cell in cells]
    return Row(line, dict(zip(columns, values, strict=False)), problem)


def _json(lines: Iterator[str], encoding: str) -> Table:
    text = "".join(lines)
    if len(text) > MAX_JSON:
        raise UnreadableFile("This file is too long for JSON. Take the list out as CSV.")
    try:
        entries = json.loads(text)
    except ValueError:
        raise UnreadableFile("This file isn’t JSON that we can read.") from None
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UnreadableFile("This file isn’t a list of people.")
    columns = [str(name).strip().lower() for name in entries[0]]
    rows = (
        Row(number, {str(name).strip().lower(): _cell(value) for name, value in entry.items()})
        for number, entry in enumerate(entries, start=1)
    )
    return Table(columns, rows, encoding=encoding)


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()
