"""Document: a rendered text and what it is made of. Holds the project's only `mark_safe`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from prose.finding import Finding

BLOCK = re.compile(r'<div data-block="([a-z]+):([a-z0-9-]*)"></div>\s*')
PICTURE = re.compile(r":::\s*picture\s+([a-z0-9-]+)")
# Of rendered HTML. One that nothing closes ends with the text or at the next: it isn't looked for
# again from each.
TAG = re.compile(r"<[^>]++(?:>|\Z)")
CITED = re.compile(r"<sup\b(?:(?!<sup\b).)*?</sup>")
ANCHOR = re.compile(r'\bid="([^"]*)"')
EMPTY = SafeString("")


@dataclass(frozen=True)
class Heading:
    """A section of the text, as the contents list names it."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Link:
    """Where a link of the text leads, on which line of the markdown it stands, and its words."""

    line: int
    href: str
    words: str = ""


@dataclass(frozen=True)
class Rendered:
    """A finished text.

    `html` is sanitised and holds `<div data-block>` where the page fills in a block. `citations`
    are source keys in the order of their first mention, so that the first is number 1, each with
    how often it is cited.
    """

    html: str
    contents: list[Heading] = field(default_factory=list)
    citations: dict[str, int] = field(default_factory=dict)
    words: int = 0
    problems: list[Finding] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """A stretch of a page's text: finished HTML, or a block (`kind`, `key`) the page fills in."""

    html: SafeString = EMPTY
    kind: str = ""
    key: str = ""


@dataclass(frozen=True)
class Section:
    """A stretch of a text under one of its h2: the heading's id and words, and what follows it."""

    id: SafeString
    title: SafeString
    html: SafeString


def trusted(html: str) -> SafeString:
    """Mark HTML that prose.renderer made as fit for a template."""
    return mark_safe(html)  # noqa: S308  sanitised by the renderer


def parts(html: str) -> Iterator[Part]:
    """Cut rendered HTML at its blocks."""
    pieces = BLOCK.split(html)
    for index in range(0, len(pieces), 3):
        if pieces[index].strip():
            yield Part(html=trusted(pieces[index]))
        if index + 2 < len(pieces):
            yield Part(kind=pieces[index + 1], key=pieces[index + 2])


def sections(html: str) -> Iterator[Section]:
    """Cut rendered HTML at its h2; what stands before the first has no `id` and no `title`."""
    lead, *rest = html.split("<h2 ")  # each of the rest begins with its heading's attributes
    if lead.strip():
        yield Section(EMPTY, EMPTY, trusted(lead.strip()))
    for part in rest:
        heading, _, text = part.partition("</h2>")
        attributes, _, title = heading.partition(">")
        found = ANCHOR.search(attributes)
        anchor = found[1] if found else ""
        yield Section(trusted(anchor), trusted(title.strip()), trusted(text.strip()))


def section(html: str, anchor: str) -> SafeString:
    """Return the part of rendered `html` under the h2 with the id `anchor`; nothing without it."""
    return next((part.html for part in sections(html) if part.id == anchor), EMPTY)


def block_keys(html: str, kind: str) -> list[str]:
    """Return the keys of the blocks of one kind that a rendered text asks for."""
    return [part.key for part in parts(html) if part.kind == kind]


def count_words(html: str) -> int:
    """Return the number of words a reader reads, without citation numbers and blocks."""
    text = TAG.sub(" ", CITED.sub("", html))
    return len(re.findall(r"\b[\w’'-]+\b", text))
