"""The web server with this site's options: `python -m trustsite.serve`. It imports no Django itself; its workers do."""

import argparse
import os
import sys
import time
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

APPLICATION = "trustsite.rsgi:application"
BACKLOG = 4_096  # connections that are open or wait to be; an idle one costs a few kilobytes
HEADERS_WITHIN = (
    10_000  # milliseconds a sender may take for its headers, and stay silent between two requests
)
BUFFER = 64 * 1024  # bytes of a connection; headers of more are refused
RELOAD_APART = 15  # seconds between two workers: the new one is up before the next old one goes
STOP_WITHIN = 10  # seconds for what is being answered when the server is told to stop
# How many heaps the C library keeps for the threads of a process. By itself it keeps eight a core, each as large as the
# largest page that a thread ever made.
ARENAS = "MALLOC_ARENA_MAX"
MAX_RESTARTS, WINDOW = (
    20,
    60.0,
)  # workers that may die within so many seconds before the server gives up


class Server(Granian):  # type: ignore[misc, valid-type]
    """granian, which replaces a worker that dies however soon it dies: not one that can't start at all."""

    restarts: list[float]

    def _respawn_workers(
        self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        now = time.monotonic()
        recent = [moment for moment in getattr(self, "restarts", []) if now - moment < WINDOW]
        self.restarts = [*recent, *(now for _ in workers)]
        if len(self.restarts) <= MAX_RESTARTS:
            self.respawned_wrks.clear()  # else the second death within five seconds ends the whole server


def server(
    host: str, port: int, workers: int, uds: str = "", application: str = APPLICATION
) -> Server:
    """Return the web server, ready to serve."""
    from pathlib import Path

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
        respawn_interval=RELOAD_APART,
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
