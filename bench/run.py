"""The bench: `make bench` measures what the site costs, beside what it may cost, in at most ten minutes.

Ratios are of contenders that took turns within this run, and the median of their rounds counts: one machine's seconds change
from minute to minute, its ratios hardly. The table is printed and written into docs/benchmarks.md. It ends with 1 when
something falls short by more than a quarter.

Names of parts as arguments (throughput costs resources outbox paint) measure those alone, and write nothing.
"""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import lighthouse, mail, resources, throughput  # noqa: E402

LONGEST = 600  # seconds
TOLERATED = 1.25
PLACE = ROOT / "docs" / "benchmarks.md"
Found = dict[str, float]


@dataclass(frozen=True)
class Demand:
    """What is measured, under `key`, and what is demanded of it: at least, or (`most`) at most."""

    key: str
    name: str
    wanted: float
    unit: str = ""
    most: bool = False

    def is_missed(self, value: float, tolerated: float = 1.0) -> bool:
        """Whether `value` falls short by more than is tolerated."""
        if self.most:
            return value > self.wanted * tolerated
        return value * tolerated < self.wanted

    def row(self, value: float | None) -> str:
        """Return its row of the table."""
        sign, unit = "≤" if self.most else "≥", f" {self.unit}" if self.unit else ""
        if value is None:
            return f"| {self.name} | not measured | {sign} {self.wanted:g}{unit} | |"
        verdict = "short" if self.is_missed(value) else "met"
        return f"| {self.name} | {value:.3g}{unit} | {sign} {self.wanted:g}{unit} | {verdict} |"


def at_most(key: str, name: str, wanted: float, unit: str) -> Demand:
    return Demand(key, name, wanted, unit, most=True)


SIGN_UPS_TO_EMPTY_VIEWS = 0.08  # 300 to 3,744 a second, on the machine for which it was demanded
DEMANDS = [
    Demand(
        "article/nginx c32", "kept article / nginx, same bytes and headers, 32 connections", 0.59
    ),
    Demand("article/nginx c256", "the same, 256 connections", 0.53),
    Demand("article/granian c32", "kept article / granian alone, same bytes, 32 connections", 0.95),
    Demand("article/granian c256", "the same, 256 connections", 0.9),
    Demand("utm", "kept article with ?utm_source=… or ?fbclid=… / without", 0.9),
    Demand("static", "static file / nginx, same bytes and headers", 0.5),
    Demand("published", "published article by the files recipe / nginx, same bytes", 0.97),
    Demand("quiz", "quiz answers to result / an empty view of Django, 64 connections", 0.2),
    *(
        Demand(f"sign-ups {name}", f"sign-ups on {name} / an empty view", SIGN_UPS_TO_EMPTY_VIEWS)
        for name in ("SQLite", "PostgreSQL")
    ),
    at_most("errors", "answers that were errors, in all rounds", 0, ""),
    Demand("SQLite", "outbox, one worker / Django’s own loop without a database, SQLite", 2.0),
    Demand("PostgreSQL", "the same, PostgreSQL", 1.5),
    at_most("ms quiz", "quiz answers to result, processor time", 2.5, "ms"),
    at_most("ms article", "article not kept, processor time", 3, "ms"),
    at_most("ms article, cold", "article that nobody asked for since a change", 5, "ms"),
    at_most("queries", "its queries", 4, ""),
    *(
        at_most(f"ms {name}", f"{name}, not kept", 4, "ms")
        for name in ("list", "topic", "search", "response")
    ),
    at_most("ms 404", "404, by the edge", 0.5, "ms"),
    at_most("ms 404 from Django", "404, by Django", 0.5, "ms"),
    at_most("counting", "what counting a visit adds to a kept page", 2, "µs"),
    at_most(
        "bytes",
        "largest page with its CSS, results, search, 404 and forms’ answers too, brotli",
        14,
        "KB",
    ),
    at_most("idle", "memory of two web workers, idle (PSS)", 150, "MB"),
    at_most("kept", "the same after each of 2,000 pages was kept", 210, "MB"),
    at_most("start", "`make run`, warm, to the first answer", 3, "s"),
    at_most("article", "LCP on a simulated phone, article", 0.95, "s"),
    at_most("result", "LCP on a simulated phone, result", 1.0, "s"),
]


def costs(folder: Path) -> Found:
    """Return what bench/costs.py finds, in a process of its own."""
    printed = subprocess.run(
        [sys.executable, "bench/costs.py"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    told = json.loads(printed.splitlines()[-1])
    for name, took in told["ms"].items():
        print(f"  {name:32}{took:8.2f} ms  {told['bytes'].get(name, 0):7} bytes", file=sys.stderr)
    found = {f"ms {name}": took for name, took in told["ms"].items()}
    largest = max(told["bytes"].values()) / 1024
    return found | {"bytes": largest, "queries": told["queries"], "counting": told["counting"]}


def paint(folder: Path) -> Found:
    """Return what Lighthouse finds."""
    with throughput.site(folder, "paint") as site:
        return lighthouse.measure(site, folder)


PARTS: dict[str, Callable[[Path], Found]] = {
    "costs": costs,
    "throughput": throughput.measure,
    "outbox": lambda folder: mail.measure(),
    "resources": resources.measure,
    "paint": paint,
}


def install() -> None:
    """Have wrk, nginx and PostgreSQL where that can be done; say so where it can't."""
    subprocess.run([ROOT / "tests/find_servers.sh"], check=False)
    if not shutil.which("wrk") and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"]
        subprocess.run(install, check=False, capture_output=True)
    for program in ("wrk", "nginx"):
        if not shutil.which(program):
            sys.exit(f"The bench needs {program}: sudo apt-get install -y {program}")


def write(table: list[str], took: float) -> None:
    """Write the table into the document, between its markers."""
    text = PLACE.read_text()
    cores, day = os.cpu_count(), datetime.now(UTC).date()
    said = (
        f"{day:%-d %B %Y}, {cores} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the end, {took:.0f} seconds."
    )
    part = "\n".join(["<!-- bench -->", said, "", *table, "<!-- /bench -->"])
    between = re.compile("<!-- bench -->.*<!-- /bench -->", re.DOTALL)
    PLACE.write_text(between.sub(lambda match: part, text))


def out_of_time(number: int, frame: object) -> None:
    """Stop: what was measured until now is shown."""
    raise TimeoutError(f"Not all was measured within {LONGEST} seconds: the machine is busy.")


def main() -> None:
    begun = time.monotonic()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(LONGEST)
    install()
    chosen = sys.argv[1:] or list(PARTS)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # nginx reads it as another user
    found: Found = {}
    try:
        for name in chosen:
            print(f"Measuring: {name} ({time.monotonic() - begun:.0f} s)", file=sys.stderr)
            found |= PARTS[name](folder)
    except TimeoutError as error:
        print(error, file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    signal.alarm(0)
    shown = [demand for demand in DEMANDS if demand.key in found or not sys.argv[1:]]
    table = ["| | measured | demanded | |", "| --- | --- | --- | --- |"]
    table += [demand.row(found.get(demand.key)) for demand in shown]
    print("\n".join(table))
    if not sys.argv[1:]:
        write(table, time.monotonic() - begun)
    sys.exit(
        any(
            demand.is_missed(found[demand.key], TOLERATED)
            for demand in shown
            if demand.key in found
        )
    )


if __name__ == "__main__":
    main()
