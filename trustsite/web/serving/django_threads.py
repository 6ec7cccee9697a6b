"""Django's threads: how many requests it is at, in each worker, and how many wait for their turn.

Anything but a reader's page (a form, the admin) has two thirds of the threads at most, so that pages are made whatever forms
wait for. Who finds the queue full is told so at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from trustsite.web.serving.stored_answer import Answer
from trustsite.web.serving.turns import TURNS

THREADS = 12  # per worker
FOR_FORMS = 8  # most of them wait for the disk, and those that wait together share a transaction
MAX_WAITING = 128  # requests, per worker
MAX_WAIT = 8.0  # seconds for a thread
ANSWER_WITHIN = 30.0  # seconds a reader waits for an answer
ANSWER_WITHIN_ADMIN = 120.0


class BusyError(Exception):
    """No thread has time for this request."""


class GoneError(Exception):
    """Whoever asked has left."""


class DjangoThreads:
    """The threads of one worker."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        self.pool = ThreadPoolExecutor(THREADS, "django", initializer=on_start)
        self.all = asyncio.Semaphore(THREADS)
        self.for_forms = asyncio.Semaphore(FOR_FORMS)
        self.waiting = 0

    async def run(
        self,
        work: Callable[[], Answer],
        left: Callable[[], Awaitable[None]],
        *,
        is_form: bool,
        within: float,
    ) -> Answer:
        """Return what `work` returns; `left` ends when whoever asked has left."""
        lanes = [self.for_forms, self.all] if is_form else [self.all]
        await self._take(lanes, left)
        future = asyncio.get_running_loop().run_in_executor(self.pool, _in_turn, work)
        future.add_done_callback(lambda done: _give_back(lanes, done))
        done, _ = await asyncio.wait([future], timeout=within)
        if not done:
            raise BusyError
        return future.result()

    async def _take(
        self, lanes: list[asyncio.Semaphore], left: Callable[[], Awaitable[None]]
    ) -> None:
        if not any(lane.locked() for lane in lanes):
            await _acquire(lanes)
            return
        if self.waiting >= MAX_WAITING:
            raise BusyError
        self.waiting += 1
        turn, gone = asyncio.ensure_future(_acquire(lanes)), asyncio.ensure_future(left())
        try:
            done, _ = await asyncio.wait(
                [turn, gone], timeout=MAX_WAIT, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self.waiting -= 1
            gone.cancel()
            if not turn.done():
                turn.cancel()
        if turn not in done:
            raise GoneError if gone in done else BusyError
        turn.result()


def _in_turn(work: Callable[[], Answer]) -> Answer:
    with TURNS.taken():
        return work()


async def _acquire(lanes: list[asyncio.Semaphore]) -> None:
    held: list[asyncio.Semaphore] = []
    try:
        for lane in lanes:
            await lane.acquire()
            held.append(lane)
    except asyncio.CancelledError:
        for lane in held:
            lane.release()
        raise


def _give_back(lanes: list[asyncio.Semaphore], done: "asyncio.Future[Answer]") -> None:
    for lane in lanes:
        lane.release()
    if not done.cancelled():
        done.exception()  # seen, though nobody may wait for it any more
