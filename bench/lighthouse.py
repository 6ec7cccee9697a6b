"""When the largest part of a page is painted on a simulated phone (LCP), by Lighthouse, and its four scores.

Needs npm and Chromium; where they are missing nothing is measured. Lighthouse asks for addresses alone, so nginx hands it the
result of a quiz that was posted beforehand, with its headers.
"""

import json
import os
import shutil
import statistics
import subprocess
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.processes import HOPS, ROOT, Bodies, nginx, running
from bench.throughput import ARTICLE
from tests.servers import free_port

VERSION = "12.8.2"  # the last that runs on Node 20
FOLDER = ROOT / "build" / "lighthouse"
ROUNDS = 3
KINDS = ["performance", "accessibility", "best-practices", "seo"]
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


def lighthouse() -> Path:
    """Return the command, installed into the build folder when it isn't there yet."""
    command = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        quiet = ["--silent", "--no-audit", "--no-fund"]
        package = f"lighthouse@{VERSION}"
        subprocess.run(["npm", "install", *quiet, "--prefix", FOLDER, package], check=True)
    return command


def report(url: str) -> dict[str, Any]:
    """Return Lighthouse's report of one page; nothing when it failed three times, as on a busy machine it may."""
    ask = [str(lighthouse()), url, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    ask.append(f"--only-categories={','.join(KINDS)}")
    # The network and the processor are slowed, rather than reckoned with afterwards (docs/decisions/0005).
    ask.append("--throttling-method=devtools")
    environment = os.environ | {"CHROME_PATH": chromium()}
    for _ in range(3):
        told = subprocess.run(
            ask, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        if told.returncode == 0:
            found: dict[str, Any] = json.loads(told.stdout)
            return found
    return {}


def chromium() -> str:
    """Return the browser, "" where there is none."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return os.environ.get("CHROMIUM") or found or ""


def result(site: str) -> Bodies:
    """Return the result of a quiz: its bytes in brotli, and its headers."""
    answers = {f"q{number:02}": "abcd"[number % 4] for number in range(1, 13)}
    body = urlencode({"version": "2", **answers}).encode()
    own = {"Accept-Encoding": "br", "Sec-Fetch-Site": "same-origin"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{site}/quiz/", body, own), timeout=20
    ) as answer:
        return answer.read(), {
            name: value for name, value in answer.headers.items() if name not in HOPS
        }


def measure(site: str, folder: Path) -> dict[str, float]:
    """Return the seconds until the largest part of an article and of a result are painted: medians; and the least score."""
    if not (shutil.which("npm") and chromium()):
        return {}
    port = free_port()
    proxy = nginx(folder, port, result(site), others=site)
    found: dict[str, list[float]] = {"article": [], "result": [], "score": []}
    with running(proxy, port) as address:
        for _ in range(ROUNDS):
            for name, url in (("article", site + ARTICLE), ("result", address + "/result")):
                if told := report(url):
                    painted = told["audits"]["largest-contentful-paint"]["numericValue"]
                    found[name].append(painted / 1000)
                    found["score"].append(told["categories"]["performance"]["score"])
    return {name: statistics.median(values) for name, values in found.items() if values}
