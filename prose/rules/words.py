"""Words this site doesn't use, and claims about the reader it doesn't make (words.toml).

What a pattern finds is a mistake unless its sentence hedges or denies it, or `allowed_words.toml`
beside the texts names it with a reason.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from prose.finding import Finding
from prose.rules.catalogue import finding
from prose.rules.source_files import SourceFile

FILE = Path(__file__).with_name("words.toml")
ALLOWED_WORDS = "allowed_words.toml"
ANYWHERE = "*"
DENIED = r"\b(?:no|not|never|none|nor|without|nothing|nobody|cannot|than)\b|n(?:'{1,2}|’)t\b"
# A denial in front, in the same clause: “None of this is a cure”, and not “It cures, no question”.
DENIED_BEFORE = (
    r"(?:\b(?:no|not|never|none|nor|without|nothing|nobody|cannot|rather than|isn't)\b|n(?:'{1,2}|’)t\b)"
    r"(?! (?:only|just|merely|simply|like)\b)(?:(?!\b(?:but|until|doubt|question)\b)[^,;:])*\Z"
)
UNLESS = {
    "denied before": re.compile(DENIED_BEFORE, re.I),
    "denied": re.compile(DENIED, re.I),
    "hedged": re.compile(r"\b(?:if|whether|when|unless|suppose)\b|" + DENIED, re.I),
}


@dataclass(frozen=True)
class WordRule:
    """A pattern, what to write instead, where it holds, what in its sentence makes it right."""

    pattern: re.Pattern[str]
    instead: str
    files: str = ANYWHERE
    unless: re.Pattern[str] | None = None


@dataclass(frozen=True)
class AllowedWords:
    """Words that are right where they stand, with the reason. `files` is a pattern of paths."""

    pattern: re.Pattern[str]
    files: str
    line: int
    words: str


@dataclass(frozen=True)
class Match:
    """A word in a file that shouldn't be there."""

    line: int
    words: str
    instead: str


@cache
def word_rules() -> list[WordRule]:
    """Return the rules of words.toml."""
    rules = []
    for entry in tomllib.loads(FILE.read_text())["avoid"]:
        spaced = re.sub(r"(?<!\[) ", r"\\s+", entry["pattern"]).replace("'", "['’]")
        flags = re.NOFLAG if entry.get("case") else re.I
        unless = UNLESS[entry["unless"]] if "unless" in entry else None
        pattern = re.compile(spaced, flags)
        rules.append(WordRule(pattern, entry["instead"], entry.get("files", ANYWHERE), unless))
    return rules


def matches(
    text: SourceFile, allowed: list[AllowedWords], used: set[AllowedWords]
) -> Iterator[Match]:
    """Yield what the rules find in `text`; exceptions that applied are added to `used`."""
    spared = _spared(text, allowed)
    for rule in word_rules():
        if not fnmatch(text.name, rule.files):
            continue
        for match in rule.pattern.finditer(text.visible):
            start, end = match.span()
            if rule.unless and rule.unless.search(_around(text.visible, start, end, rule)):
                continue
            reasons = {item for first, last, item in spared if first <= start and end <= last}
            used |= reasons
            if not reasons:
                yield Match(text.line_of(start), " ".join(match[0].split()), rule.instead)


def findings(
    text: SourceFile, allowed: list[AllowedWords], used: set[AllowedWords]
) -> Iterator[Finding]:
    """Yield `matches` as findings."""
    for match in matches(text, allowed, used):
        yield finding("word.avoid", match.line, f"“{match.words}” → {match.instead}")


def _spared(text: SourceFile, allowed: list[AllowedWords]) -> list[tuple[int, int, AllowedWords]]:
    """Return where exceptions for this file stand in it."""
    places = []
    for item in allowed:
        if fnmatch(text.name, item.files):
            for match in item.pattern.finditer(text.visible):
                places.append((*match.span(), item))
    return places


def _around(words: str, start: int, end: int, rule: WordRule) -> str:
    """Return what of a sentence decides whether its words are right: all, or what stands before."""
    if rule.unless is UNLESS["denied before"]:
        return " ".join(_before(words, start).split())
    return _sentence(words, start, end)


def _before(words: str, start: int) -> str:
    return re.split(r"[.?!]\s|\n\s*\n", words[max(0, start - 300) : start])[-1]


def _sentence(words: str, start: int, end: int) -> str:
    """The sentence around a place: up to the nearest full stop or empty line either side."""
    before = _before(words, start)
    after = re.split(r"[.?!](?:\s|$)|\n\s*\n", words[end : end + 300])[0]
    return before + words[start:end] + after


def read_allowed(root: Path) -> list[AllowedWords]:
    """Return the exceptions of `root`'s allowed_words.toml, if any; each must give a reason."""
    file = root / ALLOWED_WORDS
    return list(_read_allowed(file, file.stat().st_mtime_ns)) if file.exists() else []


@cache
def _read_allowed(file: Path, changed: int) -> tuple[AllowedWords, ...]:
    source = file.read_text()
    allowed = []
    for entry in tomllib.loads(source)["allow"]:
        words = entry["words"]
        if not entry.get("reason"):
            raise ValueError(f"{file}: “{words}” gives no reason")
        pattern = re.escape(words).replace(r"\ ", r"\s+").replace("'", "['’]")
        line = source.count("\n", 0, source.find(f'words = "{words}"')) + 1
        files = entry.get("files", ANYWHERE)
        allowed.append(AllowedWords(re.compile(pattern, re.I), files, line, words))
    return tuple(allowed)
