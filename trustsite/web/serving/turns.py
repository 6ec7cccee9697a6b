"""Turns: in each worker one of Django's threads runs at a time, so that the event loop is soon let in again.

Python runs one thread at a time and hands over every few milliseconds: beside eight busy threads a kept page waits for eight
turns. A thread that waits for the database long loses its turn to another (database_watch.py). So does whoever has it for
long for another reason, and who has waited as long goes on without one: turns are for speed alone, and a cache or a mail
server that hangs must not hold up everybody.

Forms wait in a line of their own, and the two lines take turns: however many forms come, a page waits for one of them.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, get_ident

PATIENCE = 0.5  # seconds
PAGES, FORMS = 0, 1  # the lines; what the site does by itself stands among pages


class Task:
    """What runs in a turn. `Turns` asks and tells it what it needs to know, one call at a time."""

    def __init__(self, line: int = PAGES) -> None:
        self.line = line
        self.thread = 0  # that it runs in
        self.asked_at = 0.0

    def may_begin(self) -> bool:
        """Whether anything but its turn is missing."""
        return True

    def begun(self) -> None:
        """It begins."""

    def ended(self) -> None:
        """It is over."""

    def begin(self) -> None:
        """Begin, in another thread than the one that calls this."""


class Turns:
    """Whose turn it is, and who waits for one: the first of its line comes first."""

    def __init__(self) -> None:
        self.lines: tuple[deque[Task], deque[Task]] = (deque(), deque())
        self.next_line = PAGES
        self.current: Task | None = None
        self.since = 0.0
        self.lock = Lock()

    def ask(self, task: Task) -> None:
        """Have a task begin when its turn has come, which may be at once."""
        task.asked_at = time.monotonic()
        with self.lock:
            self.lines[task.line].append(task)
            following = self._following()
        if following:
            following.begin()

    def withdraw(self, task: Task) -> bool:
        """Take back a task that hasn't begun. Return whether it was so."""
        with self.lock:
            line = self.lines[task.line]
            is_waiting = task in line
            if is_waiting:
                line.remove(task)
            return is_waiting

    def end(self, task: Task) -> Task | None:
        """A task is over. Return the one whose turn it is now: the caller has it begin."""
        with self.lock:
            task.ended()
            if self.current is task:
                self.current = None
            return self._following()

    def give_up(self, thread: int) -> None:
        """Let another have the turn of `thread`, if it has one."""
        with self.lock:
            if self.current is None or self.current.thread != thread:
                return
            self.current = None
            following = self._following()
        if following:
            following.begin()

    def look(self) -> None:
        """When somebody has had a turn for too long, have those begin who waited as long; called ten times a second."""
        now = time.monotonic()
        with self.lock:
            if self.current is None or now - self.since < PATIENCE:
                return
            beginning = []
            for task in [one for line in self.lines for one in line]:
                if now - task.asked_at >= PATIENCE and task.may_begin():
                    self._take(task)
                    beginning.append(task)
        for task in beginning:
            task.begin()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Run the block in a turn of its own, in the present thread."""
        task = _Here()
        self.ask(task)
        task.has_begun.wait()
        try:
            yield
        finally:
            if following := self.end(task):
                following.begin()

    def _following(self) -> Task | None:
        if self.current is not None:
            return None
        for line in (self.lines[self.next_line], self.lines[1 - self.next_line]):
            for task in line:
                if task.may_begin():
                    self._take(task)
                    return task
        return None

    def _take(self, task: Task) -> None:
        self.lines[task.line].remove(task)
        self.next_line = 1 - task.line
        self.current, self.since = task, time.monotonic()
        task.begun()


class _Here(Task):
    """A block of code that waits for its turn in its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()
        self.has_begun = Event()

    def begin(self) -> None:
        self.has_begun.set()


TURNS = Turns()


def give_up() -> None:
    """Let another thread have this one's turn: it is about to wait for something."""
    TURNS.give_up(get_ident())
