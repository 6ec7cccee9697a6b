"""Traffic: how much this worker has answered, in numbers alone: from where, with what sort of status, how many bytes.

Each worker writes its own numbers into a folder, from where operations/metrics.py adds them up. No path, no address, no time of
anybody's visit is among them.
"""

import json
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Thread

WRITE_EVERY = 5.0  # seconds
Key = tuple[str, int]  # who answered, and the first digit of the status


class Traffic:
    """The numbers of one worker; counted by one thread, its event loop's."""

    def __init__(self) -> None:
        self.answers: Counter[Key] = Counter()
        self.sizes: Counter[Key] = Counter()

    def add(self, by: str, status: int, size: int) -> None:
        """Count an answer."""
        key = (by, status // 100)
        self.answers[key] += 1
        self.sizes[key] += size

    def keep_in(self, folder: Path) -> None:
        """Begin to write the numbers into `folder`, in a thread that ends with the process."""
        Thread(target=self._keep, args=[folder], name="traffic", daemon=True).start()

    def _keep(self, folder: Path) -> None:
        while True:
            with suppress(OSError, RuntimeError):  # a full disk, a counter that grows meanwhile
                self.write(folder)
            time.sleep(WRITE_EVERY)

    def write(self, folder: Path) -> None:
        """Write the numbers, in one piece."""
        folder.mkdir(mode=0o700, exist_ok=True)
        rows = [[*key, number, self.sizes[key]] for key, number in self.answers.copy().items()]
        file = folder / f"{os.getpid()}.json"
        temporary = folder / f".{os.getpid()}"
        temporary.write_text(json.dumps(rows))
        temporary.replace(file)


def read(folder: Path) -> dict[Key, tuple[int, int]]:
    """Return the numbers of all workers that run, added up. One that was replaced begins at 0, as counters may."""
    found: dict[Key, tuple[int, int]] = {}
    for file in sorted(folder.glob("*.json")):
        for by, status, number, size in _rows(file):
            before = found.get((by, status), (0, 0))
            found[by, status] = (before[0] + number, before[1] + size)
    return found


def forget(folder: Path) -> None:
    """Remove the numbers of workers that have gone."""
    for file in folder.glob("*.json"):
        if not _is_running(file.stem):
            file.unlink(missing_ok=True)


def _is_running(name: str) -> bool:
    return name.isdigit() and Path(f"/proc/{name}").exists()


def _rows(file: Path) -> list[tuple[str, int, int, int]]:
    try:
        return [
            (str(by), int(status), int(n), int(size))
            for by, status, n, size in json.loads(file.read_text())
        ]
    except (OSError, ValueError, TypeError):
        return []
