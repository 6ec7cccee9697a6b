"""The web server with this site's options: `python -m trustsite.serve`.

The main process imports the site once and its workers are forks of it: they share its memory, and one that dies is
replaced in milliseconds. A reload (SIGHUP) puts a new main process, with the code as it is now, in the old one's place.
"""

import argparse
import gc
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

APPLICATION = "trustsite.rsgi:application"
LATER = ["accounts.views"]  # imported when somebody first asks; new code is tried with it
BACKLOG = 4_096  # connections that are open or wait to be; an idle one costs a few kilobytes
# Milliseconds a sender may take for its headers, and stay silent between two requests.
HEADERS_WITHIN = 10_000
BUFFER = 64 * 1024  # bytes of a connection; headers of more are refused
RELOAD_APART = 15  # seconds between the first moment of new workers and the end of old ones
WARM_WITHIN = 15  # seconds for making pages that old workers keep, before new ones answer
STOP_WITHIN = 10  # seconds for what is being answered when the server is told to stop
IMPORT_WITHIN = 20  # seconds for trying out the new code before a reload: less than the service manager lets a stop take
# Held back while a main process begins: before it can answer them they would end it, and leave its workers behind.
STOPS = {signal.SIGINT, signal.SIGTERM}
ANSWERED = {signal.SIGHUP, *STOPS}
# The numbers of the workers that a reloaded main process still has to end.
OLD_WORKERS = "TRUSTSITE_OLD_WORKERS"
# How many heaps the C library keeps for the threads of a process. By itself it keeps eight a core, each as large as the
# largest page that a thread ever made.
ARENAS = "MALLOC_ARENA_MAX"
# Workers that may die within so many seconds before the server gives up.
MAX_RESTARTS, WINDOW = 20, 60.0


