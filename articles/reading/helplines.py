"""What the get-help page shows.

From the database or, when that can't answer, from the content folder.

The copy of the folder asks the database nothing, so that the numbers are there when everything else
is down.
"""

import logging
import tomllib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import frontmatter
from django.conf import settings
from django.db import Error

from articles.models import Helpline, Page
from prose import helpline_needs as needs
from trustsite.web.serving.fragments import remembered
from trustsite.web.smart_quotes import typeset

logger = logging.getLogger(__name__)


class NothingThereError(Exception):
    """The database holds no get-help page or no helpline."""


def page_context() -> dict[str, Any]:
    """Return what get_help.html shows.

    `is_copy` says that it comes from the folder, and so may be older.
    """
    try:
        return _from_database()
    except (Error, NothingThereError) as error:
        logger.warning(
            "The list of helplines was made from the content folder: %s.", type(error).__name__
        )
        return _from_folder()


# The needs a panel answers, the most wanted first.
PANEL_NEEDS = {"talk": ("crisis",), "violence": ("violence", "sexual-violence")}


def panels(kinds: Iterable[str]) -> list[dict[str, Any]]:
    """Return what crisis_panel.html shows above a search that names `kinds` of danger
    (crisis_words.py), the first first.
    """
    names = dict.fromkeys("violence" if kind == "violence" else "talk" for kind in kinds)
    if not names:
        return []
    context = page_context()
    return [
        {"name": name, "emergency": context["emergency"], "countries": _first(context, name)}
        for name in names
    ]


def _first(context: dict[str, Any], name: str) -> list[dict[str, Any]]:
    results = []
    for country in context["countries"]:
        lines = [line for group in country["groups"] for line in group["helplines"]]
        first = _first_of(lines, PANEL_NEEDS[name])
        results.append({"code": country["code"], "name": country["name"], "helplines": first})
    return [country for country in results if country["helplines"]]


def _first_of(lines: list[Helpline], wanted: Iterable[str]) -> list[Helpline]:
    """Return the first line for each need, in every part of the country; one for a crisis, or a
    directory, if there is none.
    """
    chosen = [line for need in wanted for line in _in_every_part(lines, need)]
    if "crisis" in wanted:
        chosen += [line for line in lines if line.sms and "crisis" in line.needs][:1]
    rest = [line for need in ("crisis", "directory") for line in _in_every_part(lines, need)]
    # By what they are: lines of the folder have no number to be told apart by.
    unique: list[Helpline] = []
    for line in chosen or rest[:1]:
        if line not in unique:
            unique.append(line)
    return unique


def _in_every_part(lines: list[Helpline], need: str) -> Iterator[Helpline]:
    covered: set[str] = set()
    for line in lines:
        places = set(needs.regions_of(line.region)) or {""}
        if need in line.needs[:1] and "" not in covered and places - covered:
            covered |= places
            yield line


def _from_database() -> dict[str, Any]:
    page, helplines = Page.objects.filter(slug="get-help").first(), list(Helpline.objects.all())
    if page is None or not helplines:
        raise NothingThereError
    return _set_out(page, helplines, is_copy=False)


def _from_folder() -> dict[str, Any]:
    post = frontmatter.loads((settings.CONTENT_DIR / "pages" / "get-help.md").read_text())
    page = Page(slug="get-help", body=post.content)
    for name, field in Page.FRONT_MATTER.items():
        setattr(page, field, post.metadata.get(name, ""))
    tables = _tables()
    helplines = [
        Helpline(country_name=tables["countries"][row["country"]], **_known(row))
        for row in tables["helpline"]
    ]
    for row in (page, *helplines):
        typeset(row, row.TYPESET)
    return _set_out(page, helplines, is_copy=True)


def emergency_numbers() -> list[dict[str, Any]]:
    """Return country and numbers of each emergency line, from the file.

    A page that needs them can't wait for a database.
    """
    lines = _tables()["emergency"]
    return [{"country": line["country"], "numbers": line["number"].split(" or ")} for line in lines]


@remembered
def _tables() -> dict[str, Any]:
    return tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Return what of a file's row the page shows; what else the file says is for loading it."""
    names = [field.name for field in Helpline._meta.fields if field.name != "id"]
    return {name: row[name] for name in names if name in row}


def _set_out(page: Page, helplines: list[Helpline], *, is_copy: bool) -> dict[str, Any]:
    countries = [
        {
            "code": code,
            "name": name,
            "groups": _grouped(lines),
            "holes": _listed(needs.holes(lines, code)),
        }
        for (code, name), lines in _by_country(helplines)
    ]
    return {
        "page": page,
        "emergency": emergency_numbers(),
        "countries": countries,
        "first": _first({"countries": countries}, "talk"),
        "unchecked": any(line.is_stale for line in helplines),
        "none_checked": not any(line.checked_on for line in helplines),
        "is_copy": is_copy,
    }


def _by_country(helplines: list[Helpline]) -> Iterator[tuple[tuple[str, str], list[Helpline]]]:
    for country, lines in groupby(helplines, key=lambda line: (line.country, line.country_name)):
        yield country, list(lines)


def _grouped(lines: list[Helpline]) -> list[dict[str, Any]]:
    """Return a country's lines under their headings, in the order of those."""
    groups = []
    for heading in needs.GROUPS:
        if group := [line for line in lines if line.group == heading]:
            groups.append({"heading": heading, "helplines": group})
    return groups


def _listed(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
