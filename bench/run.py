"""Speed of the running site, as ratios within one run: `make bench`.

Needs wrk (apt-get install -y wrk). nginx, where it is installed, serves the same bytes as a file: the limit.
Every contender is measured in turn, three rounds of three seconds each, and the median counts: one machine's seconds
change from minute to minute, its ratios hardly.
"""

import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import brotli

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import lighthouse  # noqa: E402
from quiz.scoring import scoring  # noqa: E402  pure: no Django
from quiz.scoring.stability import stability  # noqa: E402

ARTICLE = "/articles/trauma-and-trust-issues/"
PAGES = ["/", "/articles/", ARTICLE, "/responses/fawn/", "/quiz/", "/guide/", "/get-help/"]
PUBLISHED = "nginx, the published article"
ROUNDS, SECONDS, CONNECTIONS = 3, 3, 64
NO_LIMITS = {  # all come from one network, for one mail domain
    "SIGNUPS_PER_NETWORK": "100000",
    "SIGNUPS_PER_DOMAIN": "100000",
    "SIGNUPS_PER_HOUR": "10000000",
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, **environment: str) -> Iterator[str]:
    """Run a server until the block ends; give its address once it answers."""
    log = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the server runs
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None:
                    log.seek(0)
                    sys.exit(log.read().decode())
                time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def granian(application: Any, port: int, interface: str = "rsgi") -> Any:
    serve = ["--interface", interface, "--workers", "2", "--http", "1", "--no-ws"]
    return [sys.executable, "-m", "granian", *serve, "--port", str(port), application]


def nginx(folder: Path, port: int, body: bytes) -> Any:
    """Write a configuration that serves `body`, brotli already, as a file; return the command."""
    (folder / "page.html").write_bytes(body)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 2; pid {folder}/pid; error_log /dev/null; events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; sendfile on; types {{ text/html html; }}\n"
        f"server {{ listen 127.0.0.1:{port} reuseport; root {folder}; add_header Content-Encoding br;\n"
        f"location / {{ try_files /page.html =404; }} }} }}\n"
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def published(folder: Path, port: int) -> list[str]:
    """Write a configuration that serves published files by the shipped ones, in plain http; return the command."""
    files = str(folder / "files")
    shared, headers = (
        (ROOT / f"deploy/nginx/{name}").read_text().replace("/srv/trustsite/files", files)
        for name in ("trustsite-http.conf", "trustsite-files.conf")
    )
    shared = "\n".join(
        line for line in shared.splitlines() if not line.startswith("proxy_cache_path")
    )
    (folder / "published.conf").write_text(
        f"daemon off; worker_processes 2; pid {folder}/published.pid; error_log /dev/null;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; sendfile on;\n{shared}\n"
        f"server {{ listen 127.0.0.1:{port} reuseport;\n{headers}\n"
        f"location / {{ try_files /$trustsite_class$trustsite_file$trustsite_suffix "
        f"/$trustsite_class$trustsite_file =404; }} }} }}\n"
    )
    return ["nginx", "-c", str(folder / "published.conf"), "-p", str(folder)]


