"""Servers that are measured: each in a process of its own, on a free port, gone with its block."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PATIENCE = 90.0  # seconds for a server's first answer

HOPS = {
    "connection",
    "date",
    "content-length",
    "transfer-encoding",
}  # of one answer, not of the page

Bodies = tuple[bytes, Mapping[str, str]]


@contextmanager
def running(command: Sequence[str], port: int, **environment: str) -> Iterator[str]:
    """Run a server until the block ends; give its address once it answers."""
    log = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the server runs
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + PATIENCE
        while not answers(f"{address}/healthz"):
            if process.poll() is not None or time.monotonic() > end:
                log.seek(0)
                sys.exit(log.read().decode())
            time.sleep(0.02)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()


def answers(url: str) -> bool:
    """Whether anything answers at `url`."""
    try:
        urllib.request.urlopen(url, timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def fetch(url: str, accepted: str = "identity") -> Bodies:
    """Return the body and the headers of an answer."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": accepted})
    with urllib.request.urlopen(request, timeout=20) as response:
        headers = {name: value for name, value in response.headers.items() if name not in HOPS}
        return response.read(), headers


def same_bytes(folder: Path, port: int, answer: Bodies) -> list[str]:
    """Return the command that answers everything with `answer` from granian alone, by the site's own options."""
    import pickle

    body, headers = answer
    file = folder / f"{port}.pickle"
    file.write_bytes(pickle.dumps(([*headers.items()], body)))
    return [sys.executable, str(ROOT / "bench/same_bytes.py"), str(port), str(file)]


def nginx(folder: Path, port: int, answer: Bodies, others: str = "") -> list[str]:
    """Return the command that answers with `answer` from nginx: its body as a file, and its headers.

    With `others`, a server's address, only /result is answered so, and all else by that server.
    """
    body, headers = answer
    root = folder / str(port)
    root.mkdir()
    (root / "page.html").write_bytes(body)
    its_own = {"content-type", "content-length", "date", "server", "etag", "last-modified"}
    added = "".join(
        f"add_header {name} '{value.replace(chr(39), chr(92) + chr(39))}';\n"
        for name, value in headers.items()
        if name.lower() not in its_own
    )
    kind = headers["content-type"].partition(";")[0]
    return _nginx(
        root,
        f"types {{ {kind} html; }} charset utf-8;\n"
        f"server {{ listen 127.0.0.1:{port} reuseport; root {root};\n{added}"
        + (
            f"location = /result {{ try_files /page.html =404; }} location / {{ proxy_pass {others}; }} }}"
            if others
            else "location / { try_files /page.html =404; } }"
        ),
    )


def published(folder: Path, port: int) -> list[str]:
    """Return the command that serves published files by the shipped configuration, in plain http."""
    files = str(folder / "files")
    shared, robots, headers = (
        (ROOT / f"deploy/nginx/trustsite-{name}.conf")
        .read_text()
        .replace("/srv/trustsite/files", files)
        for name in ("http", "robots", "files")
    )
    lines = [*shared.splitlines(), *robots.splitlines()]
    shared = "\n".join(line for line in lines if not line.startswith("proxy_cache_path"))
    root = folder / str(port)
    root.mkdir()
    place = "/$trustsite_class$trustsite_file"
    return _nginx(
        root,
        f"{shared}\nserver {{ listen 127.0.0.1:{port} reuseport;\n{headers}\n"
        f"location / {{ try_files {place}$trustsite_suffix {place} =404; }} }}",
    )


def _nginx(root: Path, http: str) -> list[str]:
    (root / "nginx.conf").write_text(
        f"daemon off; worker_processes 2; pid {root}/pid; error_log /dev/null;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{ access_log off; sendfile on;\n{http}\n}}\n"
    )
    return ["nginx", "-c", str(root / "nginx.conf"), "-p", str(root)]


def tree(process: int) -> Iterator[int]:
    """Yield a process and all that come of it."""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from tree(int(child))


def memory(process: int) -> float:
    """Return the memory of a process and all that come of it, in MB: what they share is counted once (PSS)."""
    total = 0
    for one in tree(process):
        rows: dict[str, Any] = {}
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, value = line.partition(":")
            rows[name] = value
        total += int(rows["Pss"].split()[0])
    return total / 1000
