"""Link targets: from when on readers who follow a link of ours find a page there.

Noted beside each use of a text, so that a list of thousands knows whose links lead nowhere without
reading one. A save notes its own links; when something else changes what readers can open, the
worker looks at all places that texts lead to, some at a time.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from articles import states
from articles.models import Article, Page, Redirect, Response, SlugRedirect
from articles.models.desk import TextUse
from articles.models.redirects import prefixes_of
from prose.rules.library import view_at
from prose.rules.links import NOT_FOR_READERS
from trustsite.models import CacheVersion

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SOME = 300  # places looked at in one turn of the worker, and asked for in one query
DEEPEST = 20  # folders of a path that a redirect is looked for
APART = 30.0  # seconds from the end of one look at all of them to the next, at least
ARTICLE = "articles:article"
Opening = datetime | None  # None: readers find a page there now


def openings(paths: Iterable[str]) -> dict[str, Opening]:
    """Return from when on each path leads readers to a page; `NEVER` where nothing is to come.

    A handful of queries ask for hundreds of them. A path that leads on, by a redirect or as the
    former address of an article, is asked for where it leads.
    """
    found: dict[str, Opening] = {}
    for some in batched(set(paths), SOME):
        found |= _without_redirects(some)
    dead = [path for path, opening in found.items() if opening is not None]
    for some in batched(dead, SOME):
        led_on = _redirected(some)
        there = _without_redirects(led_on.values())
        found |= {path: there[target] for path, target in led_on.items()}
    return found


def _without_redirects(paths: Iterable[str]) -> dict[str, Opening]:
    found: dict[str, Opening] = {}
    rows: dict[str, tuple[str, str]] = {}  # by path, the view and the name of its row
    for path in paths:
        match = view_at(path)
        is_for_readers = match is not None and not path.startswith(NOT_FOR_READERS)
        found[path] = None if is_for_readers else NEVER
        if match is not None and is_for_readers and match.view_name in KINDS:
            rows[path] = match.view_name, str(next(iter(match.kwargs.values())))
    for view, ask in KINDS.items():
        keys = {key for name, key in rows.values() if name == view}
        opens = ask(keys) if keys else {}
        found |= {path: opens.get(key, NEVER) for path, (name, key) in rows.items() if name == view}
    return found


def _articles(slugs: Collection[str]) -> dict[str, Opening]:
    moved = dict(
        SlugRedirect.objects.filter(slug__in=list(slugs)).values_list("slug", "article__slug")
    )
    opens: dict[str, Opening] = {}
    rows = Article.objects.filter(slug__in=[*slugs, *moved.values()], state__in=states.PUBLIC)
    for slug, state, publish_at, leads_to in rows.values_list(
        "slug", "state", "publish_at", "leads_to"
    ):
        if state == states.PUBLISHED:
            opens[slug] = _from(publish_at)
        elif leads_to:  # its page says why it was withdrawn, and where to read on
            opens[slug] = None
    return {old: opens[now] for old, now in moved.items() if now in opens} | opens


def _topics(slugs: Collection[str]) -> dict[str, Opening]:
    released = Article.objects.released().filter(topic__slug__in=list(slugs)).order_by()
    first = released.values_list("topic__slug").annotate(Min("publish_at"))
    return {slug: _from(publish_at) for slug, publish_at in first}


def _rows(rows: QuerySet[Any], name: str) -> Callable[[Collection[str]], dict[str, Opening]]:
    def ask(keys: Collection[str]) -> dict[str, Opening]:
        there = rows.filter(**{f"{name}__in": list(keys)})
        return dict.fromkeys(there.values_list(name, flat=True))

    return ask


KINDS: dict[str, Callable[[Collection[str]], dict[str, Opening]]] = {
    ARTICLE: _articles,
    "articles:topic": _topics,
    "articles:page": _rows(Page.objects.all(), "slug"),
    "articles:response": _rows(Response.objects.all(), "key"),
}


def _from(publish_at: datetime | None) -> Opening:
    if publish_at is None:
        return NEVER
    return publish_at if publish_at > timezone.now() else None


def _redirected(paths: Collection[str]) -> dict[str, str]:
    """Return where a redirect leads from each of these paths: its own, or that of the longest prefix."""
    above = {path: prefixes_of(path)[:DEEPEST] for path in paths}
    prefixes = {prefix for of_one in above.values() for prefix in of_one}
    asked = Q(path__in=list(paths)) | Q(path__in=prefixes, is_prefix=True)
    targets = dict(Redirect.objects.filter(asked).values_list("path", "target"))
    found = {}
    for path in paths:
        nearest = next((one for one in (path, *reversed(above[path])) if one in targets), None)
        if nearest and targets[nearest]:
            found[path] = targets[nearest]
    return found


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the items in lists of `size` at most."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


class Follower:
    """Notes anew where links lead, once what readers can open has changed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.seen = -1  # of the versions of what readers see, that looked at last
        self.place: str | None = None  # how far the look at all places has got
        self.not_before = -APART

    def tick(self) -> None:
        """Look at some places, if it is time."""
        if self.place is None:
            current = CacheVersion.current() if self.clock() >= self.not_before else self.seen
            if current == self.seen:
                return
            self.seen, self.place = current, ""
        self.place = note_some(self.place)
        if self.place is None:
            self.not_before = self.clock() + APART


def note_some(after: str) -> str | None:
    """Note of the next places after one, in their order, from when on they are open.

    Returns the last of them; None when there are no more.
    """
    links = TextUse.objects.filter(how=TextUse.How.LINK, target__startswith="/")
    further = links.filter(target__gt=after).order_by("target").values_list("target", flat=True)
    places = list(further.distinct()[:SOME])
    opens = openings(places)
    noted = links.filter(target__in=places).order_by().values_list("target", "opens_at").distinct()
    changed: dict[Opening, set[str]] = {}
    for place, opening in noted:
        if opening != opens[place]:
            changed.setdefault(opens[place], set()).add(place)
    for opening, targets in changed.items():
        links.filter(target__in=targets).update(opens_at=opening)
    return places[-1] if len(places) == SOME else None


FOLLOWER = Follower()


def follow() -> None:
    """Part of the worker's round."""
    FOLLOWER.tick()
