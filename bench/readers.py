"""Readers' minutes: what they wait for while an article is saved, the server is reloaded or an hour strikes.

At a full hour nothing happens by itself but what editors have set for it: an article falls due, and lists with it.

Readers come evenly, whatever the server does: a wait counts from the moment a page was due to be asked for. Part of
`make bench-growth`.
"""

import asyncio
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import ending, free_port, listens  # noqa: E402
from tests.waiting import wait_until  # noqa: E402
from tests.web_server import SERVE, prepare  # noqa: E402

MINUTE, EVENT_AT = 60.0, 20.0  # seconds
CONNECTIONS = 64
EDITED = "/articles/grounding-techniques/"
SAVE = """
import time
from articles.models import Article
article = Article.objects.get(slug="grounding-techniques")
article.title = "{title}"
article.save()
print(time.time())
"""
SCHEDULE = f"""
from datetime import timedelta
from django.utils import timezone
from articles.models import Article, Topic
body, due = "Words.", timezone.now() + timedelta(seconds={EVENT_AT + 1})
Article.objects.create(
    slug="due", title="Due", topic=Topic.objects.first(), body=body, state="published", publish_at=due
)
"""


@dataclass
class Minute:
    """What readers met: when each page was due, within the minute, and how long it took, in seconds."""

    waits: list[tuple[float, float]] = field(default_factory=list)
    failed: int = 0
    shown_after: float | None = None  # seconds from an edit to the last old page

    def p99(self, begin: float = 0, end: float = MINUTE) -> float:
        """Return what 99 of 100 of a part of the minute waited at the most, in milliseconds."""
        waits = [wait for due, wait in self.waits if begin <= due < end]
        return statistics.quantiles(waits, n=100)[98] * 1000


class Reader:
    """One connection, opened anew when the server has closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """Return a page's body; ask once more when the connection was closed meanwhile, as browsers do."""
        for is_last in (False, True):
            try:
                return await self._get(path)
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if is_last:
                    raise
        return b""

    async def _get(self, path: str) -> bytes:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Encoding: br"]
        writer.write(
            "\r\n".join([*lines, "User-Agent: Mozilla/5.0 Firefox/145.0", "", ""]).encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise ConnectionError(head[:20])
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return await reader.readexactly(length)

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None


async def read(port: int, pages: list[str], rate: float, event: Callable[[], None]) -> Minute:
    """Let readers come for a minute, `rate` of them a second; `event` happens in a thread meanwhile."""
    minute = Minute()
    free: asyncio.Queue[Reader] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(Reader(port))
    begun = time.perf_counter() + 0.1

    async def one(due: float, path: str) -> None:
        reader = await free.get()
        try:
            await reader.get(path)
            minute.waits.append((due, time.perf_counter() - begun - due))
        except (OSError, asyncio.IncompleteReadError):
            minute.failed += 1
        free.put_nowait(reader)

    async def happen() -> None:
        await asyncio.sleep(EVENT_AT)
        await asyncio.to_thread(event)

    tasks = [asyncio.create_task(happen())]
    for number in range(int(MINUTE * rate)):
        due = number / rate
        await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due, pages[number % len(pages)])))
    await asyncio.gather(*tasks)
    return minute


@contextmanager
def site(seeded: int) -> Iterator[tuple[int, list[str], dict[str, str], Any]]:
    """Run a site, with so many articles besides the launch content; give its port, some pages, environment and process."""
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        port = free_port()
        environment = prepare(
            Path(folder), PORT=str(port), BEHIND_PROXY="off", PYTHONWARNINGS="ignore"
        )
        if seeded:
            seed = [sys.executable, "bench/library.py", str(seeded)]
            subprocess.run(seed, cwd=ROOT, env=environment, check=True)
        command = [sys.executable, *SERVE, "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        with ending_gently(server):
            wait_until(lambda: listens(port))
            yield port, addresses(environment, seeded), environment, server


@contextmanager
def ending_gently(server: subprocess.Popen[Any]) -> Iterator[None]:
    """End a server and its workers with the block."""
    with ending(server):
        try:
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=40)


def addresses(environment: dict[str, str], seeded: int) -> list[str]:
    """Return the pages that readers ask for, in an order of their own."""
    code = (
        "from articles.models import Article; from articles.reading.sitemaps import paths_besides_articles; "
        "print(*paths_besides_articles(), *(a.get_absolute_url() for a in Article.objects.published()))"
    )
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    pages = run.stdout.split()[: seeded or 52]
    random.Random(1).shuffle(pages)
    return pages


async def warm(port: int, pages: list[str]) -> None:
    """Have every page kept by both workers; which of them a connection reaches is chance."""
    for _ in range(6):
        reader = Reader(port)
        for path in pages:
            await reader.get(path)
        reader.close()


def edit(port: int, environment: dict[str, str], minute: Minute) -> None:
    """Save an article with another title, and look until no worker shows the old one."""
    title = f"Seven ways, number {random.randrange(10**6)}"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", SAVE.format(title=title)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    saved, last_old, asked = float(run.stdout), 0.0, 0

    async def is_new() -> bool:
        import brotli

        reader = Reader(port)
        body = await reader.get(EDITED)
        reader.close()
        return title in brotli.decompress(body).decode()

    while asked < 60:  # in a row: two workers take turns by chance
        asked += 1
        if not asyncio.run(is_new()):
            last_old, asked = time.time(), 0
    minute.shown_after = max(0.0, last_old - saved)


def measure(seeded: int, rate: float, what: str) -> tuple[Minute, Minute]:
    """Return a minute with the event `what` in it, and what an edit in it was seen by."""
    with site(seeded) as (port, pages, environment, server):
        asyncio.run(warm(port, pages))
        seen = Minute()
        events: dict[str, Callable[[], None]] = {
            "edit": lambda: edit(port, environment, seen),
            "deploy": lambda: server.send_signal(signal.SIGHUP),
            "full hour": lambda: None,  # it comes by itself
        }
        if what == "full hour":
            schedule(environment)
        return asyncio.run(read(port, pages, rate, events[what])), seen


def schedule(environment: dict[str, str]) -> None:
    """Have an article fall due when the event of the minute is due, some seconds from now."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", SCHEDULE]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def main() -> None:
    """Measure the minutes named: `python bench/readers.py edit deploy`."""
    for seeded, rate in ((0, 100.0), (2000, 160.0)):
        for what in sys.argv[1:] or ["edit", "deploy"]:
            minute, seen = measure(seeded, rate, what)
            print(
                f"{seeded or 52:>5} pages, {rate:.0f}/s, {what:<7}"
                f" p99 before {minute.p99(0, EVENT_AT):7.1f} ms, after {minute.p99(EVENT_AT):7.1f} ms,"
                f" longest {max(wait for _, wait in minute.waits) * 1000:7.1f} ms, failed {minute.failed},"
                f" shown by all after {seen.shown_after} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
