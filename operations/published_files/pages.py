"""The public pages there are: what needs no argument, what the sitemap names, and what those lead to."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from trustsite.web.serving.stored_answer import Answer, content_type

# What a file may be called: nothing that a proxy's file, or a file system, reads as anything else.
NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}"
PLAIN = re.compile(rf"/(?:{NAME}/){{0,6}}(?:{NAME})?|/\.well-known/[a-z.-]{{1,40}}")
LINK = re.compile(rb'(?:href|src|content|poster)="([^"<>\s]{1,500})"|srcset="([^"<>]{1,4000})"')
LOCATION = re.compile(rb"<loc>([^<\s]{1,500})</loc>")
FONT = re.compile(rb'url\("?([^")\s]{1,300})"?\)')
LONGEST = 2_000_000  # bytes of a page that are looked through
CLOSED = ("/admin/", "/preview/", "/dev/")


def seeds() -> set[str]:
    """Return every address of the site that takes no argument."""
    found = {f"/{pattern}" for pattern in _patterns(get_resolver())}
    return {path for path in found if is_plain(path)}


def _patterns(resolver: URLResolver) -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from (route + rest for rest in _patterns(entry))
        elif isinstance(entry, URLPattern) and not entry.pattern.converters:
            yield route


def is_plain(path: str) -> bool:
    """Whether a page at `path` can be a file."""
    return bool(PLAIN.fullmatch(path)) and ".." not in path and not path.startswith(CLOSED)


def is_public(answer: Answer) -> bool:
    """Whether an answer is for everyone, and for keeping."""
    named = {name.lower(): value for name, value in answer.headers}
    is_kept = named.get("cache-control", "").startswith("public")
    return answer.status == 200 and is_kept and "set-cookie" not in named


def links(answer: Answer) -> set[str]:
    """Return where a page leads within the site, and what it loads."""
    kind = content_type(answer.headers)
    if not kind.startswith(("text/html", "application/xml")):
        return set()
    body = answer.body[:LONGEST]
    pattern = LINK if kind.startswith("text/html") else LOCATION
    found = [part for match in pattern.finditer(body) for part in match.groups() if part]
    found += [match[1] for match in FONT.finditer(body)]
    return set(_own(address for part in found for address in _split(part)))


def _split(value: bytes) -> Iterator[str]:
    for candidate in value.decode("utf-8", "replace").split(","):
        yield candidate.split()[0] if candidate.split() else ""


def _own(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        path = address.removeprefix(settings.SITE_URL)
        path = urlsplit(path).path if path.startswith("/") and not path.startswith("//") else ""
        if path and is_plain(path):
            yield path
