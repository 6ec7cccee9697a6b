"""The real web server for tests and measurements, with a site in a folder of its own."""

import atexit
import os
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.servers import ROOT, free_port
from tests.waiting import PATIENCE, wait_until

PREPARE = "from trustsite.management.commands.dev import Command; Command().prepare()"
SAID = "said.txt"
STARTING_THREADS = 4
SERVE = ["-m", "trustsite.serve"]
SLOW = (
    b"POST /newsletter/subscribe/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na"
)


def prepare(folder: Path, **more: str) -> dict[str, str]:
    """Make a site in `folder`; return the environment it runs in."""
    environment = (
        os.environ | {"MODE": "development", "DATA": str(folder), "BEHIND_PROXY": "on"} | more
    )
    environment["DJANGO_SETTINGS_MODULE"] = "trustsite.settings"
    if "DATABASE_URL" in environment:
        make(environment)
    else:
        shutil.copytree(prepared(), folder, dirs_exist_ok=True)
    return environment


def make(environment: dict[str, str]) -> None:
    """Make a site; what is said of it, with the editor's password, is kept in its folder."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", PREPARE]
    folder = Path(environment["DATA"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SAID).open("w") as said:
        subprocess.run(command, env=environment, check=True, cwd=ROOT, stdout=said)


@cache
def prepared() -> Path:
    """Return a folder with a site on SQLite that others are copies of; made by tests/run.sh, or else once by each process."""
    if folder := os.environ.get("PREPARED_SITE"):
        return Path(folder)
    made = Path(tempfile.mkdtemp(prefix="prepared-site-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    make_on_sqlite(made)
    return made


def make_on_sqlite(folder: Path) -> None:
    """Make a site in `folder`, and with it the fonts and static files of this checkout."""
    mine = {"MODE": "development", "DATA": str(folder)}
    make(os.environ | mine | {"DJANGO_SETTINGS_MODULE": "trustsite.settings"})


class Site:
    """A running web server."""

    is_proxied = False

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def open(self, path: str, data: bytes | None = None, timeout: float = PATIENCE) -> Any:
        # Each from another network: what counts sign-ups is not what is looked at here.
        network = ".".join(str(random.randrange(1, 255)) for _ in range(3))
        headers = {"X-Forwarded-For": f"{network}.1"}
        headers |= {"Sec-Fetch-Site": "same-origin"} if data else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers
        )
        return urllib.request.urlopen(request, timeout=timeout)

    def status(self, path: str, data: bytes | None = None, timeout: float = PATIENCE) -> int:
        """Return the status of the answer; 0 when there is none in time."""
        try:
            with self.open(path, data, timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def answers(self, path: str, timeout: float = PATIENCE) -> bool:
        return self.status(path, timeout=timeout) == 200

    def text(self, path: str) -> str:
        with self.open(path) as answer:
            return str(answer.read().decode())

    def static_file(self, page: str = "/") -> str:
        return str(re.findall(r'/static/[^"]+\.js', self.text(page))[0])

    def connect(self, data: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(data)
        return connection

    def sign_up(self) -> str:
        """Return what somebody posts who asks for the guide, to be filled with a number."""
        page = self.text("/newsletter/subscribe/")
        [stamp] = re.findall(r'name="stamp" value="([^"]+)"', page)[:1]
        return f"address=reader{{}}%40site.example&stamp={quote(stamp)}"

    def raw(self, data: bytes) -> bytes:
        """Send bytes; return the whole answer."""
        with self.connect(data) as connection, connection.makefile("rb") as stream:
            connection.settimeout(PATIENCE)
            head = b"".join(iter(stream.readline, b"\r\n"))
            [length] = re.findall(rb"(?im)^content-length: *(\d+)", head)
            return head + b"\r\n" + stream.read(int(length))

    def has_all_workers(self) -> bool:
        """Whether both workers answer: one that is still starting has no threads but its first ones."""
        threads = [len(os.listdir(f"/proc/{worker}/task")) for worker in self.workers()]
        return len(threads) == 2 and min(threads) > STARTING_THREADS

    def workers(self) -> list[int]:
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        found = {}
        for child in children:
            with suppress(OSError):
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_text()
        return [child for child, line in found.items() if "resource_tracker" not in line and line]


@contextmanager
def slow_bodies(site: Site, count: int) -> Iterator[None]:
    """Hold so many connections that send a form's body a byte a second, until the block ends."""
    is_over = threading.Event()

    def drip(connections: list[socket.socket]) -> None:
        while not is_over.wait(1):
            for connection in connections:
                with suppress(OSError):  # it was told that it takes too long
                    connection.send(b"a")

    with ExitStack() as stack:
        connections = [stack.enter_context(site.connect(SLOW)) for _ in range(count)]
        stack.callback(is_over.set)
        threading.Thread(target=drip, args=[connections]).start()
        time.sleep(1)  # no state tells that a server waits
        yield


@contextmanager
def running(environment: dict[str, str], command: Sequence[str] = SERVE) -> Iterator[Site]:
    """Run a web server by `command`."""
    port = free_port()
    environment = environment | {"PORT": str(port)}
    command = [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, process_group=0)
    site = Site(process, port)
    try:
        wait_until(lambda: site.answers("/healthz") and site.answers("/get-help/"))
        yield site
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def locked(environment: dict[str, str]) -> Iterator[None]:
    """Hold the one write lock of SQLite."""
    path = Path(environment["DATA"]) / "site.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


@contextmanager
def full_disk(site: Site) -> Iterator[None]:
    """Let no file grow that the server's processes write, as on a full disk."""
    processes = [site.process.pid, *site.workers()]
    held = {each: resource.prlimit(each, resource.RLIMIT_FSIZE) for each in processes}
    for each, (_, hard) in held.items():
        resource.prlimit(each, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        for each, limit in held.items():
            with suppress(ProcessLookupError):
                resource.prlimit(each, resource.RLIMIT_FSIZE, limit)


def stop(process_id: int) -> list[int]:
    """Stop a server and its children, as a machine that hangs does."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    for each in [process_id, *map(int, children)]:
        os.kill(each, signal.SIGSTOP)
    return [process_id, *map(int, children)]


@contextmanager
def stopped(process_id: int | None) -> Iterator[None]:
    held = stop(process_id) if process_id else []
    try:
        yield
    finally:
        for each in held:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def listening(port: int) -> int | None:
    """Return the process that listens on `port`."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):
                    if os.readlink(descriptor) in inodes:
                        return int(folder.name)
    return None


def __getattr__(name: str) -> Any:
    """Make `unwatched`, the site without its database watch, when a server's worker imports it."""
    if name != "unwatched":
        raise AttributeError(name)
    from trustsite.web.serving import database_watch

    setattr(database_watch.DatabaseWatch, "guard_thread", lambda *args, **kwargs: None)  # noqa: B010
    from trustsite import rsgi

    return rsgi.application


if __name__ == "__main__":
    make_on_sqlite(Path(sys.argv[1]))
