"""Growth: what pages and lists cost at a thousand times the size. `make bench-growth`, within an hour.

Three parts: processor time of pages from 100 to 100,000 articles, on SQLite and PostgreSQL (bench/library.py); a list of
1,000,000 people while a letter begins and others sign up and leave (bench/lists.py); readers' minutes around edits, deploys
and a full hour (bench/readers.py). Prints tables with what is demanded, and writes them into docs/benchmarks.md.
"""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import library, readers  # noqa: E402
from tests.servers import postgresql  # noqa: E402

MOST = int(os.environ.get("ARTICLES", "100000"))
PEOPLE = os.environ.get("PEOPLE", "1000000")
TRIES = 5
DOCUMENT = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- growth -->", "<!-- /growth -->"
# At the largest size: as many times what it costs at 100 articles, or as many milliseconds on each database.
TIMES: dict[str, float] = {
    **dict.fromkeys(("home", "list", "list, later", "topic", "topic, later", "article"), 1.5),
    **dict.fromkeys(("article with picks", "feed", "sitemap, a part"), 1.5),
    "sitemap": 3.0,  # it names each part, of which there are more
    **dict.fromkeys(("desk's list", "desk's list, deep"), 1.5),
    **dict.fromkeys(("desk's search, common", "desk's search, rare"), 3.0),
}
WITHIN = {
    "search, found": {"sqlite": 4.0, "postgresql": 25.0},
    "search, misspelt": {"sqlite": 6.0, "postgresql": 25.0},
    "search, very common": {"sqlite": 10.0, "postgresql": 25.0},
    "search, two common words": {"sqlite": 10.0, "postgresql": 25.0},
    "search, one letter": {"sqlite": 4.0, "postgresql": 25.0},
}
READERS_WAIT, EDIT_SHOWN = 50.0, 1.0  # ms at p99, seconds


def costs() -> None:
    """Run in a process of its own, on a database that is there: print what each page costs, in milliseconds, in a process
    that is set like the web server's (IN_REQUESTS).

    On SQLite processor time; on PostgreSQL, which is another process, time on the clock.
    """
    from django.db import connection

    ask = _asking()
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    for name, address in _addresses().items():
        ask(address)
        best = float("inf")
        for _ in range(TRIES):
            begun = clock()
            ask(address)
            best = min(best, clock() - begun)
        print(f"{name}\t{best * 1000:.2f}", flush=True)


def _asking() -> Callable[[str], None]:
    """Return what asks for a page, as a reader or at the desk as its owner."""
    from django.contrib.auth.models import User
    from django.test import Client

    from articles.searching import vocabulary
    from trustsite.web.serving.edge import Edge
    from trustsite.web.serving.fragments import used
    from trustsite.wsgi import django_application

    edge, client = Edge(django_application), Client()
    vocabulary.remember()  # as a thread of the web server does
    client.force_login(User.objects.filter(is_superuser=True)[0])
    cookie = f"session={client.cookies['session'].value}"

    def ask(address: str) -> None:
        path, _, query = address.partition("?")
        more = {"QUERY_STRING": query, "HTTP_COOKIE": cookie if path.startswith("/admin/") else ""}
        # A search's milliseconds are those of the web server, which has the parts that all pages share at hand; of a page
        # that may grow all parts are made each time.
        with used() if path == "/search/" else nullcontext():
            answer = edge.ask(edge.environ_of(path) | more)
        assert answer.status == 200, (address, answer.status)

    return ask


