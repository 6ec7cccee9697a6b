"""Blocks: the text of a page's HTML as a reader reads it, a paragraph, heading or list item a line."""

from html.parser import HTMLParser

_BLOCKS = frozenset(
    "address article blockquote caption dd details div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 hr "
    "legend li main ol p pre section summary table td th tr ul".split()
)
# What a page says besides its subject: controls, ways on, notes on the side, numbers of sources.
_SKIPPED = frozenset("aside button form footer nav script search style sup svg template".split())


class Blocks(HTMLParser):
    """Reads one page, or a piece of one."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.headings: list[str] = []
        self.lines: list[str] = []
        self._words: list[str] = []
        self._heading = ""
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped += 1
        elif tag in _BLOCKS:
            self._end_block()
            self._heading = tag if tag in {"h1", "h2", "h3"} else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag in _BLOCKS:
            self._end_block()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end_block()

    def _end_block(self) -> None:
        line = " ".join("".join(self._words).split())
        self._words = []
        if not line:
            return
        if self._heading == "h1" and not self.title:
            self.title = line
        elif self._heading:
            self.headings.append(line)
        self.lines.append(line)
        self._heading = ""


def read(html: str) -> Blocks:
    """Return the blocks of `html`, in one pass."""
    blocks = Blocks()
    blocks.feed(html)
    blocks.close()
    return blocks
