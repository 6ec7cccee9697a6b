"""WordPress export (WXR): an RSS file with the site's posts, pages, menus and pictures.

Read by expat as a stream. A document type is refused at its first sign, so no entity is ever
defined: no bomb of entities, no file of this machine (docs/decisions/0027).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.parsers import expat

from articles.importing.items import Item, UnreadableExportError

PIECE = 1 << 16  # bytes
DEEPEST = 60  # elements within each other
# What is no text of a reader's, and what to say of it.
OTHER_TYPES = {
    "nav_menu_item": "a line of a menu",
    "attachment": "a picture or file; it comes in with the texts that show it",
    "revision": "an earlier state of a text",
    "custom_css": "a stylesheet",
    "customize_changeset": "a change of design",
    "oembed_cache": "a copy of another site’s page",
    "wp_block": "a block that several texts share; copy it into them by hand",
    "wp_template": "a template",
    "wp_template_part": "a template",
    "wp_global_styles": "a design",
    "wp_navigation": "a menu",
    "wp_font_family": "a font",
    "wp_font_face": "a font",
}
REMARKS = {
    "private": "It was private there.",
    "pending": "It waited there for a review.",
    "draft": "It was a draft there.",
}
NOT_ALLOWED = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def items(file: Path) -> Iterator[Item]:
    """Yield the entries of an export file. Raises UnreadableExportError."""
    reader = _Reader()
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield from reader.feed(piece)
    yield from reader.feed(b"", is_last=True)


class _Reader:
    """The parser's handlers, and the entry that is being read."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.buffer_text = True
        self._open: list[str] = []
        self._words: list[str] = []
        self._entry: dict[str, str] | None = None
        self._topics: list[str] = []
        self._has_password = False
        self._done: list[Item] = []
        self._attributes: dict[str, str] = {}

    def feed(self, piece: bytes, *, is_last: bool = False) -> list[Item]:
        """Read on; return the entries that ended in this piece."""
        try:
            # Signs that no XML may hold, which old databases left in many exports.
            self._parser.Parse(NOT_ALLOWED.sub(b" ", piece), is_last)
        except (expat.ExpatError, LookupError, ValueError) as error:
            line = self._parser.CurrentLineNumber
            raise UnreadableExportError(
                f"The file can’t be read from line {line} on ({error}). It may be cut short: export it once more."
            ) from error
        done, self._done = self._done, []
        return done

    def _refuse(self, *args: object) -> None:
        raise UnreadableExportError(
            "The file declares a document type, which no export of WordPress does."
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if not self._open and tag != "rss":
            raise UnreadableExportError(
                "This is no export of WordPress: it doesn’t begin with “rss”."
            )
        if len(self._open) > DEEPEST:
            raise UnreadableExportError("The file nests its parts deeper than any export does.")
        self._open.append(name)
        self._words = []
        self._attributes = attributes
        if tag == "item":
            self._entry, self._topics = {}, []

    def _text(self, data: str) -> None:
        if self._entry is not None:
            self._words.append(data)

    def _end(self, name: str) -> None:
        self._open.pop()
        space, _, tag = name.rpartition(" ")
        if self._entry is None:
            return
        words = "".join(self._words)
        self._words = []
        if tag == "item":
            self._done.append(_item(self._entry, self._topics))
            self._entry = None
        elif tag == "category" and self._attributes.get("domain") in {"category", "post_tag"}:
            self._topics.append(words.strip())
        elif tag == "encoded":
            self._entry["excerpt" if "excerpt" in space else "content"] = words
        elif tag in {
            "title",
            "link",
            "post_name",
            "status",
            "post_type",
            "post_password",
            "post_date_gmt",
        }:
            self._entry[tag] = words.strip()


def _item(entry: dict[str, str], topics: list[str]) -> Item:
    kind, status = entry.get("post_type", "post"), entry.get("status", "publish")
    title = entry.get("title", "") or entry.get("post_name", "").replace("-", " ").capitalize()
    item = Item(
        title=title or "Without a title",
        slug=entry.get("post_name", ""),
        html=entry.get("content", ""),
        path=_path(entry.get("link", "")),
        host=_host(entry.get("link", "")),
        state=status,
        topics=[topic for topic in topics if topic.lower() != "uncategorized"],
        summary=entry.get("excerpt", ""),
    )
    item.left_out = _why_left_out(kind, status)
    if status in REMARKS:
        item.remarks.append(REMARKS[status])
    if status == "future":
        item.remarks.append(
            f"It was to be published there on {entry.get('post_date_gmt', '')[:10]}."
        )
    if entry.get("post_password"):
        item.remarks.append("It had a password there.")
    return item


def _why_left_out(kind: str, status: str) -> str:
    if kind in OTHER_TYPES:
        return f"It is {OTHER_TYPES[kind]}."
    if kind not in {"post", "page"}:
        return f"It is of a kind of its own (“{kind[:40]}”)."
    if status in {"trash", "auto-draft", "inherit"}:
        return "It was thrown away there." if status == "trash" else "It was never saved there."
    return ""


def _path(link: str) -> str:
    """Return where a text stood; empty for an address with a question mark, which nothing leads from."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return "" if parts.query else parts.path


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
