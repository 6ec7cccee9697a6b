"""Markdown to safe HTML: the one renderer for pages, previews, feeds and mails.

CommonMark without raw HTML, plus

- `[^key]` after a sentence: a numbered reference to the source `key`;
- `:::offer key`, `:::picture key`, `:::quiz`, `:::guide` on a line of their own: a block the page fills in;
- `:::note Heading`, `:::exercise Heading`, `:::quote` … `:::`: an aside, a list of steps, a pull quote.

What an editor got wrong (an unknown directive, a picture from elsewhere) is not an exception but a `Problem` with its line:
the admin refuses it, a page leaves it out. This module holds the project's only `mark_safe`.
"""

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from itertools import takewhile
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

LONGEST = 200_000  # characters of a text; our longest article has a tenth of that
VERSION = 4  # raise it when the same markdown gives other HTML: stored HTML is then made anew

BLOCKS = ("offer", "picture", "quiz", "guide")
KEYED = {  # blocks that name a row
    "offer": "an offer, such as “:::offer online-therapy”",
    "picture": "a picture, such as “:::picture garden-path”",
}
CONTAINERS = ("note", "exercise", "quote")
BLOCK = re.compile(r'<div data-block="([a-z]+):([a-z0-9-]*)"></div>\s*')
CITATION = re.compile(r"\[\^([a-z0-9-]+)\]")
# Addresses that every reader of addresses takes apart alike: browsers repair others, and not as Python does.
# Of rendered HTML. One that nothing closes ends with the text or at the next: it isn't looked for again from each.
TAG = re.compile(r"<[^>]++(?:>|\Z)")
CITED = re.compile(r"<sup\b(?:(?!<sup\b).)*?</sup>")
WEB = re.compile(r"https?://[a-z0-9.-]+(:\d+)?([/?#]|$)", re.IGNORECASE)

Env = MutableMapping[
    str, Any
]  # what one parse carries along: citations, problems, headings, prefix

_TAGS = {
    *(
        "p",
        "a",
        "em",
        "strong",
        "s",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "blockquote",
        "code",
        "pre",
        "hr",
        "br",
        "sup",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "aside", "div"),
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={
        "*": {"id"},
        "a": {"href", "rel", "aria-label", "class"},
        "aside": {"class", "aria-labelledby"},
        "blockquote": {"class"},
        "p": {"class"},
        "sup": {"class"},
        "div": {"class", "data-block", "role", "aria-label", "aria-labelledby", "tabindex"},
        "ol": {"start"},
        "th": {"scope"},
        "h2": {"tabindex"},
    },
    url_schemes={"https", "http", "mailto", "tel", "sms"},
    link_rel=None,
)


@dataclass(frozen=True)
class Problem:
    """What an editor must mend, and on which line of the markdown (counted from 1; 0 when unknown)."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True)
class Heading:
    """A section of the text, as the contents list names it."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Link:
    """Where a link of the text leads, and on which line of the markdown it stands."""

    line: int
    href: str


@dataclass(frozen=True)
class Rendered:
    """A finished text.

    `html` is sanitised and holds `<div data-block>` where the page fills in a block. `citations` are source keys in the order
    of their first mention, so that the first is number 1, each with how often it is cited.
    """

    html: str
    contents: list[Heading] = field(default_factory=list)
    citations: dict[str, int] = field(default_factory=dict)
    words: int = 0
    problems: list[Problem] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


EMPTY = SafeString("")


@dataclass(frozen=True)
class Part:
    """A stretch of a page's text: finished HTML, or a block (`kind` and `key`) that the page fills in."""

    html: SafeString = EMPTY
    kind: str = ""
    key: str = ""


def trusted(html: str) -> SafeString:
    """Mark HTML that `render` made as fit for a template."""
    return mark_safe(html)  # noqa: S308  sanitised by _cleaner


def parts(html: str) -> Iterator[Part]:
    """Cut rendered HTML at its blocks."""
    pieces = BLOCK.split(html)
    for index in range(0, len(pieces), 3):
        if pieces[index].strip():
            yield Part(html=trusted(pieces[index]))
        if index + 2 < len(pieces):
            yield Part(kind=pieces[index + 1], key=pieces[index + 2])


def section(html: str, anchor: str) -> SafeString:
    """Return the part of rendered `html` under the h2 with the id `anchor`; nothing if it isn't there."""
    found = re.search(
        rf'<h2 [^>]*id="{re.escape(anchor)}"[^>]*>.*?</h2>(.*?)(?=<h2 |\Z)', html, re.S
    )
    return trusted(found[1].strip()) if found else EMPTY


