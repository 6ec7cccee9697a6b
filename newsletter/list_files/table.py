"""Tables: the rows of an uploaded file, whatever encoding and separator it has, a few at a time.

UTF-8 with or without its mark, UTF-16, and what old spreadsheets write (Windows-1252); separated by
comma, semicolon, tab or bar; with or without a line of names; or a list of objects in JSON.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

SEPARATORS = ",;\t|"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LONGEST_CELL = 100_000  # characters
LONGEST_LINE = 1_000_000
NAMELESS = "column {}"  # how columns are called where no line names them
LOOKED_AT = 1000  # entries of a JSON list whose names are its columns
LONGEST_START = 500
# What a list in JSON begins with: services put theirs into an object.
JSON_START = re.compile(r'\s*(?:\{\s*"[^"]{1,100}"\s*:\s*)?\[')
BETWEEN = re.compile(r"[\s,]*")

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


def open_table(pieces: Pieces) -> Table:
    """Open a file. Raises UnreadableFile."""
    encoding = _encoding(pieces)
    texts = _texts(pieces, encoding)
    beginning = next((text for text in texts if text.strip()), "")
    if "\0" in beginning:
        raise UnreadableFile(
            "This file isn’t text. Save the table as CSV (“comma separated”) and choose that."
        )
    if beginning.lstrip()[:1] in {"[", "{"}:
        return _json(chain([beginning], texts))
    return _csv(_lines(chain([beginning], texts)))


def _encoding(pieces: Pieces) -> str:
    """Return the file's encoding: by its mark, or UTF-8 if the whole of it is, or Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for number, piece in enumerate(pieces()):
        if number == 0 and (named := _by_beginning(piece)):
            return named
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _by_beginning(piece: bytes) -> str:
    """Return the encoding that a file's first bytes tell; empty when they don't."""
    for mark, encoding in MARKS.items():
        if piece.startswith(mark):
            return encoding
    even, odd = piece[0:8:2], piece[1:8:2]  # UTF-16 without its mark: every other byte is empty
    if len(odd) > 1 and not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if len(odd) > 1 and not any(even) and all(odd) else ""


def _texts(pieces: Pieces, encoding: str) -> Iterator[str]:
    """Yield the file as text in which each line ends the same way."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    ends = io.IncrementalNewlineDecoder(decoder, translate=True)
    for piece in chain(pieces(), [b""]):
        text = ends.decode(piece, final=not piece)  # type: ignore[arg-type]
        if text:
            yield text


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield the lines. One without an end is cut, and no row can be made of it."""
    parts: list[str] = []
    length = 0
    for text in texts:
        first, *others = text.split("\n")
        parts.append(first)
        length += len(first)
        if others:
            yield "".join(parts) + "\n"
            yield from (line + "\n" for line in others[:-1])
            parts, length = [others[-1]], len(others[-1])
        elif length > LONGEST_LINE:
            yield "".join(parts)
            parts, length = [], 0
    if length:
        yield "".join(parts)


# -- CSV ---------------------------------------------------------------------------------------------


def _csv(lines: Iterator[str]) -> Table:
    first = next((line for line in lines if line.strip()), "")
    before = 0
    separator = ""
    if first.lower().startswith("sep="):
        separator, before = first.strip("\n")[4:5] or ",", 1
        first = next(lines, "")
    separator = separator or max(SEPARATORS, key=_outside_quotes(first).count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(chain([first], lines), delimiter=separator)
    try:
        names = next(reader, [])
    except csv.Error:
        raise UnreadableFile("This file isn’t CSV that we can read.") from None
    if not any(name.strip() for name in names):
        raise UnreadableFile("There is nothing in this file.")
    if any("@" in name for name in names):
        columns = [NAMELESS.format(number) for number in range(1, len(names) + 1)]
        given = [_row(1 + before, names, columns)]
        return Table(columns, chain(given, _rows(reader, columns, before)), is_named=False)
    columns = _once([name.strip().strip("\ufeff").lower() for name in names])
    return Table(columns, _rows(reader, columns, before))


def _once(names: list[str]) -> list[str]:
    """Return names of which none comes twice, so that no cell hides another."""
    counts: dict[str, int] = {}
    unique = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        unique.append(f"{name} ({counts[name]})" if counts[name] > 1 and name else name)
    return unique


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _rows(reader: Any, columns: list[str], before: int) -> Iterator[Row]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = "A cell before this line has no end: a quotation mark isn’t closed."
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


# -- JSON --------------------------------------------------------------------------------------------


def _json(texts: Iterator[str]) -> Table:
    entries = _entries(texts)
    beginning = list(islice(entries, LOOKED_AT))
    if not beginning:
        raise UnreadableFile("This file isn’t a list of people.")
    columns = list(dict.fromkeys(name for entry in beginning for name in entry))
    known = set(columns)
    rows = (
        Row(
            number,
            entry,
            "" if entry.keys() <= known else "It has a name that no entry had so far.",
        )
        for number, entry in enumerate(chain(beginning, entries), start=1)
    )
    return Table(columns, rows)


def _entries(texts: Iterator[str]) -> Iterator[dict[str, str]]:
    """Yield the objects of a list, of which no more than one is ever read ahead of."""
    rest = ""
    while len(rest) < LONGEST_START and (more := next(texts, "")):
        rest += more
    start = JSON_START.match(rest)
    if not start:
        raise UnreadableFile("This file isn’t a list of people.")
    at, decoder = start.end(), json.JSONDecoder()
    while True:
        at = _after(BETWEEN, rest, at)
        try:
            entry, at = decoder.raw_decode(rest, at)
        except (ValueError, RecursionError):
            if rest[at : at + 1] == "]":
                return
            more = next(texts, "")
            if not more or len(rest) - at > LONGEST_LINE:
                raise UnreadableFile("This file isn’t JSON that we can read.") from None
            rest, at = rest[at:] + more, 0
            continue
        if not isinstance(entry, dict):
            raise UnreadableFile("This file isn’t a list of people.")
        yield {str(name).strip().lower(): _cell(value) for name, value in entry.items()}


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()
