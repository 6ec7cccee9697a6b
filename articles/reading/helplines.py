"""What the get-help page shows: from the database or, when that can't answer, from the content folder.

The copy of the folder asks the database nothing, so that the numbers are there when everything else is down.
"""

import logging
import tomllib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import frontmatter
from django.conf import settings
from django.db import Error

from articles.content_files import emergency_numbers
from articles.models import Helpline, Page
from trustsite.web.smart_quotes import typeset

logger = logging.getLogger(__name__)


class NothingThereError(Exception):
    """The database holds no get-help page or no helpline."""


def page_context() -> dict[str, Any]:
    """Return what get_help.html shows. `is_copy` says that it comes from the folder, and so may be older."""
    try:
        return _from_database()
    except (Error, NothingThereError) as error:
        logger.warning(
            "The list of helplines was made from the content folder: %s.", type(error).__name__
        )
        return _from_folder()


# What stands first for each country, by the kinds of helpline: the first that there is of each group.
FIRST_LINES = {
    "talk": (("listen", "urgent"), ("text",), ("directory",)),
    "violence": (("violence", "listen", "urgent"), ("sexual-violence",), ("directory",)),
}


def panels(kinds: Iterable[str]) -> list[dict[str, Any]]:
    """Return what crisis_panel.html shows above a search that names `kinds` of danger (crisis_words.py), the first first."""
    names = dict.fromkeys("violence" if kind == "violence" else "talk" for kind in kinds)
    if not names:
        return []
    context = page_context()
    return [
        {"name": name, "emergency": context["emergency"], "countries": _first(context, name)}
        for name in names
    ]


def _first(context: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = []
    for country in context["countries"]:
        if lines := list(_first_of(country["helplines"], FIRST_LINES[name])):
            found.append({"name": country["name"], "helplines": lines})
    return found


def _first_of(helplines: list[Helpline], groups: Iterable[tuple[str, ...]]) -> Iterator[Helpline]:
    for group in groups:
        ranked = sorted(
            (line for line in helplines if line.kind in group),
            key=lambda line: group.index(line.kind),
        )
        yield from ranked[:1]


def _from_database() -> dict[str, Any]:
    page, helplines = Page.objects.filter(slug="get-help").first(), list(Helpline.objects.all())
    if page is None or not helplines:
        raise NothingThereError
    return _set_out(page, helplines, is_copy=False)


def _from_folder() -> dict[str, Any]:
    post = frontmatter.loads((settings.CONTENT_DIR / "pages" / "get-help.md").read_text())
    page = Page(slug="get-help", body=post.content, **_known(Page, post.metadata))
    tables = tomllib.loads((settings.CONTENT_DIR / "helplines.toml").read_text())
    helplines = [
        Helpline(country_name=tables["countries"][row["country"]], **_known(Helpline, row))
        for row in tables["helpline"]
    ]
    for row in (page, *helplines):
        typeset(row, row.TYPESET)
    return _set_out(page, helplines, is_copy=True)


def _known(model: type[Page] | type[Helpline], row: dict[str, Any]) -> dict[str, Any]:
    """Return what of a file's row the page shows; what else the file says is for loading it."""
    return {
        name: row[name]
        for name in {field.name for field in model._meta.fields} - {"id"}
        if name in row
    }


def _set_out(page: Page, helplines: list[Helpline], *, is_copy: bool) -> dict[str, Any]:
    countries = [
        {"code": code, "name": name, "helplines": list(group)}
        for (code, name), group in groupby(
            helplines, key=lambda line: (line.country, line.country_name)
        )
    ]
    return {
        "page": page,
        "emergency": emergency_numbers(),
        "countries": countries,
        "unchecked": any(line.is_stale for line in helplines),
        "is_copy": is_copy,
    }
