"""Compression: which encoding a browser asked for, and bodies in it (RFC 9110 12.5.3)."""

import gzip
from functools import lru_cache
from operator import itemgetter

import brotli

LONGEST_HEADER = 1_000  # characters of a header that are read
SMALLEST = 500  # bytes below which compressing gains nothing
GZIP_LEVEL = 6  # while somebody waits
# Quality of brotli while somebody waits: each step takes about two and a half times as long for a tenth of the bytes.
FASTEST, QUICK, SLOWER = 1, 3, 5
FIRST_ROUND_TRIP = 14 * 1024  # bytes: ten packets, less their headers
WINDOW = 16  # bits: a page is no longer, and the default takes a megabyte of tables each time
BEST_QUALITY = 11  # when nobody does
LARGEST_WINDOW = 22  # bits: 32 MB of tables, which a shorter body doesn't need
COMPRESSIBLE = ("text/", "application/json", "application/atom+xml", "application/xml")
COMPRESSIBLE_TOO = ("application/javascript", "application/manifest+json", "image/svg+xml")


def is_compressible(content_type: str) -> bool:
    """Whether a body of this type is text, which compression makes smaller."""
    return content_type.lower().startswith(COMPRESSIBLE + COMPRESSIBLE_TOO)


def compress(body: bytes, encoding: str, quality: int = QUICK) -> bytes:
    """Return `body` in `encoding`, soon; what wouldn't arrive in one journey, a little smaller."""
    if encoding == "br":
        made = bytes(brotli.compress(body, quality=quality, lgwin=WINDOW))
        if len(made) > FIRST_ROUND_TRIP:
            made = bytes(brotli.compress(body, quality=SLOWER, lgwin=WINDOW))
        return made
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


def decompress(body: bytes) -> bytes:
    """Return what was compressed by brotli."""
    return bytes(brotli.decompress(body))


def compress_best(body: bytes) -> bytes:
    """Return `body` in brotli as small as it gets, which takes fifty times as long."""
    window = min(LARGEST_WINDOW, max(WINDOW, len(body).bit_length()))
    return bytes(brotli.compress(body, quality=BEST_QUALITY, lgwin=window))


@lru_cache(512)
def best_encoding(accepted: str, available: tuple[str, ...]) -> str:
    """Return the encoding to send, "" for none. Of two that are wanted as much, the first available."""
    weights: dict[str, float] = {}
    for part in accepted[:LONGEST_HEADER].split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip().lower()] = _weight(parameter)
    plain = weights.get("identity", 0.0)
    wanted = [(weights.get(name, weights.get("*", 0.0)), name) for name in available]
    best = max(wanted, key=itemgetter(0), default=(0.0, ""))
    return best[1] if best[0] > 0 and best[0] >= plain else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def is_known(tag: str, wanted: str) -> bool:
    """Whether an If-None-Match header names `tag`: RFC 9110 13.1.2, by weak comparison."""
    names = [name.strip().removeprefix("W/") for name in wanted[:LONGEST_HEADER].split(",")]
    return names == ["*"] or tag.removeprefix("W/") in names
