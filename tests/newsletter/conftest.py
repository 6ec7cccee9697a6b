"""A clock to turn, a mail server to talk to, and a site of its own on disk for tests with several processes."""

import io
import logging
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core import serializers
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.management import call_command
from django.test import Client

from newsletter.emails import list_headers
from newsletter.models import (
    Bounce,
    Delivery,
    FormMailCount,
    FormRequest,
    Heartbeat,
    Subscriber,
    Suppression,
)
from newsletter.subscribing.intake import Decider
from tests.waiting import PATIENCE
from trustsite.web.form_guard import form_token


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()
    list_headers.forget_answer()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that a test can put forward: `clock(hours=25)`."""
    real_time, ahead = time.time, [timedelta()]
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.now(UTC) + ahead[0])
    monkeypatch.setattr("time.time", lambda: real_time() + ahead[0].total_seconds())

    def forward(**delta: Any) -> None:
        ahead[0] += timedelta(**delta)

    return forward


@pytest.fixture
def decide(db: None) -> Any:
    """Let the worker decide what forms took, and send nothing."""
    return lambda: Decider().tick()


@pytest.fixture
def ask(client: Client, decide: Any) -> Any:
    """Fill in the form as a reader would, and let the worker decide it."""

    def ask(address: str, **fields: Any) -> Any:
        response = client.post(
            "/newsletter/subscribe/", {"address": address, "stamp": form_token(), **fields}
        )
        decide()
        return response

    return ask


@pytest.fixture
def work(db: None) -> Any:
    """Let the worker send what is due."""
    return lambda: call_command("run_mail_worker", "--once")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that is logged, as it would stand in the file."""
    stream = io.StringIO()
    for handler in {*logging.getLogger("newsletter").handlers, *logging.root.handlers}:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def dump(db: None) -> Any:
    """Return a function that writes down every row of the newsletter."""

    def dump() -> Any:
        return [serializers.serialize("json", model.objects.order_by("pk")) for model in MODELS]

    return dump


MODELS: list[Any] = [
    *(Subscriber, Suppression, FormMailCount, FormRequest, Bounce, Delivery, Heartbeat)
]


class Sink:
    """A mail server that keeps what it is given and answers as it is told.

    `refuse[address]` is the reply to RCPT, `answer[address]` the one to DATA; a callable is called with the server.
    """

    def __init__(self) -> None:
        self.envelopes: list[Any] = []
        self.refuse: dict[str, str] = {}
        self.answer: dict[str, Any] = {}
        self.greeted_by: set[str] = set()
        self.port = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greeted_by.add(hostname)
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        answer = self.answer.get(envelope.rcpt_tos[0], "250 OK")
        return str(await answer(server) if callable(answer) else answer)

    @property
    def mails(self) -> Any:
        """The mails, parsed."""
        return [
            message_from_bytes(envelope.content, policy=policy.default)
            for envelope in self.envelopes
        ]

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in order."""
        return [envelope.rcpt_tos[0] for envelope in self.envelopes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve() -> Iterator[Any]:
    """Start mail servers that end with the test."""
    controllers = []

    def serve(sink: Any, port: int | None = None, **options: Any) -> Any:
        port = port or free_port()
        controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
        controllers.append(controller)
        controller.start()
        return controller.port

    yield serve
    for controller in controllers:
        controller.stop()


@pytest.fixture
def sink(serve: Callable[..., int]) -> Any:
    """A running mail server; `sink.port` is where."""
    sink = Sink()
    sink.port = serve(sink)
    return sink


@pytest.fixture
def backend(sink: Any) -> Iterator[Any]:
    """Our backend, connected to the sink."""
    backend = connect(sink.port)
    yield backend
    backend.close()


def connect(port: int, timeout: float = PATIENCE, **options: Any) -> Any:
    return get_connection(
        "newsletter.outbox.smtp_backend.Backend",
        host="127.0.0.1",
        port=port,
        timeout=timeout,
        **options,
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    Site(folder, 25).manage("migrate", "-v0")
    return folder


@pytest.fixture
def site(migrated: Path, tmp_path: Path, sink: Any) -> "Site":
    """A site of its own on disk, whose commands run as processes and send to the sink."""
    folder = tmp_path / "site"
    shutil.copytree(migrated, folder)
    return Site(folder, sink.port)


class Site:
    """Runs commands and scripts as processes of their own on one SQLite file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        here = {
            "MODE": "development",
            "DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        mail = {
            "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
        }
        elsewhere = {
            "DATABASE_URL",
            "CACHE_URL",
        }  # its database is a file of its own, whatever the tests run on
        self.environment = (
            {name: value for name, value in os.environ.items() if name not in elsewhere}
            | here
            | mail
        )

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start a process and return it."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a command to its end; return what it printed."""
        return self._finish(self.start("manage.py", *arguments, **environment))

    def script(self, code: str) -> str:
        """Run a script inside Django; return what it printed."""
        return self._finish(self.start_script(code))

    def start_script(self, code: str) -> subprocess.Popen[str]:
        """Start a script inside Django."""
        return self.start("-c", "import django; django.setup()\n" + textwrap.dedent(code))

    def rows(self, query: str) -> list[Any]:
        """Ask the database."""
        with closing(sqlite3.connect(self.folder / "site.sqlite3")) as database:
            return database.execute(query).fetchall()

    @staticmethod
    def _finish(process: subprocess.Popen[str]) -> str:
        out, err = process.communicate(timeout=5 * PATIENCE)
        assert process.returncode == 0, err[-2000:]
        return out
