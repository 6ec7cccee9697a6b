"""Visits: which of them are counted, and as what. What tells readers apart is looked at here, and kept nowhere.

A visit is a reader's, a robot's or one that asks not to be counted (Global Privacy Control, Do Not Track);
a reader's alone counts. An agent's class is remembered by a hash with a key of this process, so no agent is.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

from django.conf import settings

from analytics import kinds, referrers, robots
from analytics.counting import COUNTING, Counting
from trustsite.web.serving.edge import NoVisits, Visits
from trustsite.web.serving.page_cache import Counted

Header = Callable[[str], str | None]
MAX_AGENTS = 4_096  # classes remembered, in a process
MAX_NEW_AGENTS = 500  # classed between two times of writing; others aren't counted
# What an address may look like to be kept; the rest may be anything that somebody typed. The links of
# mails, of previews and of new passwords are cut as in the proxy's log.
PLAIN = re.compile(r"/[A-Za-z0-9._/-]{0,120}")
SECRET = re.compile(r"/newsletter/[a-z-]+/|/(?:preview|guide|admin|dev)/")


class VisitCounter:
    """Counts the visits of one worker."""

    def __init__(self, counting: Counting, *, reads: bool, site: str) -> None:
        self.counting = counting
        self.reads = reads  # whether reads are counted here, and not from the proxy's log
        self.site = site
        self.agents: dict[int, bool] = {}  # whether it is a robot's, by the agent's hash
        self.new_agents = 0
        self.since = counting.turn

    def is_reader(self, header: Header) -> bool:
        """Whether a visit is a reader's who doesn't mind."""
        if header("sec-gpc") == "1" or header("dnt") == "1":
            return False
        agent = header("user-agent") or ""
        is_robot = self.agents.get(hash(agent))
        return not (self._classify(agent) if is_robot is None else is_robot)

    def _classify(self, agent: str) -> bool:
        if self.since != self.counting.turn:
            self.since, self.new_agents = self.counting.turn, 0
        if self.new_agents >= MAX_NEW_AGENTS:
            return True
        self.new_agents += 1
        if len(self.agents) >= MAX_AGENTS:
            self.agents.clear()
        is_robot = self.agents[hash(agent)] = robots.is_robot(agent)
        return is_robot

    def read(self, counted: Iterable[Counted], header: Header) -> None:
        """Count the read of a page: the one thing that is done for each kept page."""
        if not (self.reads and self.is_reader(header)):
            return
        referrer = header("referer")
        counting = self.counting
        with counting.lock:
            for key in counted:
                counting.counts[key] += 1
            if referrer and not referrer.startswith(self.site):
                counting.counts[kinds.REFERRER, referrers.name_of(referrer)] += 1

    def event(self, counted: Iterable[Counted], header: Header) -> None:
        """Count what was done for a reader."""
        if self.is_reader(header):
            for kind, name in counted:
                self.counting.add(kind, name)

    def missing(self, path: str, header: Header) -> None:
        """Count an address where nothing is."""
        if self.reads and self.is_reader(header):
            self.counting.add(kinds.MISSING, printable(path))

    def start(self, guard_thread: Callable[[], None]) -> None:
        """Write every few seconds."""
        self.counting.start(guard_thread)

    def stop(self) -> None:
        """Write what is left."""
        self.counting.stop()


def printable(path: str) -> str:
    """Return an address as it may be kept."""
    if match := SECRET.match(path):
        return match[0] if match[0] == path else f"{match[0]}..."
    return path if PLAIN.fullmatch(path) else kinds.OTHERS


@cache
def visits() -> Visits:
    """Return the counter of this process's visits, by the setting COUNT_VISITS."""
    if settings.COUNT_VISITS == "off":
        return NoVisits()
    return VisitCounter(
        COUNTING, reads=settings.COUNT_VISITS == "server", site=f"{settings.SITE_URL}/"
    )
