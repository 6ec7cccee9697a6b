"""Bytes on a socket of the real web server, of every shape that HTTP forbids: an answer or an end, and no worker dies of it."""

import random
from contextlib import suppress

import pytest

from tests.web_server import PATIENCE, prepare, running

HOST = b"Host: localhost\r\n"
POST = b"POST /quiz/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
ENDS = {0, 400, 405, 408, 413, 415, 421, 431, 501, 505}  # 0: the connection was closed


def get(line, more=b"", host=HOST):
    return b"GET " + line + b" HTTP/1.1\r\n" + host + b"Connection: close\r\n" + more + b"\r\n"


# Of each: the statuses that fit. What nobody may read two ways (RFC 9112) must be refused.
REFUSED = {
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc",
    "one length twice": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b",
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\na=b",
    "a length below nothing": POST + b"Content-Length: -3\r\n\r\na=b",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\na=b",
    "a length beyond all": POST + b"Content-Length: 99999999999999999999999\r\n\r\na=b",
    "a length of 64 bits": POST + b"Content-Length: 18446744073709551615\r\n\r\na=b",
    "a length of 63 bits": POST + b"Content-Length: 9223372036854775807\r\n\r\na=b",
    "a space before the colon": POST + b"Content-Length : 3\r\n\r\na=b",
    "length and chunks": CHUNKED + b"Content-Length: 3\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: gzip\r\n\r\na=b",
    "nearly chunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a chunk beyond all": CHUNKED + b"\r\nfffffffffffffffffff\r\na=b",
    "a chunk with a long word": CHUNKED + b"\r\n3;" + b"a" * 40_000 + b"\r\na=b\r\n0\r\n\r\n",
    "a folded header": get(b"/search/", b"X: a\r\n b\r\n"),
    "a nul in a header": get(b"/search/", b"X: a\0b\r\n"),
    "a bell in a header": get(b"/search/", b"X: a\x07b\r\n"),
    "a header without a name": get(b"/search/", b": a\r\n"),
    "a header without a colon": get(b"/search/", b"abc\r\n"),
    "three hundred headers": get(b"/search/", b"".join(b"X%d: a\r\n" % n for n in range(300))),
    "a long header": get(b"/search/", b"X: " + b"a" * 200_000 + b"\r\n"),
    "a long query": get(b"/search/?q=" + b"a" * 60_000),
    "two hosts": get(b"/search/", b"Host: evil.example\r\n"),
    "no host": get(b"/search/", host=b""),
    "an empty host": get(b"/search/", host=b"Host:\r\n"),
    "a host with a user": get(b"/search/", host=b"Host: localhost@evil.example\r\n"),
    "a host of half a bracket": get(b"/search/", host=b"Host: [::1\r\n"),
    "a host in Latin-1": get(b"/search/", host=b"Host: \xe9\r\n"),
    "a byte that is no letter": get(b"/caf\xe9/"),
    "a query of such bytes": get(b"/search/?q=\xff\xfe"),
    "no version": b"GET /search/\r\n\r\n",
    "a later version": b"GET /search/ HTTP/3.0\r\n" + HOST + b"\r\n",
    "no method": b" /search/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    "nothing but zeros": bytes(2_000),
}
ANSWERED = {
    "a nul in the path": (get(b"/%00/"), 404),
    "half a pair in the path": (get(b"/%ed%a0%80/"), 404),
    "bytes that are no UTF-8": (get(b"/articles/%ff%fe/"), 404),
    "a broken escape": (get(b"/%zz%"), 404),
    "a line break in the path": (get(b"/articles%0d%0aSet-Cookie:x=1"), 404),
    "two slashes": (get(b"//evil.example/%2e%2e"), 404),
    "a backslash": (get(b"/\\evil.example/articles"), 404),
    "points in the path": (get(b"/static/../articles/"), 404),
    "a nul in a search": (get(b"/search/?q=%00%01%ff%ed%a0%80"), 200),
    "a Latin-1 header": (get(b"/search/", b"X: caf\xe9\r\n"), 200),
    "a wish to upgrade": (
        get(b"/search/", b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
        200,
    ),
    "ranges without end": (get(b"/search/", b"Range: bytes=" + b"0-1," * 2_000 + b"\r\n"), 200),
    "another's whole address": (get(b"http://evil.example/search/"), 200),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running(prepare(tmp_path_factory.mktemp("bytes"))) as site:
        yield site


def answer(site, data):
    """Return what comes back until the server ends the connection, which all of these ask for or deserve."""
    got = b""
    with site.connect(data) as connection, suppress(OSError):
        connection.settimeout(PATIENCE)
        while piece := connection.recv(65_536):
            got += piece
    return got


def status(got):
    return int(got[9:12]) if got.startswith(b"HTTP/1.") else 0


def test_what_can_be_read_two_ways_is_refused(site):
    workers = site.workers()
    found = {name: status(answer(site, data)) for name, data in REFUSED.items()}
    assert {name: code for name, code in found.items() if code not in ENDS} == {}
    assert site.workers() == workers


def test_what_is_merely_odd_has_its_answer(site):
    found = {name: status(answer(site, data)) for name, (data, _) in ANSWERED.items()}
    assert found == {name: code for name, (_, code) in ANSWERED.items()}


def test_no_answer_smuggles_a_header_in(site):
    for path in (
        b"/articles%0d%0aSet-Cookie:x=1",
        b"/articles/%0d%0aSet-Cookie:%20x=1/",
        b"/%0d%0a/articles",
    ):
        assert b"\r\nSet-Cookie" not in answer(site, get(path))


def test_bytes_that_were_changed_at_random_kill_no_worker(site):
    """The requests above with some of their bytes replaced, the same each time."""
    workers, pick = site.workers(), random.Random(7)
    whole = [*REFUSED.values(), *(data for data, _ in ANSWERED.values())]
    for data in whole:
        changed = bytearray(data[:5_000])
        for _ in range(5):
            changed[pick.randrange(len(changed))] = pick.randrange(256)
        connection = site.connect(bytes(changed))
        connection.close()
        assert status(answer(site, bytes(changed) + b"\r\n\r\n")) < 500
    assert site.workers() == workers
    assert site.answers("/healthz")
