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
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core import serializers
from django.core.cache import cache
from django.core.mail import get_connection
from django.core.management import call_command

from newsletter.emails import list_headers
from newsletter.models import Bounce, Delivery, FormMailCount, Heartbeat, Subscriber, Suppression
from trustsite.web.form_guard import form_token


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    list_headers.forget_answer()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Forms answer as soon as they can; test_constant_time.py has the waiting."""
    monkeypatch.setattr("newsletter.subscribing.constant_time.MIN_SECONDS", 0)


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test can put forward: `clock(hours=25)`."""
    real_time, ahead = time.time, [timedelta()]
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.now(UTC) + ahead[0])
    monkeypatch.setattr("time.time", lambda: real_time() + ahead[0].total_seconds())

    def forward(**delta):
        ahead[0] += timedelta(**delta)

    return forward


@pytest.fixture
def ask(client):
    """Fill in the form as a reader would."""

    def ask(address, **fields):
        return client.post(
            "/newsletter/subscribe/", {"address": address, "stamp": form_token(), **fields}
        )

    return ask


@pytest.fixture
def work(db):
    """Let the worker send what is due."""
    return lambda: call_command("run_mail_worker", "--once")


@pytest.fixture
def log(monkeypatch):
    """All that is logged, as it would stand in the file."""
    stream = io.StringIO()
    for handler in {*logging.getLogger("newsletter").handlers, *logging.root.handlers}:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def dump(db):
    """Return a function that writes down every row of the newsletter."""

    def dump():
        return [serializers.serialize("json", model.objects.order_by("pk")) for model in MODELS]

    return dump


MODELS = [Subscriber, Suppression, FormMailCount, Bounce, Delivery, Heartbeat]


class Sink:
    """A mail server that keeps what it is given and answers as it is told.

    `refuse[address]` is the reply to RCPT, `answer[address]` the one to DATA; a callable is called with the server.
    """

    def __init__(self):
        self.envelopes, self.refuse, self.answer, self.greeted_by = [], {}, {}, set()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.greeted_by.add(hostname)
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.envelopes.append(envelope)
        answer = self.answer.get(envelope.rcpt_tos[0], "250 OK")
        return await answer(server) if callable(answer) else answer

    @property
    def mails(self):
        """The mails, parsed."""
        return [
            message_from_bytes(envelope.content, policy=policy.default)
            for envelope in self.envelopes
        ]

    @property
    def recipients(self):
        """Who was written to, in order."""
        return [envelope.rcpt_tos[0] for envelope in self.envelopes]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve():
    """Start mail servers that end with the test."""
    controllers = []

    def serve(sink, port=None, **options):
        port = port or free_port()
        controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
        controllers.append(controller)
        controller.start()
        return controller.port

    yield serve
    for controller in controllers:
        controller.stop()


@pytest.fixture
def sink(serve):
    """A running mail server; `sink.port` is where."""
    sink = Sink()
    sink.port = serve(sink)
    return sink


@pytest.fixture
def backend(sink):
    """Our backend, connected to the sink, with little patience."""
    backend = connect(sink.port)
    yield backend
    backend.close()


def connect(port, **options):
    return get_connection(
        "newsletter.outbox.smtp_backend.Backend", host="127.0.0.1", port=port, timeout=1, **options
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("migrated")
    Site(folder, 25).manage("migrate", "-v0")
    return folder


@pytest.fixture
def site(migrated, tmp_path, sink):
    """A site of its own on disk, whose commands run as processes and send to the sink."""
    folder = tmp_path / "site"
    shutil.copytree(migrated, folder)
    return Site(folder, sink.port)


class Site:
    """Runs commands and scripts as processes of their own on one SQLite file."""

    def __init__(self, folder, port):
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

    def start(self, *command, **environment):
        """Start a process and return it."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manage(self, *arguments, **environment):
        """Run a command to its end; return what it printed."""
        return self._finish(self.start("manage.py", *arguments, **environment))

    def script(self, code):
        """Run a script inside Django; return what it printed."""
        return self._finish(self.start_script(code))

    def start_script(self, code):
        """Start a script inside Django."""
        return self.start("-c", "import django; django.setup()\n" + textwrap.dedent(code))

    def rows(self, query):
        """Ask the database."""
        with closing(sqlite3.connect(self.folder / "site.sqlite3")) as database:
            return database.execute(query).fetchall()

    @staticmethod
    def _finish(process):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err[-2000:]
        return out