@lru_cache(maxsize=256)  # checking, saving and showing a text ask for the same one
def render(markdown: str, *, prefix: str = "") -> Rendered:
    """Turn an editor's markdown into a finished text. `prefix` keeps ids apart when a page shows two texts."""
    if too_long := wrong_length(markdown):
        return Rendered(html=f"<p>{too_long}</p>", problems=[Problem(0, too_long)])
    env: dict[str, Any] = {
        "citations": {},
        "numbers": {},
        "problems": [],
        "prefix": prefix,
        "headings": [],
        "links": [],
    }
    tokens = _markdown.parse(markdown, env)
    html = _cleaner.clean(_markdown.renderer.render(tokens, _markdown.options, env))
    return Rendered(
        html=html,
        contents=env["headings"],
        citations=env["citations"],
        words=count_words(html),
        problems=sorted(env["problems"], key=lambda problem: problem.line),
        links=env["links"],
    )


def wrong_length(markdown: str) -> str:
    """Return what is wrong with the length of a text; empty when nothing is."""
    if len(markdown) <= LONGEST:
        return ""
    return (
        f"This text has {len(markdown):,} characters, and {LONGEST:,} are the most a page may have. "
        "It isn’t saved yet: make two texts of it, or shorten it."
    )


def count_words(html: str) -> int:
    """Return the number of words a reader reads; citation numbers and blocks to fill in don't count."""
    text = TAG.sub(" ", CITED.sub("", html))
    return len(re.findall(r"\b[\w’'-]+\b", text))


def _citation(state: StateInline, silent: bool) -> bool:
    match = CITATION.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        citations: dict[str, int] = state.env["citations"]
        citations[match[1]] = citations.get(match[1], 0) + 1
        number = state.env["numbers"].setdefault(match[1], len(citations))
        token = state.push("citation", "", 0)
        token.meta = {
            "key": match[1],
            "number": number,
            "mention": citations[match[1]],
        }
    state.pos = match.end()
    return True


def _citation_html(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: object, env: dict[str, object]
) -> str:
    meta, prefix = tokens[index].meta, env["prefix"]
    number, mention = meta["number"], meta["mention"]
    return (
        f'<sup class="cite" id="{prefix}cite-{number}-{mention}">'
        f'<a href="#{prefix}source-{number}" aria-label="Source {number}">{number}</a></sup>'
    )


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The block rule for `:::offer key` and its like, and for directives that don't exist."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = re.match(r":::\s*([a-z-]+)\s*(.*)$", line)
    if not match or match[1] in CONTAINERS:
        return False
    if silent:
        return True
    name, argument = match[1], match[2].strip()
    state.line = start + 1
    if name not in BLOCKS:
        known = ", ".join((*BLOCKS, *CONTAINERS))
        _note_problem(state.env, start, f"There is no directive “:::{name}”. There are: {known}.")
        return True
    if name in KEYED and not re.fullmatch(r"[a-z0-9-]+", argument):
        _note_problem(state.env, start, f"“:::{name}” needs the key of {KEYED[name]}.")
        return True
    token = state.push("page_block", "div", 0)
    token.meta = {"block": f"{name}:{argument if name in KEYED else ''}"}
    token.map = [start, start + 1]
    return True


def _block_html(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: object, env: object
) -> str:
    return f'<div data-block="{escape(tokens[index].meta["block"])}"></div>\n'


def _note_problem(env: Env, line: int, message: str) -> None:
    env["problems"].append(Problem(line + 1, message))


def _container_html(name: str) -> Callable[..., str]:
    def open_or_close(
        self: RendererHTML,
        tokens: Sequence[Token],
        index: int,
        options: object,
        env: dict[str, int],
    ) -> str:
        token = tokens[index]
        if token.nesting == -1:
            return {"quote": "</blockquote>\n"}.get(name, "</aside>\n")
        if name == "quote":
            return '<blockquote class="pull">\n'
        env["asides"] = env.get("asides", 0) + 1
        heading = token.info.strip().removeprefix(name).strip()
        if not heading:
            return f'<aside class="{name}">\n'
        label = f"{env['prefix']}{name}-{env['asides']}"
        title = f'<p class="{name}__title" id="{label}">{escape(heading)}</p>\n'
        return f'<aside class="{name}" aria-labelledby="{label}">\n{title}'

    return open_or_close


