"""Lighthouse's four scores, on a phone, for the pages that matter most; part of `make bench`.

Needs npm and Chromium; where they are missing it says so and measures nothing. Of Lighthouse's own measurements the score for
speed is simulated from what it saw, so a busy machine can cost it points: run it alone.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VERSION = "12.8.2"  # the last that runs on Node 20
FOLDER = ROOT / "build" / "lighthouse"
PAGES = ["/", "/articles/trauma-and-trust-issues/", "/quiz/", "/get-help/"]
KINDS = ["performance", "accessibility", "best-practices", "seo"]
# Points that we choose to miss, and why.
CHOSEN = {
    "robots-txt": "our policy lets no script fetch anything, and Lighthouse asks for robots.txt by script"
}
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


def lighthouse() -> Any:
    """Return the command, installed into the build folder when it isn't there yet."""
    command = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                "npm",
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                FOLDER,
                f"lighthouse@{VERSION}",
            ],
            check=True,
        )
    return command


def report(command: str, url: str) -> Any:
    """Return Lighthouse's report of one page."""
    chromium = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    ask = [
        command,
        url,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(KINDS)}",
        f"--chrome-flags={FLAGS}",
    ]
    if not chromium:
        sys.exit("Chromium isn’t installed.")
    for _ in range(3):  # a busy machine now and then costs it a trace
        told = subprocess.run(
            ask, env=os.environ | {"CHROME_PATH": chromium}, capture_output=True, text=True
        )
        if told.returncode == 0:
            return json.loads(told.stdout)
    sys.exit(f"Lighthouse failed on {url}:\n{told.stderr[-2000:]}")


def missing(found: Any) -> Iterator[Any]:
    """Yield what costs a page points: the audit, and how much of it was met."""
    for kind in KINDS:
        for reference in found["categories"][kind]["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                why = CHOSEN.get(reference["id"]) or audit.get("displayValue", "")
                yield f"{kind}: {audit['title']} ({audit['score']:.2f}) {why}"


def main(site: Any) -> None:
    """Print the scores of `PAGES` on a running site."""
    if not shutil.which("npm"):
        print("\nLighthouse: not run, for npm isn't here.")
        return
    command = lighthouse()
    print("\nLighthouse, on a phone:" + "".join(f"{kind:>16}" for kind in KINDS))
    for path in PAGES:
        found = report(command, site + path)
        scores = [round(found["categories"][kind]["score"] * 100) for kind in KINDS]
        print(f"  {path:<36}" + "".join(f"{score:>14}" for score in scores))
        if min(scores) < 100:
            for line in missing(found):
                print(f"      {line}")


if __name__ == "__main__":
    main(sys.argv[1])
