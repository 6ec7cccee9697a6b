"""Group commit: rows of requests that come at the same time share a transaction.

Nobody waits for others to come: whoever has the turn writes what has gathered while the one before
waited for the disk. A request goes on when its row is stored, or knows why not.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Row = TypeVar("Row")


class _Entry(Generic[Row]):
    """One row, and what became of it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.is_done = False
        self.error: BaseException | None = None


class GroupCommit(Generic[Row]):
    """Stores rows of many threads by one function, which takes a list and writes it at once."""

    def __init__(
        self, write: Callable[[list[Row]], object], on_wait: Callable[[], object] = lambda: None
    ) -> None:
        self.write = write
        self.on_wait = on_wait  # called before a thread waits for others
        self.turn, self.guard = Lock(), Lock()
        self.gathered: list[_Entry[Row]] = []

    def store(self, row: Row) -> None:
        """Return when the row is stored; raise what its transaction raised."""
        entry = _Entry(row)
        with self.guard:
            self.gathered.append(entry)
        self.on_wait()
        # The wait is bounded by the write's own limits: whoever is next takes all that wait along.
        with self.turn:
            if not entry.is_done:
                self._write_all()
        if entry.error:
            raise entry.error

    def _write_all(self) -> None:
        with self.guard:
            entries, self.gathered = self.gathered, []
        error: BaseException | None = None
        try:
            self.write([entry.row for entry in entries])
        except BaseException as raised:  # raised again by each whose row it was
            error = raised
            # Those behind have waited as long for the same lock: nobody waits for it in turns.
            with self.guard:
                entries, self.gathered = entries + self.gathered, []
        for entry in entries:
            entry.error, entry.is_done = error, True
