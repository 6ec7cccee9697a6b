"""Link targets: from when on readers who follow a link of ours find a page there.

Noted beside each use of a text, so that a list of thousands knows whose links lead nowhere without
reading one. A save notes its own links; when something else changes what readers can open, the
worker looks at all places that texts lead to, some at a time.
"""

import time
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Min, QuerySet
from django.utils import timezone

from articles import states
from articles.linking import redirects
from articles.linking.site_links import leads_somewhere
from articles.models import Article, Page, Response, SlugRedirect
from articles.models.desk import TextUse
from prose.rules.library import view_at
from prose.rules.links import NOT_FOR_READERS
from trustsite.models import CacheVersion

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SOME = 300  # places looked at in one turn of the worker
APART = 30.0  # seconds from the end of one look at all of them to the next, at least
ARTICLE = "articles:article"
Opening = datetime | None  # None: readers find a page there now


def openings(paths: Iterable[str]) -> dict[str, Opening]:
    """Return from when on each path leads readers to a page; `NEVER` where nothing is to come.

    A handful of queries ask for all of them. A path that leads on, by a redirect or as the former
    address of an article, is asked for where it leads.
    """
    found: dict[str, Opening] = {}
    named: dict[str, dict[str, str]] = {}
    for path in set(paths):
        match = view_at(path)
        is_for_readers = match is not None and not path.startswith(NOT_FOR_READERS)
        found[path] = None if is_for_readers else NEVER
        if match is not None and is_for_readers and match.view_name in KINDS:
            named.setdefault(match.view_name, {})[str(next(iter(match.kwargs.values())))] = path
    for view, keys in named.items():
        opens = KINDS[view](keys)
        found |= {path: opens.get(key, NEVER) for key, path in keys.items()}
    _follow_redirects(found)
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


def _follow_redirects(found: dict[str, Opening]) -> None:
    """Let what leads readers on by a redirect count as open."""
    dead = [path for path, opening in found.items() if opening is not None]
    may_lead_on = redirects.known() if dead else None
    for path in dead:
        row = redirects.find(path) if may_lead_on and may_lead_on(path) else None
        if row and row.target and leads_somewhere(row.target):
            found[path] = None


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
