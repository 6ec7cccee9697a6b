"""Readability: Flesch-Kincaid grades, and sentences that run on.

Grade = 0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid and others, 1975), with our
own count of syllables (prose/rules/syllables.py): the same at the desk, from a file and in lint_copy. A
score proves nothing by itself: a text can pass and be bad. It stops a text from drifting where a
tired reader can't follow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from prose.finding import Finding
from prose.rules import syllables
from prose.rules.catalogue import finding
from prose.rules.source_files import Passage, SourceFile

WORD = re.compile(r"\w[\w’'-]*")
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
    whole = False
    for files, section, gate in GATES:
        if not fnmatch(text.name, files) or (section == "*" and whole):
            continue
        whole = whole or section == "*"
        passages = [passage for passage in text.passages if section in {"*", passage.section}]
        if passages:
            yield _grade(text, section, gate, passages)


def _grade(text: SourceFile, section: str, gate: float, passages: list[Passage]) -> Grade:
    lengths: list[int] = []
    spoken = 0
    for passage in passages:
        for sentence in sentences(passage.words):
            words = WORD.findall(sentence)
            if words:
                lengths.append(len(words))
                spoken += sum(map(syllables.count, words))
    grade = flesch_kincaid(sum(lengths), len(lengths), spoken)
    mean = sum(lengths) / max(1, len(lengths))
    return Grade(text, section, grade, gate, mean, max(lengths, default=0))


def flesch_kincaid(words: int, sentences: int, spoken: int) -> float:
    """Return the grade of a text from its counts; 0 for one without words."""
    if not words or not sentences:
        return 0.0
    return 0.39 * words / sentences + 11.8 * spoken / words - 15.59


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
    return len(WORD.findall(sentence))


def _ended(words: str) -> str:
    """End a list item or a lead-in as a sentence, and leave no dot that ends none (3 a.m., 0.5)."""
    words = re.sub(r"\b([ap])\.m\.", r"\1m", re.sub(r"(\d)\.(\d)", r"\1\2", words))
    words = re.sub(r"\.\.\.|…", ".", words)
    if words.endswith(":"):
        return words[:-1] + "."
    return words if re.search(r"[.!?][\"'”’)]*$", words) else words + "."
