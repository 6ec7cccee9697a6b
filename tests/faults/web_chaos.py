"""Faults of the web server's surroundings, and what readers meet meanwhile: `make chaos` writes docs/faults.md.

A real server is asked by six kinds of visitor, each every twentieth of a second, while something goes wrong. What counts is
whether an answer came at all, what it said, and how long it took.
"""

import itertools
import os
import signal
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers import ROOT, postgresql, redis
from tests.web_server import Site, listening, locked, prepare, running, slow_bodies, stopped

NUMBERS = itertools.count()
REPORT = ROOT / "docs" / "faults.md"
SECONDS = 6.0  # of each fault
PAUSE, PAUSE_OF_FORMS = 0.05, 0.5  # the site counts sign-ups
PATIENCE = 10.0  # seconds until a visitor gives up: the answer is lost
HEAD = """# What readers meet when something goes wrong

Made by `make chaos` (tests/faults/web_chaos.py): {seconds:.0f} seconds of each fault against a real server
with two workers, on one machine with {cores} cores, six visitors asking at once. “Lost” are answers
that did not come within {patience:.0f} seconds, or connections that broke.

"""
ROW = "| {fault} | {who} | {answers} | {p50} | {p99} | {lost} |"
TITLES = "| fault | who | answers | p50 ms | p99 ms | lost |\n| --- | --- | --- | --- | --- | --- |"


@dataclass
class Visits:
    """What one kind of visitor met."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    def row(self, fault: str, who: str) -> str:
        lost = self.statuses[0]
        answers = ", ".join(
            f"{status} × {count}" for status, count in sorted(self.statuses.items()) if status
        )
        times = sorted(self.times) or [0.0]
        p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
        return ROW.format(
            fault=fault,
            who=who,
            answers=answers or "none",
            p50=f"{statistics.median(times) * 1000:.0f}",
            p99=f"{p99 * 1000:.0f}",
            lost=lost,
        )


def visitors(site: Site) -> Any:
    """Return who asks, and what for."""
    return {
        "health check": ("/healthz", None),
        "reader of a kept page": ("/articles/", None),
        "reader in need of help": ("/get-help/", None),
        "static file": (site.static_file(), None),
        "search": ("/search/?q=stress", None),
        "sign-up": ("/newsletter/subscribe/", site.sign_up()),
    }


def visit(site: Site, path: str, data: str | None, end: float, visits: Any) -> None:
    while time.monotonic() < end:
        start = time.monotonic()
        form = data.format(next(NUMBERS)).encode() if data else None
        visits.statuses[site.status(path, form, timeout=PATIENCE)] += 1
        visits.times.append(time.monotonic() - start)
        time.sleep(PAUSE_OF_FORMS if data else PAUSE)


def measure(
    site: Site, fault: str, going_wrong: Callable[[], AbstractContextManager[object]]
) -> Any:
    """Let something go wrong, ask meanwhile, and yield a row of the table for each visitor."""
    who = visitors(site)
    found = {name: Visits() for name in who}
    with going_wrong():
        end = time.monotonic() + SECONDS
        threads = [
            threading.Thread(target=visit, args=[site, *who[name], end, found[name]])
            for name in who
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    time.sleep(2)
    return [found[name].row(fault, name) for name in who]


@contextmanager
def dying(site: Site) -> Iterator[Any]:
    """Kill a worker now and another two seconds later."""

    def kill() -> None:
        for _ in range(2):
            os.kill(site.workers()[-1], signal.SIGKILL)
            time.sleep(2)

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    thread.join()


def on_sqlite(folder: Path) -> Iterator[Any]:
    environment = prepare(folder)
    with running(environment) as site:
        yield from measure(site, "none", nullcontext)
        yield from measure(site, "200 senders of a byte a second", lambda: slow_bodies(site, 200))
        yield from measure(site, "a write lock held", lambda: locked(environment))
        yield from measure(site, "two workers killed", lambda: dying(site))


def on_servers(folder: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        database, cache = stack.enter_context(postgresql()), stack.enter_context(redis())
        if not (database and cache):
            return
        address = database.new_database()
        environment = prepare(folder, DATABASE_URL=address, CACHE_URL=cache)
        site = stack.enter_context(running(environment))
        store = listening(int(cache.rpartition(":")[2].partition("/")[0]))
        yield from measure(site, "none", nullcontext)
        yield from measure(site, "Redis hangs", lambda: stopped(store))
        yield from measure(site, "PostgreSQL hangs", lambda: stopped(listening(database.port)))
        yield from measure(site, "two workers killed", lambda: dying(site))


def main() -> None:
    """Measure all, and write the report."""
    parts = [HEAD.format(seconds=SECONDS, patience=PATIENCE, cores=os.cpu_count())]
    for title, run in (("SQLite", on_sqlite), ("PostgreSQL and Redis", on_servers)):
        with tempfile.TemporaryDirectory() as folder:
            rows = list(run(Path(folder)))
        if rows:
            parts.append("\n".join([f"## {title}\n", TITLES, *rows, ""]))
            print(parts[-1], flush=True)
    REPORT.write_text("\n".join(parts).rstrip() + "\n")


if __name__ == "__main__":
    main()
