"""The machine of this moment: what its milliseconds are worth.

Demands in milliseconds are those of a machine that does an empty request of Django (bench/empty_view.py) in `EMPTY_REQUEST`.
One and the same machine may be half as fast a minute later, so each cost is measured between two empty requests, and scaled
by them.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
EMPTY_REQUEST = 0.21  # milliseconds of processor time, where the demands were set
EMPTY_VIEW = 3_744  # posts a second there, by two workers, 64 connections


class Machine:
    """This machine, beside which a process answers empty requests."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.empty_view"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.seen: list[float] = []
        self._empty_request()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate()

    def _empty_request(self) -> float:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        print(file=stdin, flush=True)
        return float(stdout.readline())

    def scaled(self, measure: Callable[[], float]) -> float:
        """Return what `measure` returns, as it would be on the machine of the demands."""
        before = self._empty_request()
        value = measure()
        own = (before + self._empty_request()) / 2
        self.seen.append(own)
        return value * EMPTY_REQUEST / own

    @property
    def empty_request(self) -> float:
        """The milliseconds of an empty request on this machine: the median of those between which something was measured."""
        return statistics.median(self.seen)
