"""Words this site doesn't use, and claims about the reader it doesn't make.

What a pattern finds is a mistake unless its sentence hedges or denies it (`unless`), or `allowed_words.toml` beside the texts
names it with a reason.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from prose.rules.source_files import Text

DENIED = r"\b(?:no|not|never|none|nor|without|nothing|nobody|cannot|than)\b|n(?:'{1,2}|’)t\b"
HEDGED = r"\b(?:if|whether|when|unless|suppose)\b|" + DENIED
ANYWHERE = "*"


@dataclass(frozen=True)
class Rule:
    """A pattern, what to write in its place, where it holds, and what in the same sentence makes it right."""

    pattern: re.Pattern[str]
    instead: str
    files: str = ANYWHERE
    unless: re.Pattern[str] | None = None


def _rule(
    pattern: str, instead: str, *, files: str = ANYWHERE, unless: str = "", case: bool = False
) -> Rule:
    spaced = re.sub(r"(?<!\[) ", r"\\s+", pattern).replace("'", "['’]")
    flags = re.NOFLAG if case else re.I
    return Rule(
        re.compile(spaced, flags), instead, files, re.compile(unless, re.I) if unless else None
    )


# What stands for a person, what promises, what hurries, what fills; then how a page may not speak of its reader.
RULES = [
    _rule(r"\bvictims?\b", "someone who was hurt; survivor, if the person uses it"),
    _rule(r"\b(?:damaged|broken)\b", "say what happened, not what a person is"),
    _rule(r"\btrigger(?:s|ed|ing)?\b", "reminded, set off"),
    _rule(r"\b(?:toxic|narcissis\w*|psychos?|crazy|insane|borderline)\b", "describe the behaviour"),
    _rule(r"\bcodependen\w*|\b(?:abandonment|daddy) issues\b", "describe the pattern"),
    _rule(r"\b(?:maladaptive|dysfunction\w*|disorders?)\b", "costs you, gets in the way"),
    _rule(r"\bsevere(?:ly)?\b", "hard, strong; or the study's own figure"),
    _rule(r"\b(?:your abuser|perpetrators?)\b", "the person who hurt you"),
    _rule(
        r"\bcommit(?:s|ted|ting)? suicide\b|\bfailed (?:suicide )?attempt",
        "died by suicide, suicide attempt",
    ),
    _rule(r"\bnormal (?:people|person)\b", "many people"),
    _rule(r"\bheal(?:s|ed|ing)?\b", "ease, steady, help"),
    _rule(
        r"\b(?:cur(?:e|es|ed|ing)|fix(?:es|ing)?|hacks?|detox\w*|unlock\w*)\b",
        "ease, steady, practise, learn",
    ),
    _rule(r"\b(?:rewir|reset)\w*|\breleas(?:e|es|ed|ing)\b", "ease, steady, let go"),
    _rule(r"\bstored in (?:the|your) body\b", "what the body does"),
    _rule(r"\b(?:journeys?|warriors?|thrivers?|thriving)\b|\bunpack\w* your\b", "plain words"),
    _rule(
        r"\b(?:science-backed|clinically proven|expert-approved|proven|guarantee\w*)\b",
        "name the study and its size",
    ),
    _rule(
        r"\b(?:study|studies|science|research|trials?) (?:proves?|proved)\b",
        "found, on average, in so many people",
    ),
    _rule(
        r"\b(?:medically|clinically) (?:reviewed|approved|validated)\b",
        "only with a named, registered person",
    ),
    _rule(
        r"\bscore of\b|\btake (?:our|the|this) test\b",
        "the quiz, what your answers lean towards",
        unless=DENIED,
    ),
    _rule(
        r"\b(?:hurry|last chance|act now|limited (?:time|offer|places))\b|\bdon't miss\b",
        "leave it out",
    ),
    _rule(r"\b(?:secrets?|countdowns?)\b", "leave it out"),
    _rule(r"\b(?:always|never)\b", "often, can, some"),
    _rule(
        r"\b(?:everyone|everybody)\b|\ball (?:people|men|women|of us|survivors)\b|\bwe all\b",
        "many people",
    ),
    _rule(r"\b(?:just|simply|obviously|easy|easily)\b", "leave it out"),
    _rule(r"\bdon't worry\b", "this is hard, and here is who can help"),
    _rule(r"\byou must\b", "you might, if it's safe"),
    _rule(r"!(?!=)", "a full stop"),
    _rule(r"\b[A-Z]{4,}(?:[ ][A-Z]{3,})+\b", "small letters", case=True),
    _rule("[\U0001f300-\U0001faff☀-➿]", "words; no emoji"),
    _rule(r"\bdiagnos\w*", "say what it can't tell; only a professional diagnoses", unless=DENIED),
    _rule(
        r"\byou(?:'re| are) an? \w+", "your answers lean towards…; what people do", unless=HEDGED
    ),
    _rule(
        r"\byou(?:'ve| have) (?:[\w-]+ ){0,2}(?:trauma|ptsd|anxiety|depression|symptoms?|conditions?|issues)\b",
        "nobody can tell that from a page",
        unless=HEDGED,
    ),
    _rule(
        r"\byou have (?!to\b)", "what the answers lean towards", files="responses/*", unless=HEDGED
    ),
    _rule(
        r"\byour (?:trauma|ptsd|symptoms)\b(?! responses?)",
        "what happened; what you notice",
        unless=HEDGED,
    ),
    _rule(
        r"\byou(?:'ve been| have been| were) (?:abused|neglected|traumati[sz]ed)\b",
        "if you were",
        unless=HEDGED,
    ),
    _rule(r"\byou suffer\b|\bbecause of your (?:past|childhood)\b", "may have other causes"),
]


@dataclass(frozen=True)
class Allowed:
    """Words that are right where they stand, with the reason. `files` is a pattern of paths."""

    words: re.Pattern[str]
    files: str
    line: int
    said: str


@dataclass(frozen=True)
class Slip:
    """A word in a file that shouldn't be there."""

    line: int
    words: str
    instead: str


