"""Search over the desk: everything that a person may see there, by words in any order.

Each app finds its own rows (settings.DESK_SEARCH_PROVIDERS), a bounded number of each kind.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

MOST = 8  # rows of each kind
MOST_WORDS = 8
LONGEST = 100  # characters looked for
APOSTROPHES = "'’‘ʼ`´"


@dataclass(frozen=True)
class Hit:
    """A row that was found: what it is called, what is said beside it, where it opens."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `has_more` when there is more than is shown."""

    name: str
    hits: list[Hit]
    has_more: bool = False


Provider = Callable[[Sequence[str], Any], Iterable[Group]]


def words_of(typed: str) -> list[str]:
    """Return the words that are looked for, of what somebody typed."""
    return typed.replace("\0", " ")[:LONGEST].split()[:MOST_WORDS]


def matching(words: Sequence[str], *fields: str) -> Q:
    """Return the rows in which every word stands, in any order and in any of the fields.

    Whichever apostrophe is typed, or none, finds the one that is there.
    """
    result = Q()
    for word in words:
        places = Q()
        for spelling in spellings(word):
            for field in fields:
                places |= Q(**{f"{field}__icontains": spelling})
        result &= places
    return result


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether every word stands in a text, as `matching` asks a database."""
    plain = _without_apostrophes(text.casefold())
    return all(_without_apostrophes(word.casefold()) in plain for word in words)


def spellings(word: str) -> list[str]:
    """Return a word with each apostrophe that it may be written with."""
    plain = word
    for sign in APOSTROPHES:
        plain = plain.replace(sign, "'")
    if "'" not in plain:  # isnt, dont
        plain = re.sub(r"(?<=[a-z])nt$", "n't", plain, flags=re.IGNORECASE)
        return list(dict.fromkeys([word, plain, plain.replace("'", "’")]))
    return list(dict.fromkeys([plain, plain.replace("'", "’"), plain.replace("'", "")]))


def group(
    name: str,
    rows: QuerySet[Any],
    words: Sequence[str],
    fields: Sequence[str],
    hit: Callable[[Any], Hit],
    indexed: Q | None = None,
) -> Group:
    """Return what of `rows` holds the words, those in whose first field they stand before others.

    `indexed` are rows that hold them elsewhere, as an index of theirs knows.
    """
    best = Case(When(matching(words, fields[0]), then=Value(0)), default=Value(1))
    there = matching(words, *fields) | (indexed or Q())
    found = rows.filter(there).order_by(best, fields[0])[: MOST + 1]
    hits = [hit(row) for row in found]
    return Group(name, hits[:MOST], len(hits) > MOST)


def find(typed: str, user: Any) -> list[Group]:
    """Return what `user` may see of what holds the words typed, by kind."""
    words = words_of(typed)
    groups: list[Group] = []
    for path in settings.DESK_SEARCH_PROVIDERS if words else ():
        provider: Provider = import_string(path)
        groups += [one for one in provider(words, user) if one.hits]
    return groups


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found, by kind."""
    typed = request.GET.get("q", "")[: LONGEST * 2]
    context = {
        **admin.site.each_context(request),
        "title": "Search the desk",
        "typed": typed.strip(),
        "groups": find(typed, request.user),
    }
    return render(request, "admin/desk_search_page.html", context)


def _without_apostrophes(text: str) -> str:
    return text.translate({ord(sign): None for sign in APOSTROPHES})
