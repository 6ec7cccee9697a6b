"""The web server's main process: its workers, and what becomes of them when it is reloaded or told to stop."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port
from tests.waiting import wait_until
from trustsite import serve

APPLICATION = """
import os

async def application(scope, protocol):
    protocol.response_str(200, [], f"WORD {os.getpid()} {os.getppid()}")
"""
START = """
import sys, time
from trustsite import serve
class Slow(serve.Server):
    def _spawn_workers(self, *arguments):
        time.sleep(0.2)  # as a machine may that has other things to do: what falls in between is seen
        super()._spawn_workers(*arguments)
serve.Server = Slow
serve.RELOAD_APART = float(sys.argv[2])
serve.server("127.0.0.1", int(sys.argv[1]), 2, uds=sys.argv[3], application="served:application").serve()
"""


class Running:
    """A web server with an application of one line."""

    def __init__(self, folder, apart, uds, more):
        self.more = more  # of the application
        self.file, self.port, self.uds = folder / "served.py", free_port(), uds
        (folder / "start.py").write_text(START)
        self.write("one")
        command = [sys.executable, "start.py", str(self.port), str(apart), uds]
        self.environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.errors = folder / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, env=self.environment, stderr=errors, process_group=0
            )

    def write(self, word):
        self.file.write_text(APPLICATION.replace("WORD", word) + self.more)

    def ask(self):
        """Return a worker's word, its number and its parent's; nothing while nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            if self.uds:
                connection = http.client.HTTPConnection("localhost")
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.connect(self.uds)
            else:
                connection = http.client.HTTPConnection("127.0.0.1", self.port)
            connection.request("GET", "/")
            word, worker, parent = connection.getresponse().read().decode().split()
            connection.close()
            return word, int(worker), int(parent)
        return ()

    def says(self, word):
        return self.ask()[:1] == (word,)

    def workers(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(child) for child in children.read_text().split()}


@contextmanager
def running(folder, apart=0.2, uds="", more=""):
    server = Running(folder, apart, uds, more)
    try:
        wait_until(server.ask)
        wait_until(lambda: len(server.workers()) == 2)
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


@pytest.mark.parametrize("uds", [False, True])
def test_a_reload_serves_the_code_as_it_is_now_and_ends_the_workers_of_before(tmp_path, uds):
    with running(tmp_path, uds=str(tmp_path / "socket") if uds else "") as server:
        before = server.workers()
        for word in ("two", "three"):
            server.write(word)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda word=word: server.says(word))
            wait_until(lambda: len(server.workers()) == 2)
            assert not server.workers() & before
            assert {server.ask()[0] for _ in range(20)} == {word}
            assert server.ask()[2] == server.process.pid  # who is told to stop stays the same
            before = server.workers()


@pytest.mark.parametrize("uds", [False, True])
def test_a_reload_answers_all_the_time(tmp_path, uds):
    with running(tmp_path, serve.RELOAD_APART, str(tmp_path / "socket") if uds else "") as server:
        server.write("two")
        server.process.send_signal(signal.SIGHUP)
        answers = []

        def is_new():
            # One after the other without a pause: a gap of a millisecond is seen.
            answers.extend(server.ask()[:1] for _ in range(100))
            return answers[-1] == ("two",)

        wait_until(is_new)
        assert set(answers) == {("one",), ("two",)}


WARMING = """
import time
def warm_up(within, is_over):
    open("began", "w").write(str(within))
    while LASTS and not is_over():
        time.sleep(0.01)
application.warm_up = warm_up
application.forget_pages = lambda: open("forgotten", "w").close()
"""


def test_a_reload_has_pages_made_before_workers_answer_and_a_first_start_has_not(tmp_path):
    with running(tmp_path, more=WARMING.replace("LASTS", "False")) as server:
        assert not (tmp_path / "began").exists()
        server.write("two")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.says("two"))
        assert (tmp_path / "began").read_text() == str(serve.WARM_WITHIN)
        wait_until((tmp_path / "forgotten").exists)  # once the workers have them


def test_pages_are_made_no_longer_once_somebody_says_stop(tmp_path):
    with running(tmp_path, more=WARMING.replace("LASTS", "True")) as server:
        before = server.workers()
        server.process.send_signal(signal.SIGHUP)
        wait_until((tmp_path / "began").exists)
        assert server.says("one")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0
        assert not [worker for worker in before if Path(f"/proc/{worker}").exists()]


