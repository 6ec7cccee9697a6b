"""HTML of another site as our markdown: what our pages can show, and a remark on what they can't.

Whatever comes out is markdown that the one renderer makes safe, as what an editor types.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

BLOCKS = set(
    "p div section article header footer main figure figcaption center details summary address dl dt dd"
    " form fieldset aside nav".split()
)
HEADINGS = {"h1": "##", "h2": "##", "h3": "###", "h4": "####", "h5": "####", "h6": "####"}
EMPHASIS = {
    "em": "*",
    "i": "*",
    "cite": "*",
    "strong": "**",
    "b": "**",
    "del": "~~",
    "s": "~~",
    "strike": "~~",
}
# What no page of ours shows, with the words for it; nothing inside is kept.
DROPPED = {
    "script": "a script",
    "style": "a stylesheet",
    "iframe": "an embedded page",
    "object": "an embedded object",
    "embed": "an embedded object",
    "video": "a video",
    "audio": "a recording",
    "svg": "a drawing",
    "canvas": "a drawing",
    "noscript": "",
    "template": "",
    "math": "a formula",
    "select": "a form",
    "textarea": "a form",
    "button": "",
    "head": "",
    "title": "",
}
VOID = {
    "br",
    "hr",
    "img",
    "input",
    "meta",
    "link",
    "source",
    "area",
    "base",
    "col",
    "wbr",
    "track",
    "param",
    "embed",
}
SPECIAL = re.compile(r"([\\`*_\[\]<>~|])|&(?=[#\w]{1,32};)")
AT_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|[-+=](?=\s|$)|:{3,}|\d{1,9}(?=[.)]\s))")
SHORTCODE = re.compile(
    r"\[(/?)([a-zA-Z][\w-]{1,40})((?:\s+[\w-]+=(?:\"[^\"\]]*\"|'[^'\]]*'|[^\s\"'\]]+))*)\s*/?\]"
)
# Shortcodes that are known without attributes too; others without any may be words, such as [sic].
KNOWN_CODES = set(
    "caption gallery embed audio video playlist vc_row vc_column contact-form contact-form-7".split()
)
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
HARD_BREAK = "\\\n"
DEEPEST = 40  # quotes, links and emphasis within each other


@dataclass
class Converted:
    """A text as our markdown, the pictures that it shows, by their addresses, and remarks."""

    markdown: str = ""
    pictures: dict[str, str] = field(default_factory=dict)  # address: alternative text
    remarks: list[str] = field(default_factory=list)


def convert(
    html: str, new_link: Callable[[str], str], picture_key: Callable[[str], str]
) -> Converted:
    """Return HTML as markdown. `new_link` returns where a link is to lead (empty: nowhere, its
    words stay), `picture_key` the key under which a picture comes in (empty: it doesn't).
    """
    writer = _Writer(new_link, picture_key)
    writer.feed(_without_shortcodes(html, writer.result))
    writer.close()
    return writer.finished()


def _without_shortcodes(html: str, result: Converted) -> str:
    """Take the shortcodes of WordPress out, and keep what stands between two of them."""

    def replaced(match: re.Match[str]) -> str:
        name = match[2].lower()
        if (
            not match[3]
            and not match[1]
            and name not in KNOWN_CODES
            and f"[/{match[2]}]" not in html
        ):
            return match[0]
        if match[1] and f"[{match[2]}" not in html:
            return match[0]
        if not match[1] and name != "caption":
            _remark(result, f"The shortcode [{name}] was left out.")
        return ""

    return SHORTCODE.sub(replaced, html)


def _remark(result: Converted, words: str) -> None:
    if words not in result.remarks:
        result.remarks.append(words)


class _Writer(HTMLParser):
    """Writes markdown as the parser meets tags: finished blocks, and the line under way."""

    def __init__(self, new_link: Callable[[str], str], picture_key: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.result = Converted()
        self._new_link, self._picture_key = new_link, picture_key
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._prefix: list[str] = []  # of quotes and lists, outermost first
        self._lists: list[list[int]] = []  # [0] unordered, [n] the next number
        self._marker = ""  # of a list's point that has no words yet
        self._links: list[tuple[int, str]] = []  # where its words begin, where it leads
        self._emphasis: list[tuple[str, int]] = []
        self._dropping: list[str] = []
        self._code: list[str] | None = None
        self._rows: list[list[str]] | None = None
        self._heading = ""
        self._is_new_list = False

    def finished(self) -> Converted:
        """Return what was written."""
        self._end_block()
        self.result.markdown = "\n\n".join(self._blocks).strip() + "\n"
        return self.result

    # -- what the parser meets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            self._dropping += [tag] if tag == self._dropping[0] and tag not in VOID else []
            return
        if tag in DROPPED:
            self._drop(tag)
            return
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._picture(given)
        elif tag == "a" and len(self._links) < DEEPEST:
            self._links.append((len(self._line), given.get("href", "")))
        elif tag in EMPHASIS and len(self._emphasis) < DEEPEST:
            self._emphasis.append((EMPHASIS[tag], len(self._line)))
        else:
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag == self._dropping[0]:
                self._dropping.pop()
            return
        if tag == "a" and self._links:
            self._end_link()
        elif tag in EMPHASIS and self._emphasis:
            self._end_emphasis()
        else:
            self._close_block(tag)

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        if self._code is not None:
            self._code.append(data)
            return
        first, *others = BLANK_LINES.split(data) if self._rows is None else [data]
        self._say(first)
        for paragraph in others:  # the classic editor has empty lines where others have <p>
            self._end_block()
            self._say(paragraph)

    # -- words

    def _say(self, data: str) -> None:
        words = re.sub(r"[\s\u00a0]+", " ", data.replace("\u00ad", "").replace("\u200b", ""))
        if not self._line or self._line[-1].endswith("\n"):
            words = words.lstrip()
        if words:
            self._line.append(SPECIAL.sub(lambda match: f"\\{match[0]}", words))

    def _end_link(self) -> None:
        start, href = self._links.pop()
        words = "".join(self._line[start:]).strip()
        space = " " if "".join(self._line[start:])[:1] == " " else ""
        after = " " if "".join(self._line[start:])[-1:] == " " and words else ""
        target = self._new_link(href.strip()) if words else ""
        if words and href and not target:
            _remark(self.result, f"A link was left out, its words stay: {href[:100]}")
        del self._line[start:]
        self._line.append(
            f"{space}[{words}]({_target(target)}){after}" if target else f"{space}{words}{after}"
        )

    def _end_emphasis(self) -> None:
        sign, start = self._emphasis.pop()
        words = "".join(self._line[start:])
        inner = words.strip()
        del self._line[start:]
        if not inner or "\n" in inner:
            self._line.append(words)
            return
        before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
        self._line.append(f"{before}{sign}{inner}{sign}{after}")

    def _picture(self, given: dict[str, str]) -> None:
        address = given.get("src") or given.get("data-src", "")
        key = self._picture_key(address) if address else ""
        if not key:
            if address:
                _remark(self.result, f"A picture isn’t in the archive: {address[:120]}")
            return
        self.result.pictures.setdefault(address, given.get("alt", ""))
        self._links = [(len(self._line), "") for _ in self._links]  # a picture is no link here
        self._end_block()
        self._blocks.append(f":::picture {key}")

    # -- blocks

    def _start_block(self, tag: str) -> None:
        if tag == "br":
            self._line += [HARD_BREAK] if "".join(self._line).strip() else []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in HEADINGS:
            self._end_block()
            self._heading = HEADINGS[tag]
        elif tag in self._STARTS:
            self._end_block()
            self._STARTS[tag](self)
        elif tag in BLOCKS and self._rows is None:
            self._end_block()

    def _close_block(self, tag: str) -> None:
        if tag in self._ENDS:
            self._ENDS[tag](self)
        elif (tag in BLOCKS or tag in HEADINGS) and self._rows is None:
            self._end_block()

    def _start_list(self, first: int = 0) -> None:
        self._is_new_list = not self._lists
        self._lists.append([first])

    def _start_numbered_list(self) -> None:
        self._start_list(1)

    def _end_list(self) -> None:
        if self._lists:
            self._end_block()
            self._lists.pop()

    def _end_point(self) -> None:
        self._end_block()
        self._marker = ""

    def _start_quote(self) -> None:
        if len(self._prefix) < DEEPEST:
            self._prefix.append("> ")

    def _end_quote(self) -> None:
        self._end_block()
        if self._prefix:
            self._prefix.pop()

    def _start_code(self) -> None:
        self._code = []

    def _start_table(self) -> None:
        self._rows = []

    def _end_cell(self) -> None:
        if self._rows:
            self._rows[-1].append("".join(self._line).replace(HARD_BREAK, " ").strip())
            self._line = []

    def _rule(self) -> None:
        self._blocks.append("---")

    def _begin_point(self) -> None:
        counting = self._lists[-1] if self._lists else [0]
        self._marker = f"{counting[0]}. " if counting[0] else "- "
        counting[0] += bool(counting[0])

    def _end_block(self) -> None:
        words, self._line = "".join(self._line).strip().removesuffix("\\").strip(), []
        self._links = [(0, href) for _, href in self._links]
        self._emphasis = [(sign, 0) for sign, _ in self._emphasis]
        heading, self._heading = self._heading, ""
        if not words:
            self._heading = heading if self._marker else ""
            return
        words = "\n".join(map(_without_block_marks, words.split("\n")))
        if heading:
            words = (
                f"{heading} {' '.join(words.replace('**', '').replace(HARD_BREAK, ' ').split())}"
            )
        self._put(words)

    def _put(self, words: str) -> None:
        """Add a block, with the marks of the quotes and lists that it stands in."""
        depth = min(len(self._lists), DEEPEST)
        indent = "    " * max(0, depth - 1)
        first = indent + self._marker if self._lists else ""
        rest = indent + " " * (len(self._marker) or 2) if self._lists else ""
        is_point = bool(self._marker) and bool(self._lists)
        lines = [
            (first if is_point and number == 0 else rest) + line
            for number, line in enumerate(words.split("\n"))
        ]
        quote = "".join(self._prefix)
        block = "\n".join(f"{quote}{line}".rstrip() for line in lines)
        joins = is_point and self._blocks and not self._is_new_list
        self._is_new_list = self._is_new_list and not is_point
        if joins and self._is_point(self._blocks[-1].rsplit("\n", 1)[-1], quote):
            self._blocks[-1] += f"\n{block}"  # points of one list stand together
        else:
            self._blocks.append(block)
        self._marker = "" if is_point else self._marker

    def _is_point(self, line: str, quote: str) -> bool:
        return bool(re.match(r"\s*(?:- |\d+\. |\s{2,})", line.removeprefix(quote)))

    def _end_code(self) -> None:
        if self._code is None:
            return
        text, self._code = "".join(self._code or []).strip("\n"), None
        fence = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
        if text.strip():
            self._put(f"{fence}\n{text}\n{fence}")

    def _end_table(self) -> None:
        rows, self._rows, self._line = [row for row in self._rows or [] if row], None, []
        if not rows:
            return
        width = max(len(row) for row in rows)
        lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
        self._put("\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]))

    def _drop(self, tag: str) -> None:
        if words := DROPPED[tag]:
            _remark(self.result, f"The text held {words}, which was left out.")
        if tag not in VOID:
            self._dropping.append(tag)

    _STARTS: dict[str, Callable[["_Writer"], None]] = {
        "hr": _rule,
        "ul": _start_list,
        "ol": _start_numbered_list,
        "li": _begin_point,
        "blockquote": _start_quote,
        "pre": _start_code,
        "table": _start_table,
    }
    _ENDS: dict[str, Callable[["_Writer"], None]] = {
        "ul": _end_list,
        "ol": _end_list,
        "li": _end_point,
        "blockquote": _end_quote,
        "pre": _end_code,
        "td": _end_cell,
        "th": _end_cell,
        "table": _end_table,
    }


def _without_block_marks(line: str) -> str:
    """Return a line of words that begins no heading, list or directive: 1\\. and \\# are words."""
    match = AT_START.match(line)
    if not match:
        return line
    place = match.end() if match[2].isdigit() else match.start(2)
    return f"{line[:place]}\\{line[place:]}"


def _target(address: str) -> str:
    """Return an address as a markdown link takes it."""
    plain = re.sub(r"[\s\\]", "", address)
    return (
        f"<{plain}>" if re.search(r"[()]", plain) else plain.replace("<", "%3C").replace(">", "%3E")
    )


def link_for(href: str, hosts: set[str], addresses: dict[str, str]) -> str:
    """Return where a link of the former site is to lead: to a text that came in, or to where it led.

    `hosts` are the former site's own; `addresses` leads from its paths to ours.
    """
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme in {"mailto", "tel", "sms"}:
        return href
    if parts.scheme not in {"", "http", "https"} or "@" in parts.netloc:
        return ""
    if href.startswith("#"):
        return href if len(href) > 1 else ""
    is_ours = not parts.netloc or parts.netloc.lower().removeprefix("www.") in hosts
    if is_ours:
        return addresses.get(parts.path.rstrip("/").lower(), "")
    return href if parts.scheme else f"https:{href}"
