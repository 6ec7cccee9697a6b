"""Headers of published files, as a proxy is told them: pages with the same ones share a class, and a folder.

A page whose style has changed moves to another folder, so a proxy that doesn't know the new class yet finds no file and asks
the site: never a page with another page's policy.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

from trustsite.web.serving.stored_answer import Headers

# What proxies are set up for: deploy/nginx/trustsite-http.conf has a map for each.
KNOWN = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "Vary",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Robots-Tag",
)
OF_EACH_FILE = {"content-length", "content-encoding", "etag", "last-modified"}
OF_THE_CDN = {
    "cache-tag",
    "surrogate-key",
}  # another for each page: with files, a CDN is purged as a whole
# No quote, backslash, brace, dollar or line break: what a proxy's file would read as its own.
PLAIN = re.compile(r"[A-Za-z0-9 !#%&'()*+,\-./:;<=>?@\[\]_~]{1,2000}")
Class = tuple[tuple[str, str], ...]


class UnknownHeaderError(ValueError):
    """A header that proxies aren't set up for, or can't be told."""


def class_of(headers: Headers) -> Class:
    """Return what a page's headers are, sorted, apart from those of its file. Raises UnknownHeaderError."""
    spelled = {name.lower(): name for name in KNOWN}
    found: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in OF_EACH_FILE | OF_THE_CDN:
            continue
        if name.lower() not in spelled or not PLAIN.fullmatch(value):
            raise UnknownHeaderError(f"{name} can’t be told to a proxy.")
        found[spelled[name.lower()]] = value
    return tuple(sorted(found.items()))


def name_of(headers: Class) -> str:
    """Return the name of a class, and of its folder."""
    return hashlib.sha256(repr(headers).encode()).hexdigest()[:16]


def nginx_maps(
    pages: Mapping[str, str], classes: Mapping[str, Class], reading: set[str]
) -> dict[str, str]:
    """Return the files that nginx includes within maps, by name: lines of two words, which can set nothing else.

    `pages` are paths with the names of their classes; those `reading` a query are asked of the site when there is one.
    """
    lines = []
    for path, name in sorted(pages.items()):
        lines.append(f'"{path}" {name};')
        if path not in reading:
            lines.append(f'"{path}?" {name};')
    files = {"pages.map": "\n".join(lines)}
    for header in KNOWN:
        values = {name: dict(found).get(header) for name, found in sorted(classes.items())}
        files[f"{header.lower()}.map"] = "\n".join(
            f'{name} "{value}";' for name, value in values.items() if value
        )
    return {name: f"{text}\n" for name, text in files.items()}


def caddy_snippet(pages: Mapping[str, str], classes: Mapping[str, Class]) -> str:
    """Return what Caddy imports: the class of each page, and the headers of each class. What has a query is the site's."""
    lines = ["map {uri} {trustsite_class} {"]
    lines += [f'\t"{path}" {name}' for path, name in sorted(pages.items())]
    lines += ["\tdefault none", "}"]
    return "\n".join([*lines, *_caddy_headers(classes)]) + "\n"


def _caddy_headers(classes: Mapping[str, Class]) -> Iterator[str]:
    for name, headers in sorted(classes.items()):
        yield f"@trustsite_{name} vars {{trustsite_class}} {name}"
        yield f"header @trustsite_{name} {{"
        yield "\tdefer"
        yield from (f'\t{header} "{value}"' for header, value in headers)
        yield "}"
