"""The circuit breaker in front of the rate limiter's Redis: who waits for a server that is away."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from trustsite.web.rate_limit.circuit_breaker import PAUSE, CircuitBreaker, CircuitOpenError
from trustsite.web.rate_limit.limit import Limit
from trustsite.web.rate_limit.redis_store import redis_store_at


@pytest.fixture
def clock():
    """A clock that stands until it is put forward."""
    now = [0.0]
    read = lambda: now[0]
    read.forward = lambda seconds: now.__setitem__(0, now[0] + seconds)
    return read


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock=clock)


def fail(breaker, meanwhile=None):
    with suppress(OSError), breaker.call():
        if meanwhile:
            meanwhile()
        raise OSError


def passes(breaker):
    try:
        with breaker.call():
            return True
    except CircuitOpenError:
        return False


def test_calls_go_through_while_they_succeed(breaker):
    assert all(passes(breaker) for _ in range(3))


def test_after_one_failure_nobody_waits_for_ten_seconds(breaker, clock):
    fail(breaker)
    clock.forward(PAUSE - 0.1)
    assert not any(passes(breaker) for _ in range(3))
    clock.forward(0.2)
    assert all(passes(breaker) for _ in range(3))


def test_one_probe_at_a_time_and_one_that_fails_begins_another_pause(breaker, clock):
    fail(breaker)
    clock.forward(PAUSE)
    passed = []
    fail(breaker, lambda: passed.append(passes(breaker)))
    assert passed == [False]
    clock.forward(PAUSE - 0.1)
    assert not passes(breaker)


def test_a_probe_that_never_comes_back_is_followed_by_another(breaker, clock):
    fail(breaker)
    clock.forward(PAUSE)
    breaker._enter()
    clock.forward(PAUSE)
    assert passes(breaker)


def test_of_many_threads_one_probes(breaker, clock):
    fail(breaker)
    clock.forward(PAUSE)
    start, entered = threading.Barrier(8), []

    def enter():
        start.wait()
        with suppress(CircuitOpenError):
            breaker._enter()
            entered.append(1)

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 1


@contextmanager
def silent_server():
    """A server that takes connections and says nothing; yields its port and the connections."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1], listening


def connections(listening):
    """Return how many connections wait to be taken."""
    listening.setblocking(False)
    number = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            number += 1
    return number


def test_a_redis_that_hangs_is_asked_once_however_often_is_counted(settings):
    with silent_server() as (port, listening):
        settings.CACHE_URL = f"redis://127.0.0.1:{port}/0"
        for _ in range(20):
            assert Limit("tests", 50, 600).increment("a").count
        assert connections(listening) == 1


def test_without_the_breaker_each_would_wait(settings, monkeypatch):
    """The twin."""
    with silent_server() as (port, listening):
        settings.CACHE_URL = f"redis://127.0.0.1:{port}/0"
        monkeypatch.setattr(redis_store_at(settings.CACHE_URL), "breaker", CircuitBreaker(pause=0))
        for _ in range(3):
            Limit("tests", 50, 600).increment("a")
        assert connections(listening) == 3
