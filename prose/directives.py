"""Directives of our markdown: blocks that a page fills in, and containers with a heading."""

import re
from collections.abc import Callable, MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from prose.finding import Finding

BLOCKS = ("offer", "picture", "figure", "quiz", "guide", "retention", "snippet")
KEYED = {  # blocks that name a row
    "offer": "an offer, such as “:::offer online-therapy”",
    "picture": "a picture, such as “:::picture garden-path”",
    "figure": "a figure, such as “:::figure window-of-tolerance”",
    "snippet": "a snippet, such as “:::snippet not-advice”",
}
CONTAINERS = ("note", "exercise", "quote")

# What one parse carries along: citations, problems, headings, prefix.
Env = MutableMapping[str, Any]


def add_directives(markdown: MarkdownIt) -> None:
    """Teach a parser the directives."""
    markdown.block.ruler.before(
        "fence", "page_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    for name in CONTAINERS:
        container_plugin(markdown, name, render=_container_html(name))
    markdown.add_render_rule("page_block", _block_html)


def note_problem(env: Env, line: int, code: str, message: str) -> None:
    """Keep what an editor must mend; `line` counts from 0, as the parser does."""
    env["problems"].append(Finding(line + 1, message, code))


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The block rule for `:::offer key` and its like, and for directives that don't exist."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    match = re.match(r":::\s*([a-z-]+)(?![A-Za-z])\s*(.*)$", line)
    if not match or match[1] in CONTAINERS:
        return False
    if silent:
        return True
    name, argument = match[1], match[2].strip()
    state.line = start + 1
    if problem := _problem(name, argument):
        note_problem(state.env, start, *problem)
        return True
    token = state.push("page_block", "div", 0)
    token.meta = {"block": f"{name}:{argument if name in KEYED else ''}"}
    return True


def _problem(name: str, argument: str) -> tuple[str, str] | None:
    if name not in BLOCKS:
        known = ", ".join((*BLOCKS, *CONTAINERS))
        message = f"There is no directive “:::{name}”. There are: {known}."
        return "directive.unknown", message
    if name in KEYED and not re.fullmatch(r"[a-z0-9-]+", argument):
        return "directive.key", f"“:::{name}” needs the key of {KEYED[name]}."
    if name not in KEYED and argument:
        message = f"“{argument}” would vanish: “:::{name}” stands alone on its line."
        return "directive.words", message
    return None


def _block_html(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: object, env: object
) -> str:
    return f'<div data-block="{escape(tokens[index].meta["block"])}"></div>\n'


def _container_html(name: str) -> Callable[..., str]:
    def open_or_close(
        self: RendererHTML, tokens: Sequence[Token], index: int, options: object, env: Env
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
