"""Request bodies: whole ones arrive, others are refused, and slow ones give way."""

import asyncio

import pytest

from trustsite.web.serving import request_body
from trustsite.web.serving.request_body import MAX_BYTES, MAX_BYTES_ADMIN, Refused, RequestBodies

PATH = "/newsletter/subscribe/"


async def pieces(*data):
    for piece in data:
        yield piece


async def silent(begun=None):
    """A sender that sends one byte and then nothing."""
    yield b"x"
    if begun:
        begun.set()
    await asyncio.Event().wait()


async def breaking():
    yield b"x"
    raise RuntimeError("the connection is gone")


def read(source, length="", path=PATH, bodies=None):
    """Return the body, or the status that refuses it."""

    async def main():
        try:
            return await (bodies or RequestBodies()).read(source, length, path)
        except Refused as refused:
            return refused.status

    return asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, MAX_BYTES])
def test_a_whole_body_arrives(size):
    assert read(pieces(b"x" * size), str(size)) == b"x" * size
    assert read(pieces(b"x" * (size // 2), b"x" * (size - size // 2))) == b"x" * size


def test_a_body_that_is_too_large_is_refused_and_not_read():
    async def unread():
        raise AssertionError("it was read")
        yield b""

    assert read(unread(), str(MAX_BYTES + 1)) == 413
    assert read(pieces(b"x" * MAX_BYTES, b"x")) == 413


def test_the_admin_takes_pictures():
    assert read(pieces(b"x" * (MAX_BYTES + 1)), str(MAX_BYTES + 1), "/admin/x/") != 413
    assert read(pieces(), str(MAX_BYTES_ADMIN + 1), "/admin/x/") == 413


@pytest.mark.parametrize("length", ["-1", "x", "1.5", "+3", "0x10", "9" * 5000])
def test_a_length_that_is_none_is_refused(length):
    assert read(pieces(b"abc"), length) in {400, 413}


def test_a_body_that_breaks_off_is_refused():
    assert read(pieces(b"ab"), "3") == 400
    assert read(breaking(), "3") == 400


def test_a_slow_body_is_given_up_and_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(request_body, "DEADLINE", 0.01)
    bodies = RequestBodies()
    assert read(silent(), "3", bodies=bodies) == 408
    assert (bodies.reading, bodies.memory) == ({}, 0)


def fill_up(patience, monkeypatch):
    """Have slow senders take all places; return the status each of them and a quick body gets."""
    monkeypatch.setattr(request_body, "MAX_READING", 3)
    monkeypatch.setattr(request_body, "PATIENCE", patience)
    monkeypatch.setattr(request_body, "DEADLINE", 0.5)

    async def one(bodies, source, length):
        try:
            return await bodies.read(source, length, PATH)
        except Refused as refused:
            return refused.status

    async def main():
        bodies, begun = RequestBodies(), [asyncio.Event() for _ in range(3)]
        slow = [asyncio.create_task(one(bodies, silent(event), "9")) for event in begun]
        for event in begun:
            await event.wait()
        quick = await one(bodies, pieces(b"abc"), "3")
        assert len(bodies.reading) <= 3
        return await asyncio.gather(*slow), quick

    return asyncio.run(main())


def test_the_oldest_slow_body_gives_way_to_a_quick_one(monkeypatch):
    assert fill_up(0, monkeypatch) == ([408, 408, 408], b"abc")


def test_without_patience_running_out_slow_bodies_keep_quick_ones_out(monkeypatch):
    assert fill_up(60, monkeypatch) == ([408, 408, 408], 503)


def test_bodies_share_an_amount_of_memory(monkeypatch):
    monkeypatch.setattr(request_body, "MAX_MEMORY", 5)
    bodies = RequestBodies()
    assert read(pieces(b"abc", b"def"), "6", bodies=bodies) == 503
    assert read(pieces(b"abc"), "3", bodies=bodies) == b"abc"
    assert bodies.memory == 0
