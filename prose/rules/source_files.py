"""Source files: the files that hold words, and what of them a reader reads.

A `SourceFile` keeps its file as it stands and, beside it, `visible`: the same text with everything
that no reader sees (keys, addresses, code, markup) turned into spaces. So a place in `visible` is
the same place in the file, and has its line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import frontmatter
from markdown_it import MarkdownIt

from prose.document import Rendered
from prose.finding import Finding
from prose.renderer import render

SKIPPED = {"sources.toml", "allowed_words.toml"}  # other people's titles; the exceptions themselves
PROSE_KEYS = set(
    "title dek description content_note evidence_note takeaways withdrawn_note name belief tagline "
    "at_a_glance warm_line alt caption context stem text intro note extra hours partner heading "
    "button disclosure free_alternative not_for price_model".split()
)
NOT_PROSE = re.compile(
    r"""
    # None runs on past the next beginning of its kind: an unclosed one would be looked for again from each.
    \{\#(?:(?!\{\#).)*?\#\} | \{%(?:(?!\{%).)*?%\} | \{\{(?:(?!\{\{).)*?\}\}  # a template's own language
    | <(script|style)\b(?:(?!<\1).)*?</\1> | <[^<>]+>
    | \[\^[a-z0-9-]+\]                                # a citation
    | (?<=\])\([^()\s]*\) | <?https?://[^\s)>]+ | \{[a-z_]+\}
    | ^:::[ ]*[a-z]+(?:[ ]+[a-z0-9-]+$)?              # a directive, with its key but not with its heading
    | ^[ ]*!\[
    """,
    re.X | re.S | re.M,
)
CODE = re.compile(r'//[^\n"]*$|^#(?:import|include)\b[^\n]*|#[a-z][\w.-]*|"[^"\s]*"', re.M)

_markdown = MarkdownIt("commonmark").enable("table")


class Passage(NamedTuple):
    """A paragraph or a list item: its line, its words, and the section (h2) it stands in."""

    line: int
    words: str
    section: str


@dataclass(frozen=True)
class SourceFile:
    """One file. `name` is its path as findings show it, below the root that was looked through."""

    root: Path
    file: Path
    source: str

    @cached_property
    def name(self) -> str:
        return self.file.relative_to(self.root).as_posix()

    @property
    def shown(self) -> str:
        return f"{self.root.name}/{self.name}"

    @cached_property
    def visible(self) -> str:
        masks = {".md": _visible_markdown, ".toml": _visible_toml, ".typ": _visible_typst}
        mask = masks.get(self.file.suffix, str)
        return _blank(NOT_PROSE, mask(self.source))

    @cached_property
    def _post(self) -> frontmatter.Post:
        return frontmatter.loads(self.source)

    @property
    def meta(self) -> dict[str, Any]:
        return self._post.metadata

    @property
    def body(self) -> str:
        return self._post.content if self.file.suffix == ".md" else self.source

    @cached_property
    def body_line(self) -> int:
        """The line before the body's first."""
        return self.source[: self.source.find(self.body)].count("\n")

    def line_of(self, place: int) -> int:
        """Return the line, counted from 1, of a place in the file."""
        return self.source.count("\n", 0, place) + 1

    def line_with(self, words: str) -> int:
        """Return the first line that holds `words`, or 1."""
        return self.line_of(max(0, self.source.find(words)))

    @property
    def kind(self) -> str:
        """The folder of a markdown file (articles, pages, responses); empty for any other."""
        return self.file.parent.name if self.file.suffix == ".md" else ""

    @property
    def slug(self) -> str:
        return self.file.stem

    @property
    def rendered(self) -> Rendered:
        return render(self.body)

    def body_lines(self) -> Iterator[tuple[int, str]]:
        """Yield each line of the body, with its number in the file."""
        yield from enumerate(self.body.split("\n"), start=self.body_line + 1)

    def first_lines(self, pattern: re.Pattern[str]) -> dict[str, int]:
        """Return, for each thing `pattern` finds, the first line of it: in one walk for all."""
        lines: dict[str, int] = {}
        for number, line in self.body_lines():
            for match in pattern.finditer(line):
                lines.setdefault(match[1], number)
        return lines

    @cached_property
    def passages(self) -> list[Passage]:
        """What is read as running text: no headings, no tables."""
        readers = {".md": _markdown_passages, ".toml": _toml_passages, ".txt": _mail_passages}
        read = readers.get(self.file.suffix)
        return list(read(self)) if read else []


@dataclass(frozen=True)
class StoredText(SourceFile):
    """A text of the database, as the file it would be: the same rules look at both."""

    values: dict[str, Any]
    markdown: str

    @property
    def meta(self) -> dict[str, Any]:
        return self.values

    @property
    def body(self) -> str:
        return self.markdown

    @cached_property
    def body_line(self) -> int:
        return self.source.count("\n") - self.markdown.count("\n")

    def in_body(self, item: Finding) -> Finding:
        """Return what was found with its line in the body; in front of that, with its field."""
        if item.line > self.body_line:
            return replace(item, line=item.line - self.body_line)
        place = item.place
        if place == "body" and 1 < item.line < self.body_line:
            above = "\n".join(self.source.split("\n")[: item.line])
            place = re.findall(r"^(\w+):", above, re.M)[-1]
        return replace(item, line=0, place=place)


def stored_text(kind: str, slug: str, values: dict[str, Any], body: str) -> StoredText:
    """Return a row's text as the file `kind`/`slug`.md, with `values` as its front matter."""
    lines = ["---"]
    for name, value in values.items():
        if isinstance(value, list):
            lines += [f"{name}:", *(f"  - {' '.join(str(item).split())}" for item in value)]
        else:
            lines.append(f"{name}: {' '.join(str(value).split())}")
    markdown = body.replace("\r\n", "\n")
    source = "\n".join([*lines, "---", markdown]) if values else markdown
    root = Path("/stored")
    return StoredText(root, root / kind / f"{slug or 'new'}.md", source, values, markdown)


def read_texts(root: Path) -> Iterator[SourceFile]:
    """Yield the texts below `root`, by name; not the desk's, whose words are a tool's and for
    editors.
    """
    for file in sorted(root.rglob("*")):
        if "admin" in file.relative_to(root).parts:
            continue
        if file.suffix in {".md", ".toml", ".typ", ".txt", ".html"} and file.name not in SKIPPED:
            yield SourceFile(root, file, file.read_text())


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _visible_markdown(source: str) -> str:
    head = re.match(r"---\n.*?\n---\n", source, re.S)
    if not head:
        return source
    lines, prose = [], False
    for line in head[0].split("\n"):
        key = re.match(r"(\w+|---$):?", line)
        prose = key[1] in PROSE_KEYS if key else prose
        label = len(key[0]) if key else 0
        lines.append(" " * label + line[label:] if prose else " " * len(line))
    return "\n".join(lines) + source[head.end() :]


def _visible_toml(source: str) -> str:
    lines = []
    for line in source.split("\n"):
        key = re.match(r"(\w+)\s*=\s*", line)
        label = len(key[0]) if key and key[1] in PROSE_KEYS else len(line)
        lines.append(" " * label + line[label:])
    return "\n".join(lines)


def _visible_typst(source: str) -> str:
    return _blank(CODE, source)


def _markdown_passages(text: SourceFile) -> Iterator[Passage]:
    kind = section = heading = ""
    for token in _markdown.parse(re.sub(r"^:::.*$", "", text.body, flags=re.M)):
        if token.type.endswith("_open"):
            kind = token.type if token.type != "paragraph_open" or token.level == 0 else kind
            heading = token.tag if token.type == "heading_open" else ""
        elif token.type == "inline" and token.map:
            words = _plain(token.content)
            if heading:
                section = words if heading == "h2" else section
            elif kind not in {"th_open", "td_open"} and words:
                yield Passage(text.body_line + token.map[0] + 1, words, section)


def _plain(markdown: str) -> str:
    """The words of inline markdown, on one line."""
    bare = re.sub(r"(?<=\])\([^()]*\)|\[\^[a-z0-9-]+\]|\{[a-z_]+\}", "", markdown)
    return " ".join(re.sub(r"[*_\[\]`]", "", bare).split())


def _toml_passages(text: SourceFile) -> Iterator[Passage]:
    for number, line in enumerate(text.visible.split("\n"), start=1):
        if words := line.strip().strip('"'):
            yield Passage(number, words, "")


def _mail_passages(text: SourceFile) -> Iterator[Passage]:
    if text.file.match("*.subject.txt"):
        return
    for match in re.finditer(r"(?:^[^\S\n]*+\S.*+\n)+", text.visible, re.M):
        words = " ".join(match[0].split())
        if len(words.split()) > 3 and not words.startswith("--"):
            yield Passage(text.line_of(match.start()), words, "")
