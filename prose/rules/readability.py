"""Readability: Flesch-Kincaid grades, and sentences that run on.

The grade is textstat's, from a dictionary of syllables that is a part of the checks and of no
release (docs/decisions/0006): a site that runs without it gives no grades, and says all the rest. A
score proves nothing by itself: a text can pass and be bad. It stops a text from drifting where a
tired reader can't follow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec

from prose.finding import Finding
from prose.rules.catalogue import finding
from prose.rules.source_files import Passage, SourceFile

LONG_SENTENCE = 25  # words
SENTENCE_END = re.compile(r"(?<=[.!?:])[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])")

# The hardest grade allowed, by file and section. Articles and standing pages: about 13 years of
# age; whatever is read in distress or decides something (help, quiz, results, mails, privacy in
# short): about 11.
GATES: list[tuple[str, str, float]] = [
    ("pages/get-help.md", "*", 6.0),
    ("pages/privacy.md", "The short version", 6.0),
    ("pages/health-data-privacy.md", "The short version", 6.0),
    ("pages/*.md", "*", 8.0),
    ("articles/*.md", "*", 8.0),
    ("responses/*.md", "*", 6.0),
    ("quiz/*.toml", "*", 6.0),
    ("emails/*.txt", "*", 6.0),
]


@dataclass(frozen=True)
class Grade:
    """How a stretch of text reads, and the hardest grade it may have."""

    text: SourceFile
    section: str
    grade: float
    gate: float
    words_per_sentence: float
    longest: int

    @property
    def is_too_hard(self) -> bool:
        return round(self.grade, 1) > self.gate

    @property
    def where(self) -> str:
        return f"{self.text.shown} ({self.section})" if self.section != "*" else self.text.shown


def grades(text: SourceFile) -> Iterator[Grade]:
    """Yield a grade for each gate that is for this file; of two gates for the whole file, the first
    counts.
    """
    if not find_spec("textstat"):
        return
    whole = False
    for files, section, gate in GATES:
        if not fnmatch(text.name, files) or (section == "*" and whole):
            continue
        whole = whole or section == "*"
        passages = [passage for passage in text.passages if section in {"*", passage.section}]
        if passages:
            yield _grade(text, section, gate, passages)


def _grade(text: SourceFile, section: str, gate: float, passages: list[Passage]) -> Grade:
    from textstat import textstat  # takes a second to import, and isn't there on a live site

    lengths: list[int] = []
    for passage in passages:
        lengths += map(count_words, sentences(passage.words))
    prose = " ".join(_ended(passage.words) for passage in passages)
    grade = textstat.flesch_kincaid_grade(prose)
    return Grade(text, section, grade, gate, sum(lengths) / len(lengths), max(lengths))


def findings(text: SourceFile, measured: list[Grade]) -> Iterator[Finding]:
    """Yield the grades of `text` that are too hard, and its long sentences."""
    for grade in measured:
        if grade.is_too_hard:
            section = "" if grade.section == "*" else f" of “{grade.section}”"
            message = (
                f"reading grade{section} {grade.grade:.1f}, where {grade.gate:.1f} is the most"
            )
            yield finding("reading.grade", 1, message)
    for line, sentence in long_sentences(text):
        message = f"{count_words(sentence)} words in one sentence: {sentence}"
        yield finding("sentence.long", line, message)


def long_sentences(text: SourceFile) -> Iterator[tuple[int, str]]:
    """Yield each sentence over 25 words, with its line."""
    for passage in text.passages:
        for sentence in sentences(passage.words):
            if count_words(sentence) > LONG_SENTENCE:
                yield passage.line, sentence


def sentences(words: str) -> list[str]:
    """Cut a paragraph into its sentences."""
    return [part for part in SENTENCE_END.split(_ended(words)) if part]


def count_words(sentence: str) -> int:
    return len(re.findall(r"[\w’'-]+", sentence))


def _ended(words: str) -> str:
    """End a list item or a lead-in as a sentence, and leave no dot that ends none (3 a.m., 0.5)."""
    words = re.sub(r"\b([ap])\.m\.", r"\1m", re.sub(r"(\d)\.(\d)", r"\1\2", words))
    words = re.sub(r"\.\.\.|…", ".", words)
    if words.endswith(":"):
        return words[:-1] + "."
    return words if re.search(r"[.!?][\"'”’)]*$", words) else words + "."
