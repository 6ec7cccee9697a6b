"""Requests a second, by wrk: each contender in turn, in rounds, so that what is compared is from the same minute."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.processes import ROOT, fetch, nginx, published, running, same_bytes
from tests.servers import free_port, postgresql

ARTICLE = "/articles/trauma-and-trust-issues/"
ROUNDS, SECONDS = 4, 2
ROUNDS_OF_SIGN_UPS = 3  # each has to wait until mails are sent
SETTLED_WITHIN = 4.0  # seconds
WORKER_UNIT = ROOT / "deploy/systemd/trustsite-worker.service"
FORM = "application/x-www-form-urlencoded"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
NO_LIMITS = {  # all come from one network, for one mail domain
    "SIGNUPS_PER_NETWORK": "100000",
    "SIGNUPS_PER_DOMAIN": "100000",
    "SIGNUPS_PER_HOUR": "10000000",
}


@dataclass
class Contender:
    """What is asked, by how many connections, and what came of each round."""

    url: str
    connections: int
    script: str = ""
    rates: list[float] = field(default_factory=list)
    errors: int = 0

    def run(self) -> None:
        """Run one round."""
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{SECONDS}s", "--timeout", "10s"]
        command += ["-H", "Accept-Encoding: br", "-H", f"User-Agent: {BROWSER}"]
        command += ["-s", self.script] if self.script else []
        printed = subprocess.run([*command, self.url], capture_output=True, text=True, check=True)
        for pattern in (r"Non-2xx or 3xx responses: (\d+)", r"Socket errors: (.+)"):
            for found in re.findall(pattern, printed.stdout):
                self.errors += sum(map(int, re.findall(r"\d+", found)))
        [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", printed.stdout)
        self.rates.append(float(rate))

    @property
    def rate(self) -> float:
        """The median of its rounds."""
        return statistics.median(self.rates)


def ratio(one: Contender, other: Contender) -> float:
    """Return how many times the rate of `other` is that of `one`: the median of what it was in each round."""
    return statistics.median(mine / its for mine, its in zip(one.rates, other.rates, strict=True))


def post(folder: Path, name: str, body: str) -> str:
    """Write what wrk posts to `name`; `body` is Lua. Return the script's path."""
    script = folder / f"{name}.lua"
    script.write_text(
        "local begun, number = os.time(), 0\nrequest = function()\n  number = number + 1\n"
        f'  return wrk.format("POST", nil, nil, {body})\nend\n'
        f'wrk.headers["Content-Type"] = "{FORM}"\nwrk.headers["Sec-Fetch-Site"] = "same-origin"\n'
    )
    return str(script)


def quiz_answers(folder: Path) -> str:
    """Write what wrk posts to the quiz: all its answers."""
    answers = {f"q{number:02}": "abcd"[number % 4] for number in range(1, 13)}
    return post(folder, "answers", f'"{urlencode({"version": "2", **answers})}"')


def sign_ups(folder: Path, site: str, name: str) -> str:
    """Write what wrk posts to the form for the guide: another address each time."""
    page = fetch(f"{site}/newsletter/subscribe/")[0].decode()
    stamp = quote(re.findall(r'name="stamp" value="([^"]+)"', page)[0])
    return post(
        folder,
        name,
        f'"address=reader" .. begun .. "-" .. number .. "%40site.example&stamp={stamp}"',
    )


@contextmanager
def site(folder: Path, name: str, **environment: str) -> Iterator[str]:
    """Run the site with its worker and the launch content."""
    port = free_port()
    data = {"MODE": "development", "DATA": str(folder / name)}
    command = [sys.executable, "manage.py", "dev", "--port", str(port)]
    with running(command, port, **(data | NO_LIMITS | environment)) as address:
        yield address


def step_back(folder: Path) -> None:
    """Have the sites' mail workers wait for web servers, as their unit does."""
    nice = int(re.findall(r"^Nice=(\d+)$", WORKER_UNIT.read_text(), re.MULTILINE)[0])
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if (
                b"run_mail_worker" in command
                and os.fsencode(folder) in (process / "environ").read_bytes()
            ):
                os.setpriority(os.PRIO_PROCESS, int(process.name), nice)


def publish(folder: Path, stack: ExitStack) -> str:
    """Publish the site's pages as files; return where nginx serves them."""
    environment = {"MODE": "development", "DATA": str(folder / "data")}
    command = [sys.executable, "manage.py", "publish_files", str(folder / "files")]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)
    port = free_port()
    return str(stack.enter_context(running(published(folder, port), port)))


