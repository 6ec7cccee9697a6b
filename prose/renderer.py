"""Markdown to safe HTML: the one renderer for pages, previews, feeds and mails.

CommonMark without raw HTML, plus

- `[^key]` after a sentence: a numbered reference to the source `key`;
- `:::offer key`, `:::picture key`, `:::figure key`, `:::quiz`, `:::guide` on a line of their own: a
  block the page fills in;
- `:::note Heading`, `:::exercise Heading`, `:::quote` … `:::`: an aside, a list of steps, a pull quote.

What an editor got wrong (an unknown directive, a picture from elsewhere) is not an exception but a
`Finding` with its line: the admin refuses it, a page leaves it out.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any

import nh3
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from prose import miswritten
from prose.directives import Env, add_directives, note_problem
from prose.document import Heading, Link, Rendered, count_words
from prose.finding import Finding

LONGEST = 200_000  # characters of a text; our longest article has a tenth of that
VERSION = 4  # raise it when the same markdown gives other HTML: stored HTML is then made anew

CITATION = re.compile(r"\[\^([a-z0-9-]+)\]")
# Addresses that every reader of addresses takes apart alike: browsers repair others, and not as
# Python does.
WEB = re.compile(r"https?://[a-z0-9.-]+(:\d+)?([/?#]|$)", re.IGNORECASE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
SCHEMES = ("mailto:", "tel:", "sms:")

_TAGS = set(
    "p a em strong s h2 h3 h4 ul ol li blockquote code pre hr br sup "
    "table thead tbody tr th td aside div".split()
)
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


@lru_cache(maxsize=256)  # checking, saving and showing a text ask for the same one
def render(markdown: str, *, prefix: str = "") -> Rendered:
    """Turn an editor's markdown into a finished text.

    `prefix` keeps ids apart when a page shows two texts.
    """
    if too_long := wrong_length(markdown):
        return Rendered(html=f"<p>{too_long}</p>", problems=[Finding(0, too_long, "text.length")])
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


def _shape(state: StateCore) -> None:
    """Give headings a stable id and the level the page has room for; look at links and pictures."""
    miswritten.note_all(state.tokens, state.src, state.env)
    used: dict[str, int] = {}
    line = 0
    for index, token in enumerate(state.tokens):
        line = token.map[0] if token.map else line
        if token.type == "heading_open":
            _shape_heading(state, index, used)
        children = token.children or []
        for place, child in enumerate(children):
            line += child.type in {"softbreak", "hardbreak"}
            if child.type == "image":
                _refuse_image(child, line, state.env)
            elif child.type == "link_open":
                _check_link(child, _words_of_link(children, place), line, state.env)
                _check_number(str(child.attrGet("href")), children, place, line, state.env)


def _shape_heading(state: StateCore, index: int, used: dict[str, int]) -> None:
    token, inline, closing = state.tokens[index : index + 3]
    tag = {"h1": "h2", "h5": "h4", "h6": "h4"}.get(token.tag, token.tag)
    token.tag = closing.tag = tag
    text = _plain(inline.children or []).strip()
    token.attrSet("id", _fresh_id(state.env["prefix"] + (slugify(text) or "section"), used))
    if tag == "h2":
        # So that a link to a section moves the keyboard there too.
        token.attrSet("tabindex", "-1")
    if tag in {"h2", "h3"}:
        heading = Heading(int(tag[1]), str(token.attrGet("id")), text)
        state.env["headings"].append(heading)


def _refuse_image(token: Token, line: int, env: Env) -> None:
    message = "Pictures are uploaded at the desk and put in by “:::picture key”, not by address."
    note_problem(env, line, "picture.address", message)
    token.type, token.tag = "text", ""


def _words_of_link(children: list[Token], place: int) -> str:
    """Return the words that the link which opens at `place` stands on."""
    inside = takewhile(
        lambda child: child.type != "link_close",
        map(children.__getitem__, range(place, len(children))),
    )
    return _plain(inside)


def _check_link(token: Token, words: str, line: int, env: Env) -> None:
    href = str(token.attrGet("href") or "")
    env["links"].append(Link(line + 1, href, words))
    _check_presence(href, words, line, env)
    is_web = re.match(r"https?:", href, re.IGNORECASE)
    code = message = ""
    if href.startswith(("//", "\\", "/\\")):
        code, message = "link.scheme", f"The link {href} has no https:// in front."
    elif re.match(r"https?://[^/?#]*@", href, re.IGNORECASE):
        code, message = "link.user", f"The link {href} hides its address behind an @."
    elif SCHEME.match(href) and not is_web and not href.lower().startswith(SCHEMES):
        code, message = "link.scheme", f"The link {href} leads to no page of the web."
    elif is_web and not WEB.match(href):
        message = f"The link {href} needs a plain address, such as https://example.org/page."
        code = "link.address"
    if code:
        note_problem(env, line, code, message)
        token.attrSet("href", "")
    elif is_web:
        token.attrSet("rel", "noopener")


def _check_presence(href: str, words: str, line: int, env: Env) -> None:
    """Note a link that leads nowhere, or that there is nothing of to press."""
    if not href:
        message = f"The link “{words}” leads nowhere: its address is empty."
        note_problem(env, line, "link.empty", message)
    if not words.strip():
        note_problem(env, line, "link.wordless", f"The link {href} has no words to press.")


def _check_number(href: str, children: list[Token], place: int, line: int, env: Env) -> None:
    """A number to call or text must be the one the reader sees; +44 may stand for its leading 0."""
    if not href.startswith(("tel:", "sms:")):
        return
    text = _words_of_link(children, place)
    dialled, shown = re.sub(r"\D", "", href), re.sub(r"\D", "", text)
    abroad = href[4:].startswith("+") and shown.startswith("0") and dialled.endswith(shown[1:])
    if not shown or (dialled != shown and not abroad):
        message = f"The link {href} and its words “{text}” are different numbers."
        note_problem(env, line, "link.number", message)


def _plain(tokens: Iterable[Token]) -> str:
    """Return the words of inline tokens."""
    return "".join(token.content for token in tokens if token.type in {"text", "code_inline"})


def _fresh_id(wanted: str, used: dict[str, int]) -> str:
    """Return `wanted`, or with the next free number; `used` keeps how far each id was counted."""
    candidate, number = wanted, used.get(wanted, 1)
    while candidate in used:
        number += 1
        candidate = f"{wanted}-{number}"
    used[wanted] = number
    used.setdefault(candidate, 1)
    return candidate


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True})
    markdown.enable(["table", "strikethrough", "replacements", "smartquotes"])
    markdown.inline.ruler.before("link", "citation", _citation)
    add_directives(markdown)
    markdown.core.ruler.push("shape", _shape)
    markdown.add_render_rule("citation", _citation_html)
    markdown.add_render_rule(
        "table_open",
        lambda *_: '<div class="table" role="group" aria-label="Table" tabindex="0">\n<table>\n',
    )
    markdown.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return markdown


_markdown = _make_markdown()
