"""The body guard: the outermost WSGI layer, which has a request's body in hand before Django is entered.

A thread that waits for a slow sender answers nobody. granian's read has no time limit, so each body is read by a thread of
its own; the server's thread waits for it a little, and only some of them may wait longer. docs/operators.md has a proxy that
buffers bodies, so that this is seldom needed.
"""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

THREADS = 8  # of the server, per worker; `up` and docs/operators.md start it with as many
MAY_WAIT = 4  # of them, for bodies that are slow
SOON = 0.05  # seconds in which a body from a proxy is here
DEADLINE = 5.0  # seconds for a whole body
READERS = 64  # threads that read bodies, per worker; one whose sender is silent lives as long as its connection
MOST = 512 * 1024  # bytes of a reader's form
MOST_AT_DESK = 12 * 1024 * 1024  # where pictures are uploaded
PIECE = 64 * 1024
DESK = "/admin/"
REFUSED = {
    400: ("400 Bad Request", "The form did not arrive whole. Please go back and send it again."),
    408: (
        "408 Request Timeout",
        "The form took too long to arrive. Please go back and send it again.",
    ),
    413: (
        "413 Content Too Large",
        "That is more than this form can take. Please go back and send less.",
    ),
    503: (
        "503 Service Unavailable",
        "We can't take forms just now. Please go back and send it again in a minute.",
    ),
}
HELP = "\nIf you need help now, /get-help/ lists people to talk to.\n"


class Body:
    """A request's body while a thread reads it."""

    def __init__(self, source: Any, most: int) -> None:
        self.source, self.most = source, most
        self.data = bytearray()
        self.status = 0
        self.given_up = False
        self.done = threading.Event()

    def read(self) -> None:
        """Read to the end, the limit, or until nobody waits for it."""
        try:
            while not self.given_up and (
                piece := self.source.read(min(PIECE, self.most + 1 - len(self.data)))
            ):
                self.data += piece
                if len(self.data) > self.most:
                    self.status = 413
                    break
        except Exception:  # the server's own errors, of whatever kind: the connection is gone
            self.status = 400
        finally:
            self.done.set()


class BodyGuard:
    """Gives the application whole bodies, and answers in its place when one is too large or too slow."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.waiting = threading.BoundedSemaphore(MAY_WAIT)
        self.readers = threading.BoundedSemaphore(READERS)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length in {"", "0"} and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
            return self.application(environ, start_response)
        most = MOST_AT_DESK if environ.get("PATH_INFO", "").startswith(DESK) else MOST
        body = Body(environ["wsgi.input"], most)
        status = self._refusal(length, most) or self._read(body)
        if status:
            return self._refuse(status, start_response)
        if length and len(body.data) != int(length):
            return self._refuse(400, start_response)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = (
            io.BytesIO(body.data),
            str(len(body.data)),
        )
        return self.application(environ, start_response)

    @staticmethod
    def _refusal(length: str, most: int) -> int:
        if not length:
            return 0
        if not (length.isascii() and length.isdigit()):
            return 400
        return 413 if len(length) > 12 or int(length) > most else 0

    def _read(self, body: Body) -> int:
        """Read a body; return the status to refuse it with, or 0."""
        if not self.readers.acquire(blocking=False):
            return 503
        threading.Thread(target=self._reader, args=(body,), daemon=True).start()
        if not body.done.wait(SOON):
            if not self.waiting.acquire(blocking=False):
                body.given_up = True
                return 503
            try:
                body.given_up = not body.done.wait(DEADLINE)
            finally:
                self.waiting.release()
        return 408 if body.given_up else body.status

    def _reader(self, body: Body) -> None:
        try:
            body.read()
        finally:
            self.readers.release()

    @staticmethod
    def _refuse(status: int, start_response: Callable[..., Any]) -> list[bytes]:
        line, words = REFUSED[status]
        text = (words + HELP).encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
        ]
        start_response(line, [*headers, ("Cache-Control", "no-store"), ("Connection", "close")])
        return [text]