def throughput(url: str, script: str | None = None) -> float:
    """Return requests per second over `SECONDS`."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", "Accept-Encoding: br"]
    command += ["-H", f"User-Agent: {BROWSER}"]  # without one it would be a robot, and not counted
    command += ["-s", str(script)] if script else []
    printed = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        sys.exit(f"{url} did not answer 200:\n{printed}")
    [line] = [line for line in printed.splitlines() if line.startswith("Requests/sec")]
    return float(line.split(":")[1])


def compare(contenders: Any) -> dict[str, Any]:
    """Measure every contender in turn, `ROUNDS` times; return the median of each."""
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, (url, script) in contenders.items():
            measured[name].append(throughput(url, script))
    return {name: statistics.median(runs) for name, runs in measured.items()}


def quiz_answers(folder: Path) -> Any:
    """Write what wrk posts: a whole quiz, the first answer to each question."""
    body = urlencode({"version": "2", **{f"q{number:02}": "a" for number in range(1, 13)}})
    script = folder / "answers.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = "{body}"\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Sec-Fetch-Site"] = "same-origin"\n'
    )
    return script


def sign_ups(folder: Path, site: str) -> Path:
    """Write what wrk posts: a sign-up of another address each time."""
    page = fetch(f"{site}/newsletter/subscribe/").decode()
    [stamp] = re.findall(r'name="stamp" value="([^"]+)"', page)[:1]
    script = folder / "sign_ups.lua"
    script.write_text(
        "local number = os.time() * 1000000\nrequest = function()\n  number = number + 1\n"
        f'  local body = "address=reader" .. number .. "%40site.example&stamp={quote(stamp)}"\n'
        '  return wrk.format("POST", nil, nil, body)\nend\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Sec-Fetch-Site"] = "same-origin"\n'
    )
    return script


def scoring_rate() -> tuple[float, float]:
    """Return how many sheets of the 3-minute quiz are scored a second in one process: the outcome, and how firm it is."""
    file = tomllib.loads((ROOT / "content/quiz/short-v2.toml").read_text())
    questions = [
        scoring.Question(
            asked["id"],
            tuple(
                scoring.Option(key, option.get("weights", {}), option.get("calm", False))
                for key, option in zip("abcde", asked["option"], strict=True)
            ),
        )
        for asked in file["question"]
    ]
    form = scoring.QuizDefinition(tuple(questions), 190, 150)
    sheets = [{question.key: random.choice("abcde") for question in questions} for _ in range(500)]
    start = time.perf_counter()
    for answers in sheets:
        scoring.score(form, answers)
    scored = time.perf_counter()
    for answers in sheets:
        stability(form, answers)
    return len(sheets) / (scored - start), len(sheets) / (time.perf_counter() - scored)


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.read()


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("The bench needs wrk: apt-get install -y wrk")
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    site_port, hello_port, file_port, view_port, published_port = (free_port() for _ in range(5))
    with ExitStack() as stack:
        up = [sys.executable, "manage.py", "dev", "--port", str(site_port)]
        site = stack.enter_context(
            running(up, site_port, MODE="development", DATA=str(folder / "data"), **NO_LIMITS)
        )
        empty = granian("bench.empty_view:application", view_port, "wsgi")
        empty_view = stack.enter_context(running(empty, view_port))
        posts = sign_ups(folder, site)
        hello = stack.enter_context(
            running(granian("bench.hello:application", hello_port), hello_port)
        )
        print("Weight, bytes of HTML with all its CSS:")
        for path in PAGES:
            page = fetch(site + path)
            print(
                f"  {path:<36} {len(page):>7,}  brotli {len(brotli.compress(page, quality=9)):>6,}"
            )
        contenders = {
            "an empty RSGI application": (hello, None),
            "an article": (site + ARTICLE, None),
            "a search, which is never kept": (site + "/search/?q=stress", None),
            "an address nobody has": (site + "/articles/made-up/", None),
            "the health check": (site + "/healthz", None),
            "a quiz scored": (site + "/quiz/", quiz_answers(folder)),
            "a sign-up, stored": (site + "/newsletter/subscribe/", posts),
            "an empty Django view, posted to": (empty_view + "/", posts),
        }
        if shutil.which("nginx"):
            command = nginx(folder, file_port, brotli.compress(fetch(site + ARTICLE), quality=11))
            contenders["nginx, the same bytes as a file"] = (
                stack.enter_context(running(command, file_port)),
                None,
            )
            publish = [sys.executable, "manage.py", "publish_files", str(folder / "files")]
            environment = os.environ | {"MODE": "development", "DATA": str(folder / "data")}
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(publish, cwd=ROOT, env=environment, check=True, **quiet)
            address = stack.enter_context(
                running(published(folder, published_port), published_port)
            )
            contenders[PUBLISHED] = (address + ARTICLE, None)
        rates = compare(contenders)
        lighthouse.main(site)
    base = rates.get("nginx, the same bytes as a file") or rates["an empty RSGI application"]
    print(f"\nRequests a second, {CONNECTIONS} connections, median of {ROUNDS} rounds:")
    for name, rate in sorted(rates.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<36} {rate:>9,.0f}  {rate / base:>7.1%}")
    print(
        f"\nAn article against an empty RSGI application: {rates['an article'] / rates['an empty RSGI application']:.2f}"
    )
    print(
        f"A quiz scored against the health check:       {rates['a quiz scored'] / rates['the health check']:.2f}"
    )
    print(
        f"A sign-up against an empty Django view:       "
        f"{rates['a sign-up, stored'] / rates['an empty Django view, posted to']:.2f}"
    )
    if PUBLISHED in rates:
        print(f"The published article against the same bytes: {rates[PUBLISHED] / base:.2f}")
    scored, firm = scoring_rate()
    print(
        f"The arithmetic of a result in one process:    {scored:,.0f} outcomes a second, "
        f"{firm:,.0f} with how firm they are, {scored / rates['a quiz scored']:,.0f} and {firm / rates['a quiz scored']:,.0f} "
        "times as fast as the page around them"
    )


if __name__ == "__main__":
    main()
