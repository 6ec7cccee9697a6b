"""A text's HTML as plain text that reads well alone.

The same words, the addresses of links in brackets.

Made for HTML that prose.renderer wrote, and so for its elements alone.
"""

import textwrap
from html.parser import HTMLParser

WIDTH = 72  # columns; old mail programs break longer lines where they like
BLOCKS = set("p h2 h3 h4 ul ol blockquote aside div pre hr table tr".split())
HEADINGS = {"h2": "=", "h3": "-", "h4": "-"}


def plain(html: str) -> str:
    """Return `html` as plain text, its paragraphs parted by empty lines."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.finish()


class _Writer(HTMLParser):
    """Collects the words of one block at a time and writes it, wrapped, when the block ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.words: list[str] = []
        self.margins: list[
            str
        ] = []  # what each list item or quotation we are in puts before its lines
        self.marker = ""  # what the next line puts there instead, once: a dash or a number
        self.counters: list[int | None] = []  # one per list: the next number, or None for dashes
        self.links: list[tuple[str, int]] = []  # address, and where its words began
        self.is_verbatim = False  # whether line breaks are to be kept
        self.is_tight = False  # whether the next block follows without an empty line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in BLOCKS or tag == "li":
            self.end_block(tag)
        if tag in {"ul", "ol", "li"}:
            self.start_list_part(tag, attributes)
        elif tag == "blockquote":
            self.margins.append("> ")
        elif tag == "a":
            self.links.append((attributes.get("href") or "", len(self.words)))
        elif tag == "pre":
            self.is_verbatim = True
        else:
            self.start_inline(tag)

    def start_list_part(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "ul":
            self.counters.append(None)
        elif tag == "ol":
            self.counters.append(int(attributes.get("start") or 1))
        else:
            self.start_item()

    def start_inline(self, tag: str) -> None:
        if tag == "br":
            self.words.append("\n")
        elif tag == "hr":
            self.write("* * *")
        elif tag in {"td", "th"} and "".join(self.words).strip():
            self.words.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            self.end_link()
        if tag in BLOCKS or tag == "li":
            self.end_block(tag)
        if tag == "pre":
            self.is_verbatim = False
        elif tag in {"ul", "ol"}:
            self.counters.pop()
            self.is_tight = bool(self.counters)
        elif tag in {"li", "blockquote"}:
            self.end_margin(tag)
        elif tag in {"tr", "table"}:
            self.is_tight = tag == "tr"

    def end_margin(self, tag: str) -> None:
        self.margins.pop()
        if tag == "li":
            self.marker, self.is_tight = "", True

    def handle_data(self, data: str) -> None:
        self.words.append(data if self.is_verbatim else data.replace("\n", " "))

    def start_item(self) -> None:
        number = self.counters[-1] if self.counters else None
        self.marker = "- " if number is None else f"{number}. "
        if number is not None:
            self.counters[-1] = number + 1
        self.margins.append(" " * len(self.marker))

    def end_link(self) -> None:
        """Put the address after the words of a link, unless they are the address."""
        href, start = self.links.pop()
        words = "".join(self.words[start:]).strip()
        address = href.removeprefix("mailto:").removeprefix("tel:").removeprefix("sms:")
        is_number = href.startswith(("tel:", "sms:"))  # the words of such a link are the number
        if address and words not in {address, href} and not is_number:
            self.words.append(f" ({address})")

    def end_block(self, tag: str) -> None:
        text = "".join(self.words)
        self.words = []
        lines = [" ".join(line.split()) for line in text.split("\n")]
        if any(lines):
            self.write("\n".join(lines).strip(), HEADINGS.get(tag, ""))

    def write(self, text: str, underline: str = "") -> None:
        later = "".join(self.margins)
        first = later[: len(later) - len(self.marker)] + self.marker if self.marker else later
        wrapped: list[str] = []
        for line in text.split("\n"):
            wrapped += textwrap.wrap(
                line,
                WIDTH,
                initial_indent=later if wrapped else first,
                subsequent_indent=later,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [later.rstrip()]
        if underline:
            wrapped.append(later + underline * min(WIDTH, max(map(len, wrapped)) - len(later)))
        if self.blocks and not self.is_tight:
            self.blocks.append(
                later.rstrip() if later.startswith(">") and self.blocks[-1].startswith(">") else ""
            )
        self.blocks.append("\n".join(wrapped))
        self.marker, self.is_tight = "", False

    def finish(self) -> str:
        self.end_block("p")
        return "\n".join(self.blocks).strip() + "\n"
