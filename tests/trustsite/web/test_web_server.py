"""The real web server, as `up` starts it: a worker that dies is replaced, and slow senders keep nobody waiting."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port
from trustsite.management.commands.up import web_server

PREPARE = "from trustsite.management.commands.up import Command; Command().prepare()"
SLOW = (
    b"POST /newsletter/subscribe/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\na"
)
PATIENCE = 20  # seconds, of a test that waits for a state


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    environment = os.environ | {"MODE": "development", "DATA": str(tmp_path_factory.mktemp("web"))}
    environment["DJANGO_SETTINGS_MODULE"] = "trustsite.settings"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", PREPARE]
    subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
    return environment


class Site:
    """A running web server."""

    def __init__(self, process, port):
        self.process, self.port = process, port

    def answers(self, path, timeout=2):
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=timeout
            ) as answer:
                return answer.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def workers(self):
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        commands = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
        return [child for child, command in commands.items() if "resource_tracker" not in command]

    @contextmanager
    def slow_senders(self, count):
        with ExitStack() as stack:
            for _ in range(count):
                sender = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
                sender.sendall(SLOW)
            time.sleep(0.5)  # no state tells that a server waits
            yield


@contextmanager
def running(environment, without=(), application="", **changed):
    port = free_port()
    command = web_server({"host": "127.0.0.1", "port": port})
    command = [part for part in command if part not in without]
    for option, value in changed.items():
        command[command.index(f"--{option.replace('_', '-')}") + 1] = value
    if application:
        command[-1] = application
    environment = environment | {"PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, cwd=ROOT, process_group=0
    )
    site = Site(process, port)
    try:
        wait_until(lambda: site.answers("/healthz") and site.answers("/get-help/"))
        yield site
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_worker_that_dies_is_replaced(environment):
    with running(environment) as site:
        before = site.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(
            lambda: len(site.workers()) == len(before) == 2 and before[0] not in site.workers()
        )
        wait_until(lambda: site.answers("/get-help/"))
        assert site.process.poll() is None


def test_without_the_option_one_dead_worker_ends_the_site(environment):
    with running(environment, without=["--respawn-failed-workers"]) as site:
        os.kill(site.workers()[0], signal.SIGKILL)
        wait_until(lambda: not site.answers("/healthz"))


def test_slow_senders_keep_nobody_waiting(environment):
    with running(environment) as site, site.slow_senders(6):
        for path in ("/healthz", "/get-help/", "/") * 5:
            assert site.answers(path)


def test_without_the_guard_slow_senders_take_the_site(environment):
    bare = "trustsite.wsgi:django_application"
    with running(environment, application=bare, blocking_threads="1") as site, site.slow_senders(8):
        assert not all(site.answers("/healthz", timeout=1) for _ in range(4))