def _shape(state: StateCore) -> None:
    """Give every heading a stable id and the level the page has room for; refuse pictures and look at links."""
    used: dict[str, int] = {}
    line = 0
    for index, token in enumerate(state.tokens):
        line = token.map[0] if token.map else line
        if token.type == "heading_open":
            inline = state.tokens[index + 1]
            token.tag = state.tokens[index + 2].tag = {"h1": "h2"}.get(token.tag, token.tag)
            if token.tag in {"h5", "h6"}:
                token.tag = state.tokens[index + 2].tag = "h4"
            text = _plain(inline)
            token.attrSet("id", _fresh_id(state.env["prefix"] + (slugify(text) or "section"), used))
            if token.tag == "h2":
                token.attrSet(
                    "tabindex", "-1"
                )  # so that a link to a section moves the keyboard there too
            if token.tag in {"h2", "h3"}:
                state.env["headings"].append(
                    Heading(int(token.tag[1]), str(token.attrGet("id")), text)
                )
        children = token.children or []
        for place, child in enumerate(children):
            line += child.type in {"softbreak", "hardbreak"}
            _look_at(child, line, state.env)
            if child.type == "link_open":
                _look_at_number(str(child.attrGet("href")), children, place, line, state.env)


def _look_at(token: Token, line: int, env: Env) -> None:
    if token.type == "image":
        _note_problem(
            env,
            line,
            "Pictures are uploaded at the desk and put in by “:::picture key”, not by address.",
        )
        token.type, token.tag, token.content = "text", "", token.content
    elif token.type == "link_open":
        href = str(token.attrGet("href") or "")
        env["links"].append(Link(line + 1, href))
        is_web = re.match(r"https?:", href, re.IGNORECASE)
        if href.startswith(("//", "\\", "/\\")):
            _note_problem(env, line, f"The link {href} has no https:// in front.")
            token.attrSet("href", "")
        elif re.match(r"https?://[^/?#]*@", href, re.IGNORECASE):
            _note_problem(env, line, f"The link {href} hides its address behind an @.")
            token.attrSet("href", "")
        elif is_web and not WEB.match(href):
            _note_problem(
                env,
                line,
                f"The link {href} needs a plain address, such as https://example.org/page.",
            )
            token.attrSet("href", "")
        elif is_web:
            token.attrSet("rel", "noopener")


def _look_at_number(href: str, children: list[Token], place: int, line: int, env: Env) -> None:
    """A number to call or text must be the number the reader sees; +44 may stand for its leading 0."""
    if not href.startswith(("tel:", "sms:")):
        return
    text = _link_text(children, place)
    dialled, shown = re.sub(r"\D", "", href), re.sub(r"\D", "", text)
    abroad = href[4:].startswith("+") and shown.startswith("0") and dialled.endswith(shown[1:])
    if not shown or (dialled != shown and not abroad):
        _note_problem(env, line, f"The link {href} and its words “{text}” are different numbers.")


def _link_text(children: list[Token], place: int) -> str:
    """Return the words of the link that begins at `place`."""
    inside = takewhile(
        lambda child: child.type != "link_close",
        map(children.__getitem__, range(place, len(children))),
    )
    return "".join(child.content for child in inside if child.type in {"text", "code_inline"})


def _plain(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or [] if child.type in {"text", "code_inline"}
    ).strip()


def _fresh_id(wanted: str, used: dict[str, int]) -> str:
    """Return `wanted`, or with the next number that is free; `used` keeps how far each id has been counted."""
    found, number = wanted, used.get(wanted, 1)
    while found in used:
        number += 1
        found = f"{wanted}-{number}"
    used[wanted] = number
    used.setdefault(found, 1)
    return found


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True})
    markdown.enable(["table", "strikethrough", "replacements", "smartquotes"])
    markdown.inline.ruler.before("link", "citation", _citation)
    markdown.block.ruler.before(
        "fence", "page_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    for name in CONTAINERS:
        container_plugin(markdown, name, render=_container_html(name))
    markdown.core.ruler.push("shape", _shape)
    markdown.add_render_rule("citation", _citation_html)
    markdown.add_render_rule("page_block", _block_html)
    markdown.add_render_rule(
        "table_open",
        lambda *_: '<div class="table" role="group" aria-label="Table" tabindex="0">\n<table>\n',
    )
    markdown.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return markdown


_markdown = _make_markdown()
