import io
import threading

import pytest

from trustsite import bodies
from trustsite.web.request_body import MOST, MOST_AT_DESK, BodyGuard


def application(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


class Silent:
    """A sender that sends nothing until it is let go."""

    def __init__(self):
        self.go = threading.Event()

    def read(self, size):
        self.go.wait(20)
        return b""


def send(source, length="", path="/newsletter/subscribe/", guard=None, **more):
    environ = {"CONTENT_LENGTH": length, "PATH_INFO": path, "wsgi.input": source, **more}
    answer = []
    body = b"".join(
        (guard or BodyGuard(application))(
            environ, lambda status, headers: answer.append(int(status[:3]))
        )
    )
    return answer[0], body


@pytest.mark.parametrize("size", [0, 1, MOST])
def test_a_whole_body_arrives(size):
    assert send(io.BytesIO(b"x" * size), str(size)) == (200, b"x" * size)
    assert send(io.BytesIO(b"x" * size), HTTP_TRANSFER_ENCODING="chunked") == (200, b"x" * size)


def test_a_body_that_is_too_large_is_refused_in_words_and_not_read():
    source = io.BytesIO(b"x" * (MOST + 1))
    status, words = send(source, str(MOST + 1))
    assert status == 413
    assert b"/get-help/" in words
    assert source.tell() == 0
    assert send(source, HTTP_TRANSFER_ENCODING="chunked")[0] == 413


def test_the_desk_takes_pictures():
    assert send(io.BytesIO(b"x" * (MOST + 1)), str(MOST + 1), "/admin/x/")[0] == 200
    assert send(io.BytesIO(), str(MOST_AT_DESK + 1), "/admin/x/")[0] == 413


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "²", "+3", "0x10", "9" * 5000])
def test_a_length_that_is_none_is_refused(length):
    assert send(io.BytesIO(b"abc"), length)[0] in {400, 413}


def test_a_body_that_breaks_off_is_refused():
    assert send(io.BytesIO(b"ab"), "3")[0] == 400


def test_a_slow_body_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "DEADLINE", 0.01)
    source = Silent()
    assert send(source, "3")[0] == 408
    source.go.set()


def test_few_threads_wait_and_quick_bodies_still_come_in(monkeypatch):
    guard, source = BodyGuard(application), Silent()
    for _ in range(bodies.MAY_WAIT):
        assert guard.waiting.acquire(blocking=False)
    assert send(source, "3", guard=guard)[0] == 503
    assert send(io.BytesIO(b"abc"), "3", guard=guard) == (200, b"abc")
    source.go.set()


def test_readers_are_counted_and_come_back():
    guard, sources = BodyGuard(application), []
    for _ in range(bodies.MAY_WAIT):
        guard.waiting.acquire()
    for _ in range(bodies.READERS):
        sources.append(Silent())
        send(sources[-1], "3", guard=guard)
    assert not guard.readers.acquire(blocking=False)
    for source in sources:
        source.go.set()
    assert guard.readers.acquire(timeout=10)
