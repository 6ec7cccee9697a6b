"""The whole site as `make run` starts it on a prepared folder, a real SMTP sink beside it, and Chromium to visit it with.

REQUIRE_BROWSER=1 (as `make test` sets) turns a missing Chromium from a skip into an error.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect

from tests.waiting import PATIENCE
from tests.web_server import SAID, prepared

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> Any:
    if not CHROMIUM:
        missing = "no Chromium found: apt-get install -y chromium, or CHROMIUM=/path/to/it"
        pytest.fail(missing) if os.environ.get("REQUIRE_BROWSER") else pytest.skip(missing)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


class Sink:
    """An SMTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  the name aiosmtpd calls
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def wait_for(self, address: str, subject: str) -> Any:
        """Return the mail to `address` whose subject holds `subject`, once it is there."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for mail in self.mails:
                if mail["To"] == address and subject in mail["Subject"]:
                    return mail
            time.sleep(0.1)
        raise AssertionError(
            f"no mail “{subject}” to {address}; there are: {[mail['Subject'] for mail in self.mails]}"
        )


@dataclass
class Site:
    """A running site."""

    url: str
    data: Path
    sink: Sink
    output: Path

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.data / "site.sqlite3") as connection:
            return connection.execute(query).fetchall()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data, port = tmp_path_factory.mktemp("site"), free_port()
    shutil.copytree(prepared(), data, dirs_exist_ok=True)
    sink = Sink()
    smtp = Controller(sink, hostname="127.0.0.1", port=free_port())
    smtp.start()
    environment = os.environ | {
        "MODE": "development",
        "DATA": str(data),
        "PORT": str(port),
        "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp.port),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    }
    output = data / SAID
    with output.open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(url, process, output)
        yield Site(url, data, sink, output)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)
        smtp.stop()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, output.read_text()
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the site did not start:\n" + output.read_text())


@pytest.fixture
def visit(site: Site, browser: Any) -> Iterator[Any]:
    """Return a function that opens a context of its own; it records requests, cookies and complaints of the console."""
    contexts = []

    def visit(**options: Any) -> Any:
        context = browser.new_context(
            base_url=site.url, **{"viewport": {"width": 1280, "height": 900}} | options
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.asked, context.complaints = [], []
        context.on("request", lambda request: context.asked.append(request.url))
        context.on(
            "console",
            lambda line: (
                context.complaints.append(f"{line.text} {line.location}")
                if line.type == "error"
                else None
            ),
        )
        contexts.append(context)
        return context

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def enter(site: Site) -> Any:
    """Return a function that logs a page in as the editor who was made with the site, and returns it."""
    found = re.search(r"editor / (\S+)", site.output.read_text())
    assert found
    password = found[1]

    def enter(page: Any, path: str = "/admin/") -> Any:
        page.goto(path)
        page.get_by_label("Username").fill("editor")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        return page

    return enter


@pytest.fixture(scope="module")  # what other modules do to the login may end its sessions
def logged_in(site: Site, browser: Any, enter: Callable[..., Any]) -> Any:
    """What a browser keeps once it has logged in: to do so for each page would take most of its time."""
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(PATIENCE * 1000)
    enter(context.new_page()).get_by_role("button", name="Log out").wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def desk(visit: Callable[..., Any], logged_in: Any) -> Any:
    """A new page of the editors' browser, on a wide screen."""
    return visit(viewport={"width": 1600, "height": 1000}, storage_state=logged_in).new_page()
