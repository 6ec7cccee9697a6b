"""Memory of the web server, and how long the site takes to start."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.processes import ROOT, answers, fetch, memory, running
from tests.servers import free_port

PAGES = 2_000
CROWD = 120.0  # seconds within which all pages must have been kept
STARTS = 3


def environment(data: Path) -> dict[str, str]:
    """Return what the site and its commands need to know."""
    return {
        "MODE": "development",
        "DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    }


def start(data: Path) -> float:
    """Return the seconds from `make run` to the first page, of a site that ran before: the best of some."""
    best = float("inf")
    for _ in range(STARTS):
        port = free_port()
        command = [sys.executable, "manage.py", "dev", "--port", str(port)]
        begun = time.monotonic()
        with running(command, port, **environment(data)) as address:
            while not answers(address + "/"):
                time.sleep(0.02)
            best = min(best, time.monotonic() - begun)
    return best


def copy_articles() -> None:
    """Fill the database up to `PAGES` published articles: copies of ours, so as long as they are."""
    import django

    django.setup()
    from articles.models import Article

    ours = list(Article.objects.published())
    copies = []
    for number in range(PAGES - len(ours)):
        copy = Article(
            **{
                field.attname: getattr(ours[number % len(ours)], field.attname)
                for field in Article._meta.concrete_fields
            }
        )
        copy.pk, copy.slug = None, f"copy-{number}"
        copies.append(copy)
    Article.objects.bulk_create(copies, batch_size=200)


def crawl(folder: Path, address: str) -> None:
    """Ask for all pages until both workers have kept them."""
    script = folder / "crawl.lua"
    script.write_text(
        f"local number = 0\nrequest = function()\n  number = (number + 1) % {PAGES - 50}\n"
        '  return wrk.format("GET", "/articles/copy-" .. number .. "/")\nend\n'
    )
    command = ["wrk", "-t1", "-c16", "-d5s", "-H", "Accept-Encoding: br", "-s", str(script)]
    end, rate = time.monotonic() + CROWD, 0.0
    while rate < PAGES and time.monotonic() < end:
        printed = subprocess.run([*command, address], capture_output=True, text=True, check=True)
        [line] = [line for line in printed.stdout.splitlines() if "Requests/sec" in line]
        rate = float(line.split(":")[1])


def measure(folder: Path) -> dict[str, float]:
    """Return the megabytes of two workers before and after all pages were kept, and the seconds of a start."""
    data = folder / "resources"
    found = {"start": start(data)}
    subprocess.run(
        [sys.executable, "-m", "bench.resources"],
        cwd=ROOT,
        env=os.environ | environment(data),
        check=True,
    )
    port = free_port()
    command = [sys.executable, "-m", "trustsite.serve", "--port", str(port)]
    more = environment(data) | {"PORT": str(port)}
    with running(command, port, **more) as address:
        fetch(address + "/")
        time.sleep(2)  # until what a start leaves behind is done
        [process] = _children("trustsite.serve", str(port))
        found["idle"] = memory(process)
        crawl(folder, address)
        found["kept"] = memory(process)
    return found


def _children(*words: str) -> list[int]:
    """Return the processes that this one started and whose command says `words`."""
    found = []
    for file in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in file.read_text().split():
            said = Path(f"/proc/{child}/cmdline").read_text()
            if all(word in said for word in words):
                found.append(int(child))
    return found


if __name__ == "__main__":
    copy_articles()
