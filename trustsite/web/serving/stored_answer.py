"""Stored answer: the finished bytes of a page or file in each encoding, ready to be sent."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from trustsite.web.serving import compression

Headers = list[tuple[str, str]]
MADE_ANEW = {"content-length", "etag", "vary"}


class Answer(NamedTuple):
    """What is sent: a status, headers and a body."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Variant:
    """The answer in one encoding."""

    tag: str
    headers: Headers  # with the body
    known_headers: Headers  # without it: of a 304
    body: bytes


class StoredAnswer:
    """One answer in every encoding it is kept in."""

    __slots__ = ("available", "headers", "is_best", "size", "status", "variants")

    def __init__(self, status: int, headers: Headers, bodies: dict[str, bytes]) -> None:
        self.status = status
        self.headers = [pair for pair in headers if pair[0].lower() not in MADE_ANEW]
        self.headers.append(("Vary", "Accept-Encoding"))
        self.available = tuple(name for name in ("br", "gzip") if name in bodies)
        # Weak: bytes in one encoding may come to be compressed better, the page is the same.
        digest = hashlib.sha256(bodies[""]).hexdigest()[:24]
        self.variants = {name: self._variant(digest, name, body) for name, body in bodies.items()}
        self.size = sum(map(len, bodies.values()))
        self.is_best = not self.available

    @classmethod
    def of(cls, answer: Answer) -> "StoredAnswer":
        """Return `answer` with its body in each encoding that makes it smaller."""
        bodies = {"": answer.body}
        is_text = compression.is_compressible(content_type(answer.headers))
        if is_text and len(answer.body) >= compression.SMALLEST:
            bodies |= {name: compression.compress(answer.body, name) for name in ("br", "gzip")}
        return cls(answer.status, answer.headers, bodies)

    def compressed_best(self) -> "StoredAnswer":
        """Return the same answer with brotli as small as it gets."""
        bodies = {name: variant.body for name, variant in self.variants.items()}
        if "br" in bodies:
            bodies["br"] = min(compression.compress_best(bodies[""]), bodies["br"], key=len)
        best = StoredAnswer(self.status, self.headers, bodies)
        best.is_best = True
        return best

    def _variant(self, digest: str, encoding: str, body: bytes) -> Variant:
        tag = f'"{digest}-{encoding}"' if encoding else f'"{digest}"'
        known = [*self.headers, ("ETag", f"W/{tag}")] if self.status == 200 else self.headers
        full = [*known, ("Content-Encoding", encoding)] if encoding else known
        return Variant(tag, [*full, ("Content-Length", str(len(body)))], known, body)

    def answer(self, method: str, accept_encoding: str, if_none_match: str) -> Answer:
        """Return what to send to a request with these headers."""
        encoding = compression.best_encoding(accept_encoding, self.available)
        variant = self.variants[encoding]
        has_tag = bool(if_none_match) and self.status == 200
        if has_tag and compression.is_known(variant.tag, if_none_match):
            return Answer(304, variant.known_headers, b"")
        return Answer(self.status, variant.headers, b"" if method == "HEAD" else variant.body)


def content_type(headers: Headers) -> str:
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
    body = compression.compress(answer.body, encoding) if encoding else answer.body
    if encoding:
        kept.append(("Content-Encoding", encoding))
    return Answer(answer.status, [*kept, ("Content-Length", str(len(body)))], body)
