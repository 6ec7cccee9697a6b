"""Link edits: other addresses for the links of a markdown text, or the links taken out of it.

Each edit is made in the source, so that the rest of the text stays as its editor wrote it, and then
proved by rendering both: the links that were meant have changed, no other has. What can't be edited
that way (`NotEditableError`) is left for a person.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from prose.renderer import render

# Code, in which nothing is a link: fenced, or between backticks in a paragraph.
CODE = re.compile(
    r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1|\Z)|(?<!`)(`+)(?!`)(?:(?!\n\n).)*?(?<!`)\2(?!`)",
    re.M | re.S,
)
# The end of an inline link: its address, with the title that may follow.
TARGET = re.compile(
    r"\]\(\s{0,9}(<[^<>\n]*>|[^\s()<>]*+(?:\([^\s()]*+\)[^\s()]*+)*+)"
    r"(\s{1,9}(?:\"[^\"]*\"|'[^']*'))?\s{0,9}\)"
)
DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]+)\]:[ \t]*<?([^\s<>]+)>?[^\n]*(?:\n|\Z)", re.M)
AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")

LINK_TAG = re.compile(r"</?a\b[^<>]*>")

Chosen = Callable[[str], bool]
Edit = tuple[int, int, str]


class NotEditableError(Exception):
    """A text whose links are written in a way that a person has to change by hand."""


def replace_links(markdown: str, new: Callable[[str], str | None]) -> str:
    """Return the text with each link for which `new` returns an address leading there."""
    edits: list[Edit] = []
    for pattern, group in ((TARGET, 1), (DEFINITION, 2)):
        for match in _matches(pattern, markdown):
            address = new(match[group].strip("<>"))
            if address is not None:
                edits.append((*_inner(match, group), address))
    for match in _matches(AUTOLINK, markdown):
        if address := new(match[1]):
            edits.append((*match.span(), f"[{match[1].partition('//')[2]}]({address})"))
    wanted = [_or_as_it_was(new(href), href) for href in _links(markdown)]
    return _proved(markdown, _edited(markdown, edits), wanted)


def take_out_links(markdown: str, is_chosen: Chosen) -> str:
    """Return the text without the chosen links; the words that they stood on stay."""
    edits = [*_inline(markdown, is_chosen), *_by_reference(markdown, is_chosen)]
    for match in _matches(AUTOLINK, markdown):
        if is_chosen(match[1]):
            edits.append((*match.span(), match[1].partition("//")[2]))
    wanted = [href for href in _links(markdown) if not is_chosen(href)]
    return _proved(markdown, _edited(markdown, edits), wanted)


def replace_citations(markdown: str, key: str, new: str) -> str:
    """Return the text citing `new` where it cited `key`; nothing there when `new` is empty."""
    mark = f"[^{new}]" if new else ""
    edits = [
        (*match.span(), mark) for match in _matches(re.compile(re.escape(f"[^{key}]")), markdown)
    ]
    edited = _edited(markdown, edits)
    return re.sub(rf"({re.escape(mark)})(?:{re.escape(mark)})+", r"\1", edited) if mark else edited


def replace_blocks(markdown: str, kind: str, key: str, new: str) -> str:
    """Return the text with another row in the block of `kind` and `key`, or without the block."""
    block = re.compile(rf"^([ \t>]*):::[ \t]*{kind}[ \t]+{re.escape(key)}[ \t]*(?:\r?\n|\Z)", re.M)
    edits = []
    for match in _matches(block, markdown):
        end = "\n" if match[0].endswith("\n") else ""
        after = match.end()
        if not new:  # with the empty line below it
            after += len(re.match(r"[ \t]*\r?\n|", markdown[after:])[0])  # type: ignore[index]
        edits.append((match.start(), after, f"{match[1]}:::{kind} {new}{end}" if new else ""))
    return _edited(markdown, edits)


def _matches(pattern: re.Pattern[str], markdown: str) -> Iterator[re.Match[str]]:
    code = [match.span() for match in CODE.finditer(markdown)]
    for match in pattern.finditer(markdown):
        if not any(first <= match.start() < last for first, last in code):
            yield match


def _inner(match: re.Match[str], group: int) -> tuple[int, int]:
    """Return where an address stands, without the < > that may be around it."""
    start, end = match.span(group)
    is_bracketed = match[group].startswith("<")
    return start + is_bracketed, end - is_bracketed


def _inline(markdown: str, is_chosen: Chosen) -> Iterator[Edit]:
    for match in _matches(TARGET, markdown):
        if not is_chosen(match[1].strip("<>")):
            continue
        start = _opening(markdown, match.start())
        yield start, match.end(), markdown[start + 1 : match.start()]


def _opening(markdown: str, closing: int) -> int:
    """Return where the bracket stands that `]` at `closing` closes."""
    depth = 0
    for place in range(closing, -1, -1):
        if markdown[place] in "[]" and not markdown[:place].endswith("\\"):
            depth += 1 if markdown[place] == "]" else -1
        if depth == 0:
            return place
    raise NotEditableError


def _by_reference(markdown: str, is_chosen: Chosen) -> Iterator[Edit]:
    """Yield the edits of links whose address stands elsewhere: `[words][name]`."""
    for definition in _matches(DEFINITION, markdown):
        if not is_chosen(definition[2]):
            continue
        yield (*definition.span(), "")
        name = r"\s+".join(map(re.escape, definition[1].split()))
        words = r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]"
        used = re.compile(rf"{words}\[{name}\]|\[({name})\](?:\[\])?(?![\[(:])", re.IGNORECASE)
        for match in _matches(used, markdown):
            yield (*match.span(), match[1] or match[2])


def _edited(markdown: str, edits: list[Edit]) -> str:
    for start, end, words in sorted(edits, reverse=True):
        markdown = markdown[:start] + words + markdown[end:]
    return markdown


def _links(markdown: str) -> list[str]:
    return [link.href for link in render(markdown).links]


def _or_as_it_was(new: str | None, href: str) -> str:
    return href if new is None else new


def _proved(before: str, after: str, wanted: list[str]) -> str:
    """Return the edited text if its links are those wanted and its words are what they were."""
    if Counter(_links(after)) != Counter(wanted) or _words(before) != _words(after):
        raise NotEditableError
    return after


def _words(markdown: str) -> str:
    """Return a text as it is shown, without its links and the spaces at the ends of its blocks."""
    shown = LINK_TAG.sub("", render(markdown).html).replace("https://", "").replace("http://", "")
    return "".join(shown.split())
