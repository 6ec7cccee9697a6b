"""Django's threads: how many requests it is at, in each worker, and how many wait for their turn.

Anything but a reader's page (a form, the admin) has two thirds of the threads at most, so that pages are made whatever forms
wait for. Who finds the queue full is told so at once. A thread that is done goes on with the next request by itself, so that
a busy worker wakes no other thread for each.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import get_ident

from trustsite.web.serving.stored_answer import Answer
from trustsite.web.serving.turns import FORMS, PAGES, TURNS, Task

THREADS = 12  # per worker
FOR_FORMS = 8  # most of them wait for the disk, and those that wait together share a transaction
MAX_WAITING = 128  # pages, and as many forms, per worker
SOON = 0.25  # seconds after which it is noticed that who waits has left
MAX_WAIT = 8.0  # seconds for a thread
ANSWER_WITHIN = 30.0  # seconds a reader waits for an answer
ANSWER_WITHIN_ADMIN = 120.0


class BusyError(Exception):
    """No thread has time for this request."""


class GoneError(Exception):
    """Whoever asked has left."""


class DjangoThreads:
    """The threads of one worker, and the event loop that they answer to."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        self.pool = ThreadPoolExecutor(THREADS, "django", initializer=on_start)
        self.running, self.forms_running = 0, 0
        self.is_closed = False
        self.answered: deque[_Request] = deque()  # and the loop doesn't know yet
        self.is_loop_told = False

    def close(self) -> None:
        """Begin nothing more: the worker ends."""
        self.is_closed = True

    async def run(
        self,
        work: Callable[[], Answer],
        left: Callable[[], Awaitable[None]],
        *,
        is_form: bool,
        within: float,
    ) -> Answer:
        """Return what `work` returns; `left` ends when whoever asked has left."""
        request = _Request(self, work, FORMS if is_form else PAGES)
        if len(TURNS.lines[request.line]) >= MAX_WAITING:
            raise BusyError
        TURNS.ask(request)
        try:
            await asyncio.wait([request.done], timeout=min(SOON, within))
            if not request.has_begun:
                await self._take_care(request, left)
            if not request.done.done():
                await asyncio.wait([request.done], timeout=within)
        except asyncio.CancelledError:
            TURNS.withdraw(request)
            raise
        return request.answer()

    async def _take_care(self, request: "_Request", left: Callable[[], Awaitable[None]]) -> None:
        """Wait until a request has begun, or there is no reason for it any more."""
        gone = asyncio.ensure_future(left())
        try:
            await asyncio.wait(
                [request.done, gone], timeout=MAX_WAIT, return_when=asyncio.FIRST_COMPLETED
            )
            if TURNS.withdraw(request):
                raise GoneError if gone.done() else BusyError
        finally:
            gone.cancel()

    def answer(self, request: "_Request") -> None:
        """Answer a request in the present thread, and then each whose turn is next."""
        following: Task | None = request
        while isinstance(following, _Request):
            following.run(get_ident())
            self._tell(following)
            following = TURNS.end(following)
        if following:
            following.begin()

    def _tell(self, request: "_Request") -> None:
        """Tell the loop what is answered: once for all that it hasn't looked at yet, for it is woken each time."""
        self.answered.append(request)
        if not self.is_loop_told:
            self.is_loop_told = True
            with suppress(RuntimeError):  # it is closed: the worker ends
                request.loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self.is_loop_told = False
        while self.answered:
            done = self.answered.popleft().done
            if not done.done():
                done.set_result(None)


class _Request(Task):
    """One request that Django answers."""

    def __init__(self, threads: DjangoThreads, work: Callable[[], Answer], line: int) -> None:
        super().__init__(line)
        self.threads, self.work = threads, work
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()
        self.has_begun = False
        self.returned: Answer | None = None
        self.error: BaseException | None = None

    @property
    def is_form(self) -> bool:
        """Whether it stands in the line of forms."""
        return self.line == FORMS

    def may_begin(self) -> bool:
        threads = self.threads
        if threads.is_closed or (self.is_form and threads.forms_running >= FOR_FORMS):
            return False
        return threads.running < THREADS

    def begun(self) -> None:
        self.has_begun = True
        self.threads.running += 1
        self.threads.forms_running += self.is_form

    def ended(self) -> None:
        self.threads.running -= 1
        self.threads.forms_running -= self.is_form

    def begin(self) -> None:
        # The system may give no thread more; one that is there takes this up when it is done.
        with suppress(RuntimeError):
            self.threads.pool.submit(self.threads.answer, self)

    def run(self, thread: int) -> None:
        """Do its work; whatever it raises is for the loop."""
        self.thread = thread
        try:
            self.returned = self.work()
        except BaseException as error:
            self.error = error

    def answer(self) -> Answer:
        """Return what its work returned; raise what it raised, or BusyError when it isn't over."""
        if self.error:
            raise self.error
        if self.returned is None:
            raise BusyError
        return self.returned
