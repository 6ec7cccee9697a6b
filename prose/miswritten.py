"""Miswritten: what was meant as a directive, a link or a citation and would show as signs.

Looked for in what the parser left as words, so that code, which may show such signs, is spared.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from prose.directives import BLOCKS, CONTAINERS, Env, note_problem

NAMES = (*BLOCKS, *CONTAINERS)
# Colons with what follows them; two are meant as three when a name of ours follows.
COLONS = re.compile(
    r"(?<!:):{3,}[ \t]*([A-Za-z-]*)|(?<![:\w]):{1,2}[ \t]*(" + "|".join(NAMES) + r")\b(?=\s*$)",
    re.I,
)
LINK = re.compile(r"\]\s?\((?=[/#.]|[a-z]+:|www\.|[^\s()]+\)|\))|\]\[[^\[\]]*\]|\]\([^()\n]*\)")
CITATION = re.compile(r"\[\s?\^[^\[\]\n]*\]|\(\^[a-z0-9-]+\)|\[\^[a-z0-9-]+(?![a-z0-9\]-])", re.I)
PREFIX = re.compile(r"[\s>]*")


def note_all(tokens: Sequence[Token], source: str, env: Env) -> None:
    """Note each of them with its line."""
    lines, closed = source.split("\n"), set[int]()
    for token in tokens:
        if token.map is None:
            continue
        if token.type.startswith("container_") and token.nesting == 1:
            for code, message in _of_container(token, lines, closed):
                note_problem(env, token.map[0], code, message)
        elif token.type == "code_block" and ":::" in token.content:
            message = "Four spaces in front make this a piece of code. Begin the line with “:::”."
            note_problem(env, token.map[0], "directive.place", message)
        elif token.type == "inline":
            _look_through(token, env)


def _of_container(token: Token, lines: list[str], closed: set[int]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a container; `closed` are the lines that close those around it."""
    name = token.type.removeprefix("container_").removesuffix("_open")
    heading = token.info.strip().removeprefix(name).strip()
    last = token.map[1] if token.map else 0
    closing = PREFIX.sub("", lines[last], count=1) if last < len(lines) else ""
    if not closing.startswith(":::") or last in closed:
        yield (
            "directive.unclosed",
            f"“:::{name}” is never closed. End it with “:::” on a line of its own.",
        )
    closed.add(last)
    if name == "quote" and heading:
        message = (
            f"“{heading}” would vanish: a quote has no heading. Write its words below “:::quote”."
        )
        yield "directive.words", message
    elif ":::" in heading:
        yield (
            "directive.place",
            "One “:::” begins in the heading of another. Put each on a line of its own.",
        )


def _look_through(token: Token, env: Env) -> None:
    line, text = token.map[0] if token.map else 0, ""
    for child in [*(token.children or []), Token("softbreak", "", 0)]:
        if child.type in {"softbreak", "hardbreak"}:
            for code, message in _of_words(text):
                note_problem(env, line, code, message)
            line, text = line + 1, ""
        elif child.type == "text":
            text += child.content
        else:
            text += "\ufffc"  # stands for what is no plain word, so that nothing joins across it


def _of_words(text: str) -> Iterator[tuple[str, str]]:
    for match in COLONS.finditer(text):
        yield _of_colons(text, match)
    if LINK.search(text):
        yield "link.miswritten", "This is no link as it stands. Write it as [words](/address/)."
    if CITATION.search(text):
        message = (
            "This cites nothing as it stands. Write [^key], with small letters, digits and hyphens."
        )
        yield "citation.miswritten", message


def _of_colons(text: str, match: re.Match[str]) -> tuple[str, str]:
    written = (match[1] or match[2] or "").strip("-")
    name = next((one for one in NAMES if written.lower() == one), "")
    if text[: match.start()].strip():
        what = f":::{name}" if name else ":::"
        return "directive.place", f"“{what}” begins a line of its own, with nothing in front."
    if not written:
        return (
            "directive.stray",
            "This “:::” closes nothing. Take it out, or open what it closes above.",
        )
    if match[2]:
        return "directive.unknown", f"Three colons make a directive: “:::{name}”."
    if name:
        return (
            "directive.unknown",
            f"Write “:::{name}”, in small letters and with nothing joined to it.",
        )
    return (
        "directive.unknown",
        f"There is no directive “:::{written}”. There are: {', '.join(NAMES)}.",
    )