def contenders(folder: Path, stack: ExitStack) -> dict[str, Contender]:
    """Start all servers; return what is measured."""

    def start(command: Callable[..., list[str]], *more: object) -> str:
        port = free_port()
        return str(stack.enter_context(running(command(folder, port, *more), port)))

    ours = stack.enter_context(site(folder, "data"))
    static = re.findall(r"/static/js/leave\.[^\"]+\.js", fetch(ours + ARTICLE)[0].decode())[0]
    page, script = fetch(ours + ARTICLE, "br"), fetch(ours + static, "br")
    by_nginx, by_granian = start(nginx, page), start(same_bytes, page)
    empty = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2"]
    port = free_port()
    empty += ["--http", "1", "--no-ws", "--port", str(port), "bench.empty_view:application"]
    view = stack.enter_context(running(empty, port))
    found = {"quiz": Contender(f"{ours}/quiz/", 64, quiz_answers(folder))}
    found["empty view"] = Contender(f"{view}/", 64, found["quiz"].script)
    for connections in (32, 256):
        found |= {
            f"nginx c{connections}": Contender(by_nginx + ARTICLE, connections),
            f"granian c{connections}": Contender(by_granian + ARTICLE, connections),
            f"article c{connections}": Contender(ours + ARTICLE, connections),
        }
    found |= {
        "utm": Contender(f"{ours}{ARTICLE}?utm_source=letter&utm_medium=email", 32),
        "fbclid": Contender(f"{ours}{ARTICLE}?fbclid=IwAR2x", 32),
        "static": Contender(ours + static, 32),
        "nginx static": Contender(start(nginx, script) + static, 32),
        "published": Contender(publish(folder, stack) + ARTICLE, 32),
        "sign-ups SQLite": Contender(
            f"{ours}/newsletter/subscribe/", 64, sign_ups(folder, ours, "sqlite")
        ),
    }
    if server := stack.enter_context(postgresql()):
        other = stack.enter_context(site(folder, "other", DATABASE_URL=server.new_database()))
        found["sign-ups PostgreSQL"] = Contender(
            f"{other}/newsletter/subscribe/", 64, sign_ups(folder, other, "postgresql")
        )
    return found


def settle() -> None:
    """Wait until the processors are idle, for some seconds at most."""
    end = time.monotonic() + SETTLED_WITHIN
    idle = _idle()
    while time.monotonic() < end:
        time.sleep(0.5)
        before, idle = idle, _idle()
        if idle - before > 0.4 * (os.cpu_count() or 1):
            return


def _idle() -> float:
    """Return how many seconds all processors have had nothing to do."""
    ticks = int(Path("/proc/stat").read_text().split()[4])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> dict[str, float]:
    """Return the ratios, and how many answers were errors."""
    with ExitStack() as stack:
        found = contenders(folder, stack)
        # Sign-ups come last and after a pause: the mails that they lead to are being sent for seconds.
        signing = {name: one for name, one in found.items() if name.startswith("sign-ups")}
        for one in [one for name, one in found.items() if name not in signing] * ROUNDS:
            one.run()
        step_back(folder)
        beside = {name: replace(found["empty view"], rates=[]) for name in signing}
        for name in [*signing] * ROUNDS_OF_SIGN_UPS:
            settle()
            beside[name].run()
            signing[name].run()
    for name, one in found.items():
        print(f"  {name:24}{one.rate:10,.0f}/s {one.errors:6} errors", file=sys.stderr)
    measured = {
        f"{name} c{connections}": ratio(
            found[f"article c{connections}"], found[f"{base} c{connections}"]
        )
        for name, base in (("article/nginx", "nginx"), ("article/granian", "granian"))
        for connections in (32, 256)
    }
    kept = found["article c32"]
    measured |= {
        "utm": min(ratio(found["utm"], kept), ratio(found["fbclid"], kept)),
        "static": ratio(found["static"], found["nginx static"]),
        "published": ratio(found["published"], found["nginx c32"]),
        "quiz": ratio(found["quiz"], found["empty view"]),
    }
    measured |= {name: ratio(one, beside[name]) for name, one in signing.items()}
    measured |= {"errors": sum(one.errors for one in found.values())}
    return measured
