"""Turns: in each worker one of Django's threads runs at a time, so that the event loop is soon let in again.

Python runs one thread at a time and hands over every few milliseconds: beside eight busy threads a kept page waits for eight
turns. A thread that waits for the database long loses its turn to another (database_watch.py). Who waits long for a turn goes
on without one: turns are for speed alone, and a cache or a mail server that hangs must not hold up everybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore, get_ident

PATIENCE = 0.5  # seconds


class Turns:
    """Whose turn it is."""

    def __init__(self, count: int = 1) -> None:
        self.free = Semaphore(count)
        self.held: set[int] = set()
        self.waiting = 0
        self.lock = Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Run the block in a turn of its own."""
        thread = get_ident()
        with self.lock:
            self.waiting += 1
        is_free = self.free.acquire(timeout=PATIENCE)
        with self.lock:
            self.waiting -= 1
            if is_free:
                self.held.add(thread)
        try:
            yield
        finally:
            self.give_up(thread)

    def give_up(self, thread: int) -> None:
        """Let another have the turn of `thread`, if it has one."""
        with self.lock:
            if thread in self.held:
                self.held.remove(thread)
                self.free.release()


TURNS = Turns()


def give_up() -> None:
    """Let another thread have this one's turn: it is about to wait for something."""
    TURNS.give_up(get_ident())
