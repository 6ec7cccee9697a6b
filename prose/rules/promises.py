"""What texts promise of helplines: `promises.toml` says it for machines, and `helplines.toml` must
keep it.

Each [[promise]] names a file, words that stand in it, the needs (prose/helpline_needs.py) and the
countries' codes, or "all". A sentence that speaks of lines, and of a country or the get-help page,
must hold the words of one of its file's promises.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prose import helpline_needs as needs
from prose.rules.source_files import SourceFile

FILE = "promises.toml"
EVERYWHERE = "all"
FIELDS = {"file", "says", "needs", "countries"}
READ = {".md", ".typ", ".html", ".txt"}
# Emergency numbers aren't lines, and each country has one.
EMERGENCY = re.compile(r"\b(?:emergency numbers?|your country[’']s number)\b", re.I)
LINE = re.compile(
    r"(?<![-\w])(?:(?:help|phone|hot)?lines?|numbers"
    r"|(?:people|someone) (?:to (?:ask|call|ring|talk to)|you can (?:ask|call)))\b",
    re.I,
)
PLACE = re.compile(
    r"/get-help/|\bpage 3\b|\b(?:each|every|other) countr(?:y|ies)\b|\bcountry by country\b|\bby country\b"
    r"|\b(?:UK|United Kingdom|England|Scotland|Wales|Ireland|US|United States|Canada|Australia|New Zealand)\b"
)
# The end of a sentence or of a paragraph; an address has no space after its dots.
END = re.compile(r"(?<=[.!?])[\"”’)*\]]*\s+|\n\s*\n|\n(?=\s*[-*\d])")


@dataclass(frozen=True)
class Promise:
    """What some words of a file promise, and its place in promises.toml."""

    place: str
    line: int
    file: str
    says: str
    needs: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass
class Place:
    """A helpline as far as it can keep a promise."""

    country: str
    region: str
    needs: list[str]


def read(root: Path) -> list[Promise]:
    """Return what a content folder's file says; nothing where there is none.

    Raises ValueError for one it can't read.
    """
    file = root / FILE
    if not file.exists():
        return []
    source = file.read_text()
    headers = (
        number for number, line in enumerate(source.split("\n"), 1) if line.strip() == "[[promise]]"
    )
    return [
        _promise(root, line, said)
        for line, said in zip(headers, tomllib.loads(source)["promise"], strict=True)
    ]


def _promise(root: Path, line: int, said: dict[str, Any]) -> Promise:
    if set(said) != FIELDS or needs.unknown(said["needs"]):
        raise ValueError(
            f"{root.name}/{FILE}:{line}: a promise has {', '.join(sorted(FIELDS))}, and needs that exist"
        )
    return Promise(
        f"{root.name}/{FILE}",
        line,
        said["file"],
        said["says"],
        tuple(said["needs"]),
        tuple(said["countries"]),
    )


def uncovered(text: SourceFile, promises: Iterable[Promise]) -> Iterator[tuple[int, str]]:
    """Yield line and words of each sentence that speaks of lines without a promise that says which."""
    if text.file.suffix not in READ:
        return
    ours = [promise.says for promise in promises if promise.file == text.shown]
    for start, end in _sentences(text.source):
        seen, source = (
            EMERGENCY.sub("", text.visible[start:end]),
            EMERGENCY.sub("", text.source[start:end]),
        )
        sentence = _flat(text.source[start:end])
        if (
            LINE.search(seen)
            and PLACE.search(source)
            and not any(says in sentence for says in ours)
        ):
            yield text.line_of(start), sentence


def broken(
    promises: Iterable[Promise], texts: Iterable[SourceFile], tables: dict[str, Any]
) -> Iterator[tuple[Promise, str]]:
    """Yield each promise whose words are gone, or that helplines.toml (`tables`) doesn't keep, with
    why.
    """
    sources = {text.shown: _flat(text.source) for text in texts}
    roots = {name.split("/")[0] for name in sources}
    lines = [
        Place(line["country"], line.get("region", ""), line["needs"])
        for line in tables.get("helpline", [])
    ]
    names = {
        code: name for code, name in tables.get("countries", {}).items() if code != needs.ANYWHERE
    }
    for promise in promises:
        looked_through = promise.file.split("/")[0] in roots
        if looked_through and promise.says not in sources.get(promise.file, ""):
            yield promise, f"“{promise.says}” doesn’t stand in {promise.file} any more"
        yield from ((promise, why) for why in _unkept(promise, lines, names))


def _unkept(promise: Promise, lines: list[Place], names: dict[str, str]) -> Iterator[str]:
    countries = names if EVERYWHERE in promise.countries else promise.countries
    for country in countries:
        for need in promise.needs:
            for region in needs.REGIONS.get(country, [""]):
                if not needs.has(lines, need, country, region):
                    where = region or names.get(country, country)
                    yield f"“{promise.says}” promises a line for {need} in {where}, and helplines.toml has none"


def _sentences(source: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in END.finditer(source):
        yield start, end.start()
        start = end.end()
    yield start, len(source)


def _flat(words: str) -> str:
    return " ".join(words.split())
