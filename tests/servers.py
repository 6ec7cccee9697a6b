"""Real servers for tests and measurements, each in a temporary folder and on a port of its own, gone with its block."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
AS_ROOT = os.name == "posix" and os.geteuid() == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


@contextmanager
def ending(process: subprocess.Popen[Any]) -> Iterator[Any]:
    """End a process with the block."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def sink(record: Path, *options: str) -> Iterator[Any]:
    """Run the mail server of bench/sink.py, which writes what it takes into `record`; give its port."""
    command = [sys.executable, str(ROOT / "bench/sink.py"), str(record), *options]
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        yield int(process.stdout.readline())
        process.stdout.close()


@dataclass
class PostgreSQL:
    """A running server."""

    port: int

    def address(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.address(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self) -> str:
        """Make an empty database; return its address."""
        name = f"site_{secrets.token_hex(4)}"
        self.run(f"CREATE DATABASE {name}")
        return self.address(name)


def postgresql_folder() -> Path | None:
    """Return where PostgreSQL's programs are, or None."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return Path(found).resolve().parent
    return installed[-1].parent if installed else None


@contextmanager
def postgresql() -> Iterator[Any]:
    """Run a PostgreSQL server; give None where its programs aren't installed."""
    programs = postgresql_folder()
    if programs is None:
        yield None
        return
    # It refuses to run as root. Its folder must be the server's own, and on a path that its user may walk.
    user: dict[str, Any] = (
        {"user": "postgres", "group": "postgres", "extra_groups": []} if AS_ROOT else {}
    )
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if AS_ROOT:
        shutil.chown(folder, "postgres")
    server = PostgreSQL(free_port())
    make = [
        "-D",
        folder / "data",
        "-A",
        "trust",
        "-U",
        "postgres",
        "--locale=C.UTF-8",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    start = [
        "-D",
        f"{folder}/data",
        "-p",
        str(server.port),
        "-k",
        str(folder),
        "-c",
        "listen_addresses=127.0.0.1",
    ]
    try:
        subprocess.run(
            [programs / "initdb", *map(str, make)], check=True, capture_output=True, cwd="/", **user
        )
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "cwd": "/",
            **user,
        }
        process = subprocess.Popen([str(programs / "postgres"), *start], **quiet)
        try:
            _until(lambda: server.run("SELECT 1"))
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # ends the clients' sessions too
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str | None]:
    """Run a Redis server; give its address, or None where it isn't installed."""
    if not shutil.which("redis-server"):
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "redis-server",
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            folder,
        ]
        with ending(subprocess.Popen(command, stdout=subprocess.DEVNULL)):
            _until(lambda: listens(port))
            yield f"redis://127.0.0.1:{port}/1"


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
        except Exception:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)
