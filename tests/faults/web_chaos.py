"""Faults of the web server's surroundings, and what readers meet meanwhile: `make chaos` writes docs/faults.md.

A real server is asked by six kinds of visitor, each every twentieth of a second, while something goes wrong (situations.py).
What counts is whether an answer came at all, what it said, how long it took, how long the site was gone, and whether what was
taken is there afterwards. The first rows, with nothing wrong, are what this machine can do just now: compare with them.
"""

import itertools
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import situations
from tests.servers import ROOT, postgresql, redis, sink
from tests.web_server import Site, full_disk, listening, locked, running, slow_bodies, stopped

NUMBERS = itertools.count()
REPORT = ROOT / "docs" / "faults.md"
SECONDS = 6.0  # of each fault
LOCK_SECONDS = 12.0
PAUSE, PAUSE_OF_FORMS = 0.05, 0.5
PATIENCE = 10.0  # seconds until a visitor gives up
HEAD = """# What readers meet when something goes wrong

Made by `make chaos` (tests/faults/web_chaos.py): {seconds:.0f} seconds of each fault against a real server
with two workers, on one machine with {cores} cores, six visitors asking at once and a mail worker beside
them. “No answer” counts connections that broke, or said nothing for {patience:.0f} seconds; “gone” is the
longest time in which a visitor met no page (of a process that died: until another stood in its
place); “lost” are forms that were taken and are not in the database at the end.

The times are this machine's: the rows “none” say what it did while nothing was wrong, and a row means
something beside them alone. The promise for readers' pages (p99 within 50 ms) is judged on a quiet
machine: nothing else runs on it, `uptime` says a load below 0.3 before the start, and the p99 of
“none” is below 20 ms. Load before this run: {load:.1f}.

"""
TITLES = (
    "| fault | who | answers | p50 ms | p99 ms | no answer | gone s | lost |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)
ROW = "| {fault} | {who} | {answers} | {p50} | {p99} | {unanswered} | {gone:.1f} | {lost} |"
SIGN_UP = "sign-up"
GoingWrong = Callable[[], AbstractContextManager[object]]


@dataclass
class Visits:
    """What one kind of visitor met."""

    met: list[tuple[float, float, int]] = field(default_factory=list)  # from, until, status
    taken: list[str] = field(default_factory=list)  # addresses that the site said it had taken

    @property
    def statuses(self) -> Counter[int]:
        return Counter(status for _, _, status in self.met)

    @property
    def gone(self) -> float:
        """The longest time without an answer of the site's own: from the first failure to the next success."""
        longest = 0.0
        since: float | None = None
        for start, end, status in sorted(self.met):
            if status in situations.NOT_THERE:
                since = start if since is None else since
            elif since is not None:
                longest, since = max(longest, end - since), None
        return longest

    def row(self, fault: str, who: str, stored: set[str]) -> str:
        times = sorted(end - start for start, end, _ in self.met) or [0.0]
        answers = [
            f"{status} × {count}" for status, count in sorted(self.statuses.items()) if status
        ]
        return ROW.format(
            fault=fault,
            who=who,
            answers=", ".join(answers) or "none",
            p50=f"{statistics.median(times) * 1000:.0f}",
            p99=f"{times[min(len(times) - 1, int(len(times) * 0.99))] * 1000:.0f}",
            unanswered=self.statuses[0],
            gone=self.gone,
            lost=sum(address not in stored for address in self.taken) if self.taken else 0,
        )


def visitors(site: Site) -> dict[str, tuple[str, str | None]]:
    """Return who asks, and what for."""
    return {
        "health check": ("/healthz", None),
        "reader of a kept page": ("/articles/", None),
        "reader in need of help": ("/get-help/", None),
        "static file": (site.static_file(), None),
        "search": ("/search/?q=stress", None),
        SIGN_UP: ("/newsletter/subscribe/", site.sign_up()),
    }


def visit(
    site: Site, path: str, data: str | None, end: float, visits: Visits, pause: float
) -> None:
    while time.monotonic() < end:
        number, start = next(NUMBERS), time.monotonic()
        form = data.format(number).encode() if data else None
        status = site.status(path, form, timeout=PATIENCE)
        visits.met.append((start, time.monotonic(), status))
        if data and status == 200:
            visits.taken.append(f"reader{number}@site.example")
        time.sleep(pause)


class Measurement:
    """One database's faults, and what its visitors met."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.found: list[tuple[str, str, Visits]] = []

    def measure(
        self,
        site: Site,
        fault: str,
        going_wrong: GoingWrong,
        seconds: float = SECONDS,
        forms: int = 1,
    ) -> None:
        """Let something go wrong, and ask meanwhile; `forms` people sign up at once, each every half second."""
        found: dict[str, Visits] = {}
        asking = visitors(site)
        with going_wrong():
            end = time.monotonic() + seconds
            threads = []
            for name, (path, data) in asking.items():
                found[name] = Visits()
                pause = PAUSE_OF_FORMS if data else PAUSE
                threads += [
                    threading.Thread(target=visit, args=[site, path, data, end, found[name], pause])
                    for _ in range(forms if name == SIGN_UP else 1)
                ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.found += [(fault, name, visits) for name, visits in found.items()]
        print(f"  {fault}", flush=True)
        time.sleep(2)  # what waits is answered before the next

    def rows(self) -> list[str]:
        """Return the table, once the mail worker has had time for what it was left."""
        taken = {address for _, _, visits in self.found for address in visits.taken}
        stored = situations.stored_addresses(self.environment, taken)
        return [visits.row(fault, who, stored) for fault, who, visits in self.found]


def on_sqlite(folder: Path) -> list[str]:
    environment = situations.prepared(folder)
    measurement = Measurement(environment)
    measure = measurement.measure
    with sink(folder / "mails") as port, situations.mail_worker(environment, port):
        with running(environment) as site:
            measure(site, "none", nullcontext)
            measure(site, "15 sign-ups a second", nullcontext, forms=9)
            measure(site, "200 senders of a byte a second", lambda: slow_bodies(site, 200))
            lock = LOCK_SECONDS + 1
            measure(site, "the write lock held 12 s", lambda: locked(environment), lock, forms=10)
            measure(site, "the disk is full", lambda: full_disk(site))
            measure(site, "the mail server hangs", lambda: stopped(listening(port)))
            picture = situations.Desk(environment, site)
            measure(site, "a picture of 27 megapixels", picture.uploading)
            measure(site, "a letter to 50,000 begins", situations.Letter(environment).beginning)
            measure(site, "two workers killed", lambda: situations.dying(site))
        _main_process(measurement, folder)
    return measurement.rows()


def _main_process(measurement: Measurement, folder: Path) -> None:
    """Kill the main process under what stands for the service manager, with the shipped proxy in front where there is one."""
    with situations.supervised(measurement.environment, folder) as (site, supervisor):
        who = "main process killed, behind nginx" if site.is_proxied else "main process killed"
        measurement.measure(
            site, "none, behind nginx" if site.is_proxied else "none, supervised", nullcontext
        )
        measurement.measure(site, who, supervisor.killing, seconds=SECONDS + 4)


def on_servers(folder: Path) -> list[str]:
    with ExitStack() as stack:
        database, cache = stack.enter_context(postgresql()), stack.enter_context(redis())
        if not (database and cache):
            return []
        environment = situations.prepared(
            folder, DATABASE_URL=database.new_database(), CACHE_URL=cache
        )
        measurement = Measurement(environment)
        measure = measurement.measure
        port = stack.enter_context(sink(folder / "mails"))
        stack.enter_context(situations.mail_worker(environment, port))
        store = listening(int(cache.rpartition(":")[2].partition("/")[0]))
        with running(environment) as site:
            measure(site, "none", nullcontext)
            measure(site, "15 sign-ups a second", nullcontext, forms=9)
            measure(site, "Redis hangs", lambda: stopped(store))
            measure(site, "PostgreSQL hangs", lambda: stopped(listening(database.port)))
            measure(site, "the mail server hangs", lambda: stopped(listening(port)))
            measure(site, "a letter to 50,000 begins", situations.Letter(environment).beginning)
            measure(site, "two workers killed", lambda: situations.dying(site))
        _main_process(measurement, folder)
        return measurement.rows()


def main() -> None:
    """Measure all, and write the report."""
    load = os.getloadavg()[0]
    parts = [HEAD.format(seconds=SECONDS, patience=PATIENCE, cores=os.cpu_count(), load=load)]
    for title, run in (("SQLite", on_sqlite), ("PostgreSQL and Redis", on_servers)):
        with tempfile.TemporaryDirectory() as folder:
            rows = run(Path(folder))
        if rows:
            parts.append("\n".join([f"## {title}\n", TITLES, *rows, ""]))
            print(parts[-1], flush=True)
    REPORT.write_text("\n".join(parts).rstrip() + "\n")


if __name__ == "__main__":
    main()
