"""helplines.toml, which holds more than rows.

Countries' names, emergency numbers, and what only the guide and editors read.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django.conf import settings

from articles.content_files.file_types import HELPLINES
from articles.content_files.files import ContentError, Entry, table_lines, tables_of

# How far a number was confirmed, whether the guide prints it, and an editor's remark: in the file
# alone, by its name and type.
FILE_ONLY = {"confidence": str, "in_guide": bool, "remark": str}


def helplines(file: Path) -> Iterator[Entry]:
    """Yield each helpline, with the name of its country."""
    countries, lines = _checked(file)
    places = [names for header, names in table_lines(file) if header == "helpline"]
    known: set[str] = set()
    nowhere: dict[str, int] = {}
    for values, names_at in zip_longest(lines, places[: len(lines)], fillvalue=nowhere):
        row = {name: value for name, value in values.items() if name not in {"id", *FILE_ONLY}}
        name = countries.get(values.get("country"))
        entry = Entry(file, str(values.get("id", "")), {"country_name": name} | row, names_at)
        if problem := _problem(values, entry, known):
            raise problem
        known.add(entry.key)
        yield entry


def file_only_fields(folder: Path) -> tuple[list[dict[str, str]], dict[str, dict[str, Any]]]:
    """Return what rows don't know.

    The emergency numbers, and by helpline the fields that are in the file alone.

    They are those of `folder`'s file or, where it has none, of the site's own.
    """
    folders = [item for item in (folder, settings.CONTENT_DIR) if _exists(item)]
    if not folders:
        return [], {}
    file = folders[0] / HELPLINES.path
    _, lines = _checked(file)
    beside: dict[str, dict[str, Any]] = {}
    for line in lines:
        beside[str(line.get("id"))] = {name: line[name] for name in FILE_ONLY if name in line}
    return tables_of(file).get("emergency", []), beside


def _exists(folder: Path) -> bool:
    return (folder / HELPLINES.path).is_file()


def _checked(file: Path) -> tuple[dict[Any, str], list[dict[str, Any]]]:
    """Return countries and helplines of a file that has the shape it should."""
    tables = tables_of(file)
    if unknown := set(tables) - {"countries", "emergency", "helpline"}:
        raise ContentError(f"{file}: unknown table {', '.join(sorted(unknown))}")
    countries, lines, emergency = (
        tables.get("countries", {}),
        tables.get("helpline", []),
        tables.get("emergency", []),
    )
    if not (isinstance(countries, dict) and _are_tables(lines) and _are_tables(emergency)):
        raise ContentError(f"{file}: its tables are [countries], [[emergency]] and [[helpline]]")
    if not all(set(line) == {"country", "number"} and _are_texts(line) for line in emergency):
        raise ContentError(f"{file}: [[emergency]]: needs country and number, and nothing else")
    return countries, lines


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _are_texts(table: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in table.values())


def _problem(values: dict[str, Any], entry: Entry, known: set[str]) -> ContentError | None:
    if not entry.key:
        return entry.error("a helpline needs an id")
    if entry.key in known:
        return entry.error("there are two helplines of this id")
    if not entry.values["country_name"]:
        return entry.error(
            f"unknown country {values.get('country')!r}; [countries] names them", "country"
        )
    wrong = [
        name
        for name, type_ in FILE_ONLY.items()
        if name in values and type(values[name]) is not type_
    ]
    kind = {bool: "true or false", str: "a text"}
    return entry.error(f"must be {kind[FILE_ONLY[wrong[0]]]}", wrong[0]) if wrong else None
