"""Rows of the desk's lists: what Django's own list shows, cell by cell, each with the name of its column."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.utils.text import format_lazy

from trustsite.desk.marks import Mark

register = template.Library()
TICK = "action_checkbox"


@dataclass(frozen=True)
class Cell:
    """A cell: a tick, the title of its row, or a value."""

    kind: str
    name: str
    label: str
    words: Any
    url: str = ""
    state: Mark | None = None  # of the row, under its title


@register.inclusion_tag("admin/desk_rows.html")
def desk_rows(cl: ChangeList) -> dict[str, Any]:
    """Show the rows of a list."""
    headers = []
    for name, header in zip(_columns(cl), result_headers(cl), strict=True):
        headers.append({**header, "is_tick": name == TICK})
    labels = [str(header["text"]) for header in headers]
    opts = cl.opts
    names = opts.verbose_name if cl.result_count == 1 else opts.verbose_name_plural
    return {
        "cl": cl,
        "number": format_lazy("{} {}", cl.result_count, names),
        "headers": headers,
        "rows": [list(_cells(cl, row, labels)) for row in cl.result_list],
    }


def _columns(cl: ChangeList) -> list[str]:
    """Return the names of the columns; ours are all names, where Django takes functions too."""
    return [str(name) for name in cl.list_display]


def _cells(cl: ChangeList, row: Any, labels: list[str]) -> Iterator[Cell]:
    has_title = False
    for name, label in zip(_columns(cl), labels, strict=True):
        words = _words(cl, row, name)
        if name == TICK:
            yield Cell("tick", name, label, words)
            continue
        url = _url(cl, row, name, is_first=not has_title)
        if has_title:
            yield Cell("value", name, label, words, url)
        else:
            has_title = True
            state = getattr(cl.model_admin, "mark", None)
            yield Cell("title", name, label, words, url, state(row) if state else None)


def _words(cl: ChangeList, row: Any, name: str) -> Any:
    """Return what a cell shows, as Django's list does."""
    empty = cl.model_admin.get_empty_value_display()
    try:
        field, attribute, value = lookup_field(name, row, cl.model_admin)
    except ObjectDoesNotExist:
        return empty
    empty = getattr(attribute, "empty_value_display", empty)
    if field is None or field.auto_created:
        getter = getattr(attribute, "fget", attribute)
        return display_for_value(value, empty, getattr(getter, "boolean", False))
    if field.remote_field:
        related = getattr(row, field.name)
        return empty if related is None else related
    return display_for_field(value, field, empty)


def _url(cl: ChangeList, row: Any, name: str, *, is_first: bool) -> str:
    if cl.list_display_links is None:
        return ""
    if name not in cl.list_display_links and not (is_first and not cl.list_display_links):
        return ""
    filters: dict[str, Any] = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    return add_preserved_filters(filters, cl.url_for_result(row))
