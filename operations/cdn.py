"""CDN: tells one that stands in front of the site what has changed, by a call whose address and header the owner sets.

The mail worker runs it (settings.WORKER_TIMERS), so no editor and no reader waits. Changes that come together are told
together; a call that fails is made again, ever more slowly, until it succeeds. A worker that starts has everything purged:
it can't know what changed while none ran.
"""

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from django.conf import settings

from trustsite.web.serving.page_cache import EVERYTHING, UNTAGGED, PageCache
from trustsite.web.serving.page_cache_refresh import VersionCheck

PATIENCE = 3.0  # seconds for a call
APART = 2.0  # seconds between two calls, at least
LONGEST_PAUSE = 600.0
MOST_TAGS = 30  # in one call; more are everything

logger = logging.getLogger(__name__)


class Purger:
    """What has changed and the CDN hasn't been told yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.cache = PageCache()
        self.versions = VersionCheck(self.cache)
        self.seen = 0  # changes that have been read
        self.waiting: set[str] = set()
        self.not_before = 0.0
        self.failures = 0

    def tick(self) -> None:
        """Look for changes, and tell them if it is time."""
        self.versions.check()
        if time.time() >= self.cache.due_at:
            self.cache.fall_due()
        self._read()
        if self.waiting and self.clock() >= self.not_before:
            self._tell()

    def _read(self) -> None:
        missed = self.cache.count - self.seen
        recent = list(self.cache.events)[-missed:] if missed else []
        if missed > len(recent):
            self.waiting.add(EVERYTHING)
        for change in recent:
            self.waiting |= change.hard | change.soft
        self.seen = self.cache.count

    def _tell(self) -> None:
        try:
            purge(self.waiting)
        except (OSError, ValueError) as error:
            self.failures += 1
            pause = min(5.0 * 2**self.failures, LONGEST_PAUSE)
            self.not_before = self.clock() + pause
            logger.warning(
                "The CDN could not be told what changed (%s); the next try comes in %d seconds.",
                getattr(error, "code", type(error).__name__),
                pause,
            )
            return
        self.waiting, self.failures = set(), 0
        self.not_before = self.clock() + APART


def purge(tags: set[str]) -> None:
    """Make the call. Raises OSError or ValueError unless it is answered with a 2xx."""
    tags = tags | {UNTAGGED}  # a page that says nothing of itself depends on everything
    is_all = EVERYTHING in tags or len(tags) > MOST_TAGS or not settings.PURGE_TAGS_BODY
    body = settings.PURGE_BODY if is_all else _with_tags(settings.PURGE_TAGS_BODY, tags)
    headers = {"Content-Type": "application/json", **_header(settings.PURGE_HEADER)}
    request = urllib.request.Request(  # noqa: S310  the owner's address, https by its validator
        settings.PURGE_URL, data=body.encode(), headers=headers, method=settings.PURGE_METHOD
    )
    with _opener().open(request, timeout=PATIENCE) as answer:
        answer.read(1024)


def _with_tags(template: str, tags: set[str]) -> str:
    return template.replace("{tags}", json.dumps(sorted(tags)))


def _header(line: str) -> dict[str, str]:
    name, _, value = line.partition(":")
    return {name.strip(): value.strip()} if line else {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the header holds a secret, which belongs to one address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)


_purger: Purger | None = None


def purge_due() -> None:
    """Tell the CDN what has changed since the last call, if one is set."""
    global _purger
    if not settings.PURGE_URL:
        return
    if _purger is None:
        _purger = Purger()
    _purger.tick()
