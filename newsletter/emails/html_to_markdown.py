"""Markdown of a shipped mail, for an editor to start from.

Made for HTML that this folder's templates wrote, and so for the few elements they use.
"""

from html.parser import HTMLParser

MARKS = {"strong": "**", "b": "**", "em": "*"}


def markdown(html: str) -> str:
    """Return the paragraphs between a mail's heading and its small print."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return "\n\n".join("".join(words).strip() for words in writer.paragraphs) + "\n"


class _Writer(HTMLParser):
    """Collects paragraphs from the end of the heading to the first line of small print."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[list[str]] = []
        self.in_main = False
        self.in_paragraph = False
        self.href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "p":
            self.in_main = self.in_main and attributes.get("class") != "small"
            self.in_paragraph = self.in_main
            if self.in_paragraph:
                self.paragraphs.append([])
        elif tag == "a":
            self.href = attributes.get("href") or ""
            self.write("[")
        else:
            self.write(MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self.in_main = True
        elif tag == "p":
            self.in_paragraph = False
        elif tag == "a":
            self.write(f"]({self.href})")
        else:
            self.write(MARKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        self.write(data)

    def write(self, words: str) -> None:
        if self.in_paragraph:
            self.paragraphs[-1].append(words)
