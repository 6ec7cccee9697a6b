"""Stored answer: a page or file, kept in its smallest form and ready to be sent in whatever encoding is asked for."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple, TypeVar

from trustsite.web.serving import compression

Headers = list[tuple[str, str]]
Shared = TypeVar("Shared", bound=Hashable)
VARY = ("Vary", "Accept-Encoding")
MADE_ANEW = {"content-length", "etag", "vary"}
ENCODINGS = ("br", "gzip")
OVERHEAD = 2048  # bytes that an answer takes beside its bodies
MAX_DERIVED = 4 * 1024 * 1024  # bytes of bodies in encodings that are seldom asked for, per process


class Answer(NamedTuple):
    """What is sent: a status, headers and a body."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """The answer in one encoding."""

    headers: Headers  # those of its body last
    body: bytes


class StoredAnswer:
    """One answer. Text is kept in brotli alone, which nearly every browser takes; the rest is made of that when asked for."""

    __slots__ = ("available", "digest", "headers", "is_best", "size", "status", "variants")

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[str, str]],
        bodies: dict[str, bytes],
        digest: str = "",
    ) -> None:
        self.status = status
        own = [_shared(pair) for pair in headers if pair[0].lower() not in MADE_ANEW]
        self.headers = _shared((*own, VARY))
        self.available = _shared(
            tuple(name for name in ENCODINGS if name in bodies or "" not in bodies)
        )
        # Weak: bytes in one encoding may come to be compressed better, the page is the same.
        self.digest = digest or _digest(bodies[""])
        self.variants = {name: self._variant(name, body) for name, body in bodies.items()}
        self.size = sum(map(len, bodies.values())) + OVERHEAD
        self.is_best = not self.available

    def __reduce__(self) -> tuple[type["StoredAnswer"], tuple[object, ...]]:
        """Say how another process makes the same: with headers that its pages share."""
        bodies = {name: variant.body for name, variant in self.variants.items()}
        return StoredAnswer, (self.status, self.headers, bodies, self.digest)

    @classmethod
    def of(cls, answer: Answer) -> "StoredAnswer":
        """Return `answer`, its text compressed soon."""
        body = answer.body
        is_text = compression.is_compressible(content_type(answer.headers))
        if not is_text or len(body) < compression.SMALLEST:
            return cls(answer.status, answer.headers, {"": body})
        packed = {"br": compression.compress(body, "br")}
        return cls(answer.status, answer.headers, packed, _digest(body))

    def compressed_best(self) -> "StoredAnswer":
        """Return the same answer with brotli as small as it gets."""
        bodies = {name: variant.body for name, variant in self.variants.items()}
        if "br" in bodies:
            bodies["br"] = min(compression.compress_best(self.body()), bodies["br"], key=len)
        best = StoredAnswer(self.status, self.headers, bodies, self.digest)
        best.is_best = True
        return best

    def body(self, encoding: str = "") -> bytes:
        """Return the body in an encoding that is available, "" for none."""
        if encoding in self.variants:
            return self.variants[encoding].body
        plain = compression.decompress(self.variants["br"].body)
        return compression.compress(plain, encoding) if encoding else plain

    def _variant(self, encoding: str, body: bytes) -> Variant:
        known = [("ETag", f"W/{self._tag(encoding)}")] if self.status == 200 else []
        of_body = [("Content-Length", str(len(body)))]
        if encoding:
            of_body.append(_shared(("Content-Encoding", encoding)))
        return Variant([*self.headers, *known, *of_body], body)

    def _tag(self, encoding: str) -> str:
        return f'"{self.digest}-{encoding}"' if encoding else f'"{self.digest}"'

    def derived(self, encoding: str) -> Variant:
        """Return a variant that isn't kept with the others."""
        return self._variant(encoding, self.body(encoding))

    def answer(self, method: str, accept_encoding: str, if_none_match: str) -> Answer:
        """Return what to send to a request with these headers."""
        encoding = compression.best_encoding(accept_encoding, self.available)
        variant = self.variants.get(encoding) or DERIVED.get(self, encoding)
        has_tag = bool(if_none_match) and self.status == 200
        if has_tag and compression.is_known(self._tag(encoding), if_none_match):
            return Answer(304, variant.headers[: -2 if encoding else -1], b"")
        return Answer(self.status, variant.headers, b"" if method == "HEAD" else variant.body)


class Derived:
    """The latest variants that were made because somebody asked for them. Safe to use from several threads."""

    def __init__(self) -> None:
        self.variants: OrderedDict[tuple[StoredAnswer, str], Variant] = OrderedDict()
        self.size = 0
        self.lock = Lock()

    def get(self, answer: StoredAnswer, encoding: str) -> Variant:
        """Return an answer's variant."""
        key = (answer, encoding)
        with self.lock:
            if found := self.variants.get(key):
                self.variants.move_to_end(key)
                return found
        made = answer.derived(encoding)
        with self.lock:
            if key not in self.variants:
                self.variants[key] = made
                self.size += len(made.body)
            while self.size > MAX_DERIVED:
                self.size -= len(self.variants.popitem(last=False)[1].body)
        return made


DERIVED = Derived()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:24]


@lru_cache(4096)
def _shared(value: Shared) -> Shared:
    """Return a header, or several: thousands of pages have the same ones, and keep one of each."""
    return value


def content_type(headers: Iterable[tuple[str, str]]) -> str:
    """Return the Content-Type among `headers`."""
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def compressed(answer: Answer, accept_encoding: str) -> Answer:
    """Return an answer that nobody keeps, compressed as its reader's browser asked for."""
    names = {name.lower(): value for name, value in answer.headers}
    if len(answer.body) < compression.SMALLEST or "content-encoding" in names:
        return answer
    if not compression.is_compressible(names.get("content-type", "")):
        return answer
    vary = names.get("vary", "")
    kept = [pair for pair in answer.headers if pair[0].lower() not in {"vary", "content-length"}]
    kept.append(("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"))
    encoding = compression.best_encoding(accept_encoding, ("br", "gzip"))
    body = answer.body
    if encoding:
        body = compression.compress(body, encoding, compression.FASTEST)
        kept.append(("Content-Encoding", encoding))
    return Answer(answer.status, [*kept, ("Content-Length", str(len(body)))], body)