def test_pages_are_made_no_longer_once_a_worker_of_before_has_died(tmp_path):
    with running(tmp_path, 1_000, more=WARMING.replace("LASTS", "True")) as server:
        before = server.workers()
        server.write("two")
        server.process.send_signal(signal.SIGHUP)
        wait_until((tmp_path / "began").exists)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: server.says("two"))


def reload_to_workers_that_never_listen(server, folder):
    server.more = "import time; application.__rsgi_init__ = lambda loop: time.sleep(1_000)"
    server.write("two")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: list(folder.glob(".socket.*")))
    wait_until(lambda: len(server.workers()) == 4)


def test_a_reload_whose_workers_never_listen_is_not_in_the_way_of_the_next(tmp_path):
    with running(tmp_path, serve.RELOAD_APART, str(tmp_path / "socket")) as server:
        reload_to_workers_that_never_listen(server, tmp_path)
        assert server.says("one")
        server.more = ""
        server.write("three")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.says("three"))
        assert not list(tmp_path.glob(".socket.*"))


def test_a_stop_before_new_workers_listen_leaves_no_socket_of_theirs(tmp_path):
    with running(tmp_path, serve.RELOAD_APART, str(tmp_path / "socket")) as server:
        reload_to_workers_that_never_listen(server, tmp_path)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=60)
        assert not list(tmp_path.glob(".socket.*"))


def test_a_reload_of_code_that_cannot_be_imported_leaves_all_as_it_was(tmp_path):
    with running(tmp_path) as server:
        before = server.workers()
        server.file.write_text("import nothing_of_this_name")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "nothing_of_this_name" in server.errors.read_text())
        wait_until(lambda: server.workers() == before)
        assert server.says("one")
        server.write("two")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.says("two"))


def test_a_stop_while_the_new_code_is_tried_stops(tmp_path):
    with running(tmp_path) as server:
        trying = tmp_path / "trying"
        server.file.write_text(
            f"import pathlib, time; pathlib.Path({str(trying)!r}).touch(); time.sleep(2)"
        )
        server.process.send_signal(signal.SIGHUP)
        wait_until(trying.exists)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0


def test_a_stop_right_after_a_reload_ends_the_workers_of_before_as_well(tmp_path):
    with running(tmp_path, apart=1_000) as server:
        before = server.workers()
        server.write("two")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.says("two"))
        assert before < server.workers()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=60)
        assert not [worker for worker in before if Path(f"/proc/{worker}").exists()]


def test_a_socket_whose_server_was_killed_is_not_in_the_way(tmp_path):
    uds = str(tmp_path / "socket")
    with running(tmp_path, uds=uds):
        pass
    assert Path(uds).exists()
    with running(tmp_path, uds=uds) as server:
        assert server.says("one")
        second = subprocess.run(
            server.process.args, cwd=tmp_path, env=server.environment, capture_output=True
        )
        assert second.returncode  # it doesn't take the address of one that lives
        assert server.says("one")


def test_what_is_imported_before_the_fork_opens_nothing():
    code = """
import os, threading, trustsite.rsgi
from django.db import connections
assert threading.active_count() == 1, threading.enumerate()
assert all(one.connection is None for one in connections.all(initialized_only=True))
held = [os.path.realpath(f"/proc/self/fd/{number}") for number in range(3, 64)]
assert not [file for file in held if "sqlite" in file or "socket" in file], held
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "trustsite.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr


def test_workers_are_replaced_each_time_they_die(tmp_path):
    with running(tmp_path) as server:
        for _ in range(3):
            before = server.workers()
            for worker in before:
                os.kill(worker, signal.SIGKILL)
            wait_until(lambda: len(server.workers()) == 2)
            wait_until(server.ask)
            assert not server.workers() & before


def test_workers_that_cannot_live_end_the_server(tmp_path):
    with running(tmp_path) as server:
        while server.process.poll() is None:
            with suppress(OSError):
                for worker in server.workers():
                    os.kill(worker, signal.SIGKILL)
        assert server.process.returncode


def test_new_code_is_tried_with_what_workers_import_later(tmp_path, monkeypatch):
    monkeypatch.setenv("MODE", "development")
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert serve.can_be_imported(serve.APPLICATION)
    (tmp_path / "qrcode.py").write_text("1 / 0")
    assert not serve.can_be_imported(serve.APPLICATION)
