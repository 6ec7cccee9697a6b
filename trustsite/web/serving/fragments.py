"""Fragments: finished parts of pages, and what was read for them, in this process's memory until content changes.

A page that isn't kept is put together of parts that were made before (docs/decisions/0023). Whatever is made of nothing but its
name and plain values (text, numbers, days) may be one; nothing of a request is at hand while it is made. All are forgotten by
the same change that drops pages, and none that was begun before a change is kept after it. They are used for requests to the
web server alone: everywhere else each is made anew.

A page with slots is such a part as well: all of a page but what is its reader's own, which is put in each time.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import conditional_escape

from trustsite.web.context_processors import site, site_facts

MAX_BYTES = 4 * 1024 * 1024  # of all fragments, per process
FLAT = 2048  # bytes that anything but text counts as
MISSING = object()
PLAIN = (str, bool, int, float, date, type(None))
SLOT = re.compile(r"\0([a-z_]+)\0")  # what stands for a slot in a page; HTML has no such character

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Key = tuple[Hashable, ...]


class Fragments:
    """Fragments by key, the least recently used first. Safe to use from several threads."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, Any] = OrderedDict()
        self.size = 0
        self.count = 0  # of changes ever
        self.lock = Lock()

    def find(self, key: Key) -> Any:
        """Return the fragment of `key`, or MISSING."""
        with self.lock:
            if key not in self.kept:
                return MISSING
            self.kept.move_to_end(key)
            return self.kept[key]

    def keep(self, key: Key, value: object, since: int) -> None:
        """Keep a fragment, unless content has changed since `since` changes were counted."""
        with self.lock:
            if since != self.count or key in self.kept:
                return
            self.kept[key] = value
            self.size += _size(value)
            while self.size > MAX_BYTES:
                self.size -= _size(self.kept.popitem(last=False)[1])

    def forget(self) -> None:
        """Forget all: content has changed."""
        with self.lock:
            self.kept.clear()
            self.size = 0
            self.count += 1


FRAGMENTS = Fragments()
# How many changes had been counted when the present request began; none outside of requests.
_since: ContextVar[int | None] = ContextVar("since", default=None)


@contextmanager
def used() -> Iterator[None]:
    """Use fragments for the request inside."""
    token = _since.set(FRAGMENTS.count)
    try:
        yield
    finally:
        _since.reset(token)


def recall(key: Key, make: Callable[[], Result]) -> Result:
    """Return the fragment of `key`, as `make` makes it of what is in the key and of content alone."""
    since = _since.get()
    if since is None:
        return make()
    found = FRAGMENTS.find(key)
    if found is MISSING:
        found = make()
        FRAGMENTS.keep(key, found, since)
    return cast("Result", found)


def recall_each(
    name: str, keys: Iterable[str], read: Callable[[list[str]], Mapping[str, Result]]
) -> dict[str, Result]:
    """Return what `read` returns for these keys, by key. It is asked at once for those that aren't remembered."""
    wanted, since = list(keys), _since.get()
    if since is None:
        return dict(read(wanted))
    found = {key: FRAGMENTS.find((name, key)) for key in wanted}
    missing = [key for key, value in found.items() if value is MISSING]
    if missing:
        fresh = read(missing)
        for key in missing:
            found[key] = fresh.get(key)
            FRAGMENTS.keep((name, key), found[key], since)
    return {key: value for key, value in found.items() if value is not None}


def remembered(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Have a function of plain values, which reads content, called once for each of them until content changes."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def inner(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return recall((name, *args, *sorted(kwargs.items())), lambda: function(*args, **kwargs))

    return inner


def fragment(name: str, **values: object) -> str:
    """Return a component that knows `site` and these plain values alone, made once until content changes."""
    facts = site_facts()
    key = (name, *facts.items(), *_plain_items(values))
    return recall(key, lambda: render_to_string(name, {"site": facts, **values}))


def page_with_slots(
    request: HttpRequest, name: str, values: Mapping[str, object], slots: Mapping[str, str]
) -> str:
    """Return a page that is made once for its address and these plain values, with `slots` put in their places each time.

    To its template a slot is a variable that can only be shown: what will stand there isn't known while the page is made.
    Not for a page whose address is somebody's own.
    """
    facts = site(request)
    address = {field: value for field, value in facts.items() if field != "site"}
    key = (name, *site_facts().items(), *_plain_items(address), *_plain_items(values))

    def make() -> tuple[str, ...]:
        places = {slot: f"\0{slot}\0" for slot in slots}
        return tuple(SLOT.split(render_to_string(name, {**facts, **values, **places})))

    pieces = list(recall(key, make))
    pieces[1::2] = [conditional_escape(slots[slot]) for slot in pieces[1::2]]
    return "".join(pieces)


def _plain_items(values: Mapping[str, object]) -> Iterator[Hashable]:
    return ((field, plain(value)) for field, value in values.items())


def plain(value: object) -> Hashable:
    """Return a value as part of a key; what isn't plain, such as a row, could say other things later and is refused."""
    if isinstance(value, tuple):
        return (tuple, *map(plain, value))
    if not isinstance(value, PLAIN):
        raise TypeError(f"A fragment is made of text, numbers and days, not of {type(value)}.")
    return type(value), value  # 1 isn't True, and safe text isn't text


def _size(value: object) -> int:
    if isinstance(value, tuple):
        return sum(map(_size, value))
    return len(value) * 2 if isinstance(value, str) else FLAT