class Server(Granian):  # type: ignore[misc, valid-type]
    """granian that imports the site before it forks its workers."""

    bind_uds: Path | None
    new_socket: Path | None  # that will stand in the place of the one before
    restarts: list[float]
    on_replaced: Callable[[], object]  # called when the workers of before are to end
    old_workers: list[int]  # of the main process that this one took the place of

    def serve(self) -> None:
        """Import the site, and serve until told to stop."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ANSWERED)
        self.on_startup(lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ANSWERED))
        self.old_workers = [int(worker) for worker in os.environ.pop(OLD_WORKERS, "").split()]
        self.restarts, self.on_replaced = [], lambda: None
        super().serve(
            target_loader=self.imported() if sys.platform == "linux" else None, wrap_loader=False
        )

    def imported(self) -> Callable[[], Any]:
        """Return what gives a forked worker the site."""
        multiprocessing.set_start_method("fork", force=True)
        module, _, name = self.target.partition(":")
        # A page of memory is shared until somebody writes to it: collections would write to each object, and what they
        # free here would be filled by the workers.
        gc.disable()
        application = getattr(import_module(module), name)
        if self.old_workers and hasattr(application, "warm_up"):
            application.warm_up(WARM_WITHIN, self.is_needed)
            self.on_replaced = application.forget_pages
            if signal.sigpending() & STOPS:
                self.end_old_workers()
                raise SystemExit
        gc.freeze()

        def loaded() -> Any:
            gc.enable()
            return application

        return loaded

    def is_needed(self) -> bool:
        """Say whether this server can't take its time to begin: it is told something, or a worker of before has died."""
        return bool(signal.sigpending() & ANSWERED) or not all(map(lives, self.old_workers))

    def _init_shared_socket(self) -> None:
        """Bind the address. A Unix socket that is there already is not touched yet."""
        address = self.bind_uds
        self.new_socket = None
        if address and (self.old_workers or is_left_behind(address)):
            self.new_socket = address.with_name(f".{address.name}.new")
            # One of a server that ended before it was needed.
            self.new_socket.unlink(missing_ok=True)
            self.bind_uds = self.new_socket
        super()._init_shared_socket()
        self.bind_uds = address

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Start the workers; those of before end when these have had time to begin."""
        super().startup(spawn_target, target_loader)
        if self.new_socket:
            threading.Thread(target=self.take_over, daemon=True).start()
        if self.old_workers:
            after = threading.Timer(RELOAD_APART, self.end_old_workers)
            after.daemon = True
            after.start()

    def take_over(self) -> None:
        """Put the new Unix socket in the place of the one before, once a worker listens at it: before, it refuses everybody."""
        while self.new_socket and is_left_behind(self.new_socket):
            time.sleep(0.02)
        with suppress(FileNotFoundError):  # told to stop meanwhile
            if self.new_socket and self.bind_uds:
                self.new_socket.replace(self.bind_uds)

    def shutdown(self, exit_code: int = 0) -> None:
        """End with all workers, those of before as well."""
        if self.new_socket:
            self.new_socket.unlink(missing_ok=True)
        threading.Thread(target=self.end_old_workers).start()
        super().shutdown(exit_code)

    def end_old_workers(self) -> None:
        """End the workers of before: by force who still answers somebody after a while."""
        self.on_replaced()
        for number in (signal.SIGTERM, signal.SIGKILL):
            until = time.monotonic() + STOP_WITHIN
            for worker in filter(lives, self.old_workers):
                os.kill(worker, number)
            while time.monotonic() < until and self.has_old_workers():
                time.sleep(0.05)

    def has_old_workers(self) -> bool:
        """Say whether workers of before still live."""
        self.old_workers = [worker for worker in self.old_workers if lives(worker)]
        return bool(self.old_workers)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        """Begin again as a new main process, if the code as it is now can be imported; else go on as before."""
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        is_good = can_be_imported(self.target)
        signal.pthread_sigmask(signal.SIG_BLOCK, ANSWERED)
        if not is_good or self.interrupt_signal:  # told to stop meanwhile
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ANSWERED)
            return
        self._drop_shared_socket()
        workers = (*self.old_workers, *(worker.inner.pid for worker in self.wrks))
        os.environ[OLD_WORKERS] = " ".join(map(str, workers))
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606

    def _respawn_workers(
        self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        """Replace workers however soon they died, unless they can't live at all."""
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        now = time.monotonic()
        recent = [moment for moment in self.restarts if now - moment < WINDOW]
        self.restarts = [*recent, *(now for _ in workers)]
        if len(self.restarts) <= MAX_RESTARTS:
            self.respawned_wrks.clear()  # else the second death within five seconds ends the whole server


def lives(child: int) -> bool:
    """Say whether a child process still lives. Until this says no, its number is nobody else's."""
    with suppress(ChildProcessError):
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    return False


def is_left_behind(uds: Path) -> bool:
    """Say whether a Unix socket is there at which nobody listens: its server was killed, or has only begun."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(uds))
        except ConnectionRefusedError:
            return True
        except OSError:
            pass  # there is none, or somebody who is busy
    return False


def can_be_imported(target: str) -> bool:
    """Say whether a new process can import what is served; what it complains of goes to the server's own output."""
    modules = [target.partition(":")[0], *(LATER if target == APPLICATION else [])]
    command = [sys.executable, "-c", f"import {', '.join(modules)}"]
    with suppress(subprocess.TimeoutExpired):
        return not subprocess.run(command, timeout=IMPORT_WITHIN).returncode
    return False


def server(
    host: str, port: int, workers: int, uds: str = "", application: str = APPLICATION
) -> Server:
    """Return the web server, ready to serve."""
    return Server(
        application,
        address=host,
        port=port,
        uds=Path(uds) if uds else None,
        interface=Interfaces.RSGI,
        loop=Loops.auto,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN, max_buffer_size=BUFFER),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.warning,
    )


def main() -> None:
    """Serve until told to stop."""
    if ARENAS not in os.environ and sys.platform == "linux":
        # Read once, when a process begins: so this one begins again.
        os.environ[ARENAS] = "2"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    parser = argparse.ArgumentParser(prog="python -m trustsite.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--uds", default="", help="a Unix socket to listen on instead")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    server(options.host, options.port, options.workers, options.uds).serve()


if __name__ == "__main__":
    main()