def _addresses() -> dict[str, str]:
    from articles.models import Article
    from articles.models.article import BY_TITLE, READING_ORDER
    from articles.reading.sitemaps import PART

    published = Article.objects.published()
    newest = list(published.order_by("-pk")[:6])
    Article.objects.filter(pk=newest[1].pk).update(related=[row.slug for row in newest[2:5]])
    one, desk = newest[0], "/admin/articles/article/"
    topic = one.topic.get_absolute_url()
    middle, last = (
        rows[rows.count() // 2].slug
        for rows in (
            published.order_by(*BY_TITLE),
            published.filter(topic=one.topic).order_by(*READING_ORDER),
        )
    )
    return {
        "home": "/",
        "list": "/articles/",
        "list, later": f"/articles/after/{middle}/",
        "topic": topic,
        "topic, later": f"{topic}after/{last}/",
        "article": one.get_absolute_url(),
        "article with picks": newest[1].get_absolute_url(),
        "feed": "/feed/",
        "sitemap": "/sitemap.xml",
        "sitemap, a part": f"/sitemap-articles-{one.pk // PART // 2}.xml",
        "desk's list": desk,
        "desk's list, deep": f"{desk}?p=2" if one.pk < 10_000 else f"{desk}?p=200",
        "desk's search, common": f"{desk}?q=trauma",
        "desk's search, rare": f"{desk}?q={library.RARE[0]}",
        "search, found": f"/search/?q={library.RARE[0]}",
        "search, misspelt": "/search/?q=anxeity+heliotrpe",
        "search, very common": "/search/?q=trauma",
        "search, two common words": "/search/?q=body+trauma",
        "search, one letter": "/search/?q=s",
    }


def sized(part: str, environment: dict[str, str], *more: str) -> str:
    """Run a part of this file, or another command of the bench, in a process; return what it printed."""
    command = [sys.executable, *(more or (str(Path(__file__).resolve()), part))]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout


def pages(vendor: str, stack: ExitStack, server: Any = None) -> dict[int, dict[str, float]]:
    """Return for each size what each page costs; one database grows from size to size."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="growth-"))
    environment = os.environ | {"MODE": "development", "DATA": folder, "PYTHONWARNINGS": "ignore"}
    environment |= {"DJANGO_SETTINGS_MODULE": "trustsite.settings"}
    if server:
        environment["DATABASE_URL"] = server.new_database()
    prepare = "from trustsite.management.commands.dev import Command; Command().prepare()"
    sized("", environment, "manage.py", "shell", "--no-imports", "-c", prepare)
    found: dict[int, dict[str, float]] = {}
    there = 0
    for size in library.sizes(MOST):
        begun = time.monotonic()
        sized("", environment, "bench/library.py", str(size - there))
        there = size
        lines = sized("costs", environment | {"IN_REQUESTS": "on"}).splitlines()
        found[size] = {name: float(cost) for name, cost in (line.split("\t") for line in lines)}
        print(f"{vendor}, {size:,} articles: {time.monotonic() - begun:.0f} s", flush=True)
    return found


def table_of_pages(vendor: str, found: dict[int, dict[str, float]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    sizes = sorted(found)
    clock = "processor time" if vendor == "sqlite" else "time on the clock"
    yield f"| ms of {clock} at | {' | '.join(f'{size:,}' for size in sizes)} | grows | demanded | |"
    yield "| --- |" + " ---: |" * (len(sizes) + 2) + " --- |"
    for name in found[sizes[0]]:
        costs = [found[size][name] for size in sizes]
        times = costs[-1] / costs[0]
        demanded = f"≤ {TIMES[name]} ×" if name in TIMES else f"≤ {WITHIN[name][vendor]:.0f} ms"
        is_met = times <= TIMES[name] if name in TIMES else costs[-1] <= WITHIN[name][vendor]
        row = " | ".join(f"{cost:.1f}" for cost in costs)
        yield f"| {name} | {row} | {times:.2f} × | {demanded} | {'met' if is_met else 'missed'} |"


def people() -> Iterator[str]:
    """Yield what bench/lists.py says of a list of so many people."""
    yield "```"
    yield from sized("", os.environ | {"PEOPLE": PEOPLE}, "bench/lists.py").splitlines()
    yield "```"


def minutes(names: list[str]) -> Iterator[str]:
    """Yield a line of a table for each of readers' minutes."""
    for seeded, rate in ((0, 100.0), (2000, 160.0)):
        for name in names:
            minute, seen = readers.measure(seeded, rate, name)
            before, after = minute.p99(0, readers.EVENT_AT), minute.p99(readers.EVENT_AT)
            shown = "" if seen.shown_after is None else f"{seen.shown_after:.2f} s"
            is_met = (
                after <= READERS_WAIT
                and (seen.shown_after or 0) <= EDIT_SHOWN
                and not minute.failed
            )
            pages = f"{seeded or 52:,} pages, {rate:.0f} readers a second"
            yield (
                f"| {name}, {pages} | {before:.1f} | {after:.1f} | {shown} | {minute.failed} |"
                f" {'met' if is_met else 'missed'} |"
            )


def document(heading: str, rows: list[str]) -> None:
    """Print a part, and put it between the markers in docs/benchmarks.md, in the place of what it was before."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    when = f"{date.today():%-d %B %Y}, {machine}; others may have used the machine too."
    text = "\n".join([f"### {heading}", "", when, "", *rows])
    print(f"\n{text}", flush=True)
    whole = DOCUMENT.read_text() if DOCUMENT.exists() else "# Benchmarks\n"
    if BEGIN not in whole:
        whole = f"{whole.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, _, rest = whole.partition(BEGIN)
    own, _, after = rest.partition(END)
    sections = re.split(r"(?m)^(?=### )", own)[1:]
    kept = [part.strip() for part in sections if not part.startswith(f"### {heading}\n")]
    own = "\n\n".join([INTRODUCTION, *sorted([*kept, text])])
    DOCUMENT.write_text(f"{before}{BEGIN}\n{own}\n\n{END}{after}")


INTRODUCTION = """## Growth

Made by `make bench-growth`. What each page costs is the least of five; a demand is in milliseconds, or in times what it
costs at 100 articles."""
READERS_TABLE = [
    f"What 99 of 100 readers waited at the most, in ms: demanded are {READERS_WAIT:.0f},",
    f"and an edit shown by all workers within {EDIT_SHOWN:.0f} s.",
    "",
    "| what happens | p99 before | p99 after | shown within | failed | |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
]


def main() -> None:
    """Measure the parts that are named, or all of them."""
    if sys.argv[1:] == ["costs"]:
        import logging

        import django

        django.setup()
        logging.disable(logging.ERROR)
        costs()
        return
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()


def on_sqlite() -> None:
    with ExitStack() as stack:
        found = pages("sqlite", stack)
    document("Pages and lists on SQLite", list(table_of_pages("sqlite", found)))


def on_postgresql() -> None:
    with ExitStack() as stack:
        if server := stack.enter_context(postgresql()):
            found = pages("postgresql", stack, server)
            document("Pages and lists on PostgreSQL", list(table_of_pages("postgresql", found)))


def of_people() -> None:
    document(f"A list of {int(PEOPLE):,} people", list(people()))


def of_readers() -> None:
    document("Readers’ minutes", [*READERS_TABLE, *minutes(["edit", "deploy", "full hour"])])


PARTS = {
    "sqlite": on_sqlite,
    "postgresql": on_postgresql,
    "people": of_people,
    "readers": of_readers,
}


if __name__ == "__main__":
    main()
