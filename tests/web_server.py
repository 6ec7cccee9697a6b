"""The real web server for tests and measurements, with a site in a folder of its own."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.servers import ROOT, free_port

PREPARE = "from trustsite.management.commands.dev import Command; Command().prepare()"
SERVE = ["-m", "trustsite.serve"]
SLOW = (
    b"POST /newsletter/subscribe/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na"
)
PATIENCE = 30  # seconds, of a test that waits for a state


def prepare(folder, **more):
    """Make a site in `folder`; return the environment it runs in."""
    environment = os.environ | {"MODE": "development", "DATA": str(folder)} | more
    environment["DJANGO_SETTINGS_MODULE"] = "trustsite.settings"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", PREPARE]
    subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
    return environment


class Site:
    """A running web server."""

    def __init__(self, process, port):
        self.process, self.port = process, port

    def open(self, path, data=None, timeout=5):
        headers = {"Sec-Fetch-Site": "same-origin"} if data else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers
        )
        return urllib.request.urlopen(request, timeout=timeout)

    def status(self, path, data=None, timeout=5):
        """Return the status of the answer; 0 when there is none in time."""
        try:
            with self.open(path, data, timeout) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def answers(self, path, timeout=5):
        return self.status(path, timeout=timeout) == 200

    def text(self, path):
        with self.open(path) as answer:
            return answer.read().decode()

    def static_file(self):
        return re.search(r'/static/[^"]+\.js', self.text("/"))[0]

    def connect(self, data):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(data)
        return connection

    def raw(self, data):
        """Send bytes; return what comes back until nothing more does."""
        with self.connect(data) as connection:
            answer = b""
            while select.select([connection], [], [], 1)[0] and (got := connection.recv(65_536)):
                answer += got
            return answer

    def workers(self):
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        found = {}
        for child in children:
            with suppress(OSError):
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_text()
        return [child for child, line in found.items() if "resource_tracker" not in line and line]


@contextmanager
def slow_bodies(site, count):
    """Hold so many connections that send a form's body a byte a second, until the block ends."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(site.connect(SLOW))
        time.sleep(1)  # no state tells that a server waits
        yield


@contextmanager
def running(environment, command=SERVE):
    """Run a web server by `command`."""
    port = free_port()
    environment = environment | {"PORT": str(port)}
    command = [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, process_group=0)
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


def __getattr__(name):
    """Make `unwatched`, the site without its database watch, when a server's worker imports it."""
    if name != "unwatched":
        raise AttributeError(name)
    from trustsite.web import database_watch

    database_watch.DatabaseWatch.guard_thread = lambda *args, **kwargs: None
    from trustsite import rsgi

    return rsgi.application
