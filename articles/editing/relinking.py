"""Relinking: what becomes of the links, citations and blocks of other texts when a row goes or moves.

First the lines that would change in each text, for a person to see; then all of them at once, each
with a new state in its history.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from typing import Any

from django.db import transaction

from articles.editing import checks
from articles.linking.uses import MODELS, Use, target_of
from articles.models import Article, MarkdownModel
from articles.models.markdown import words_hash
from prose import link_edits
from trustsite.desk import publishing

MOST = 200  # texts changed at a time
BY_HAND = "Its links are written in a way that has to be changed by hand."
NOT_YOURS = "You may not change it."


class Choice(StrEnum):
    """What is to become of the links to something that goes or moves."""

    LEAVE = "leave"
    LEAD = "lead"
    REPLACE = "replace"
    TAKE_OUT = "take-out"


@dataclass(frozen=True)
class Order:
    """What to change: uses of `names`, to lead to `new` instead or, when it is empty, to nothing.

    `new` is a path, or the key of another source, offer or picture. A link to a part of a page
    leads there still when `keeps_anchors`: the page is the same under another address.
    """

    names: tuple[str, ...]
    new: str = ""
    keeps_anchors: bool = False


@dataclass
class TextChange:
    """What would become of one text: the lines that change, or why it stays as it is."""

    text: Any
    lines: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""


def plan(uses: Iterable[Use], order: Order, user: Any) -> list[TextChange]:
    """Return what would become of each text that uses it; nothing is saved."""
    changes = []
    for kind, model in MODELS.items():
        keys = [use.pk for use in uses if use.kind == kind]
        for text in model._default_manager.filter(pk__in=keys).order_by("title") if keys else ():
            changes.append(_plan(text, order, user))
    return changes


def fingerprint(changes: Iterable[TextChange]) -> str:
    """Return what stands for the changes as they were shown: a person who says yes means these."""
    values = [(one.text.pk, one.text.changed_at, one.lines, one.problem) for one in changes]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


@transaction.atomic
def apply(changes: Iterable[TextChange], why: str) -> list[Any]:
    """Save each text that changes, so that each has its history and renews its pages. Return them."""
    changed = [one.text for one in changes if one.lines and not one.problem]
    for text in changed:
        text._change_reason = why[:100]
        text.save()
    return changed


def _plan(text: Any, order: Order, user: Any) -> TextChange:
    change = TextChange(text)
    may = user.has_perm(f"articles.change_{text._meta.model_name}")
    if not (may and publishing.may_change(user, text)):
        change.problem = NOT_YOURS
        return change
    before, was_checked = _lines(text), isinstance(text, Article) and text.is_checked
    try:
        _edit(text, order)
    except link_edits.NotEditableError:
        change.problem = BY_HAND
        return change
    change.lines = [
        pair for pair in zip_longest(before, _lines(text), fillvalue="") if pair[0] != pair[1]
    ]
    if was_checked and order.new.startswith("/"):
        text.checked_text = words_hash(text)  # another address, and not a word else
    if found := checks.blocking_errors(text):
        change.problem = found[0]
    return change


def _lines(text: MarkdownModel) -> list[str]:
    """Return the lines of a text, an empty one in the place of each that was taken out."""
    return [*text.body.splitlines(), f"Related: {', '.join(getattr(text, 'related', []))}"]


def _edit(text: Any, order: Order) -> None:
    for name in order.names:
        kind, _, key = name.partition(":")
        if kind == "source":
            text.body = link_edits.replace_citations(text.body, key, order.new)
        elif kind == "number" or name.startswith("/"):
            continue
        else:
            text.body = link_edits.replace_blocks(text.body, kind, key, order.new)
    names = {name for name in order.names if name.startswith(("/", "number:"))}
    if not names:
        return
    if order.new:
        text.body = link_edits.replace_links(text.body, partial(_new_address, names, order))
    else:
        text.body = link_edits.take_out_links(text.body, lambda href: target_of(href) in names)
    if hasattr(text, "related"):
        text.related = list(_related(text.related, names, order.new))


def _new_address(names: Collection[str], order: Order, href: str) -> str | None:
    if target_of(href) not in names:
        return None
    anchor = href.partition("#")[2]
    return f"{order.new}#{anchor}" if anchor and order.keeps_anchors else order.new


def _related(slugs: list[str], names: Collection[str], new: str) -> Iterator[str]:
    """Yield related articles, another in the place of one that goes, and none twice."""
    seen: set[str] = set()
    for slug in slugs:
        if f"/articles/{slug}/" in names:
            is_article = new.startswith("/articles/")
            slug = new.removeprefix("/articles/").strip("/") if is_article else ""
        if slug and slug not in seen:
            seen.add(slug)
            yield slug