def slips(text: Text, allowed: list[Allowed], used: set[Allowed]) -> Iterator[Slip]:
    """Yield what the rules find in `text`; exceptions that applied are added to `used`."""
    spared = [
        (match.span(), one)
        for one in allowed
        if fnmatch(text.name, one.files)
        for match in one.words.finditer(text.visible)
    ]
    for rule in RULES:
        if not fnmatch(text.name, rule.files):
            continue
        for match in rule.pattern.finditer(text.visible):
            reasons = {
                one for (start, end), one in spared if start <= match.start() and match.end() <= end
            }
            if rule.unless and rule.unless.search(
                _sentence(text.visible, match.start(), match.end())
            ):
                continue
            used |= reasons
            if not reasons:
                yield Slip(text.line_of(match.start()), " ".join(match[0].split()), rule.instead)


def _sentence(words: str, start: int, end: int) -> str:
    """The sentence around a place: up to the nearest full stop or empty line either side."""
    before = re.split(r"[.?!]\s|\n\s*\n", words[max(0, start - 300) : start])[-1]
    after = re.split(r"[.?!](?:\s|$)|\n\s*\n", words[end : end + 300])[0]
    return before + words[start:end] + after


def read_allowed(root: Path) -> list[Allowed]:
    """Return the exceptions of `root`'s allowed_words.toml, if it has one; each must give a reason."""
    file = root / "allowed_words.toml"
    if not file.exists():
        return []
    source = file.read_text()
    found = []
    for entry in tomllib.loads(source)["allow"]:
        if not entry.get("reason"):
            raise ValueError(f"{file}: “{entry['words']}” gives no reason")
        pattern = re.escape(entry["words"]).replace(r"\ ", r"\s+").replace("'", "['’]")
        line = source.count("\n", 0, source.find(f'words = "{entry["words"]}"')) + 1
        found.append(
            Allowed(re.compile(pattern, re.I), entry.get("files", ANYWHERE), line, entry["words"])
        )
    return found
