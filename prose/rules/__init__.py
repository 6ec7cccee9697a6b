"""Rules that texts pass before they are published: at the desk, from a file and in `lint_copy`.

They look at the words (`words`), at how hard they are to read (`readability`), at what a text must
hold (`structure`, `safety`) and at what it asks for (`keys`, `links`); `catalogue` names them all.
`tics` counts habits that many articles share, and stops nothing.
They can't tell whether a text is good; a person reads it for that. Knows no model and no app.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from prose.finding import Finding, Severity
from prose.rules import keys, links, promises, readability, safety, structure, words
from prose.rules.catalogue import finding
from prose.rules.folder_library import FolderLibrary, uncited
from prose.rules.library import Library
from prose.rules.readability import Grade
from prose.rules.source_files import SourceFile, read_texts

KINDS = {"articles", "pages", "responses"}


@dataclass
class Report:
    """What lint_copy found: `mistakes` stop a release, `notes` are for a person to weigh."""

    files: int = 0
    mistakes: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)

    def add(self, file: str, item: Finding) -> None:
        """Keep a finding under the name of its file."""
        is_note = item.severity is Severity.NOTE
        (self.notes if is_note else self.mistakes).append(replace(item, file=file))

    def __str__(self) -> str:
        hardest = max((grade.grade for grade in self.grades), default=0.0)
        mistakes, notes = _count(len(self.mistakes), "mistake"), _count(len(self.notes), "note")
        return f"{self.files} files: {mistakes}, {notes}, hardest grade {hardest:.1f}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def check_itself(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield what is wrong with a text by itself, wherever its links lead."""
    for problem in text.rendered.problems:
        yield replace(problem, line=text.body_line + problem.line)
    yield from keys.check(text, library)
    if text.kind in {"articles", "responses"}:
        yield from safety.check(text)


def check_shape(text: SourceFile, library: Library) -> Iterator[Finding]:
    """Yield where links lead nowhere, and what else of a text but its words is worth a look."""
    yield from links.check(text, library)
    if text.kind == "articles":
        yield from structure.check_article(text, library)
    if text.kind in {"articles", "responses"}:
        yield from structure.check_related(text, library)
    if text.kind in {"articles", "pages"}:
        yield from structure.check_description(text)


def check_words(text: SourceFile, exceptions: list[words.AllowedWords]) -> Iterator[Finding]:
    """Yield the words of a text to avoid, and what of it is hard to read."""
    yield from words.findings(text, exceptions, set())
    yield from readability.findings(text, list(readability.grades(text)))


def lint(*roots: Path) -> Report:
    """Look through every text below `roots` (a content folder, the templates).

    Exceptions of one root count in all.
    """
    report = Report()
    allowed = {item: root for root in roots for item in words.read_allowed(root)}
    used: set[words.AllowedWords] = set()
    libraries = [FolderLibrary(root, list(read_texts(root))) for root in roots]
    for library in libraries:
        for text in library.texts:
            report.files += 1
            for item in words.findings(text, list(allowed), used):
                report.add(text.shown, item)
            for item in _lint_structure(text, library):
                report.add(text.shown, item)
            grades = list(readability.grades(text))
            report.grades += grades
            for item in readability.findings(text, grades):
                report.add(text.shown, item)
        for key in uncited(library):
            note = Finding(1, f"nothing cites “{key}”", "source.uncited", severity=Severity.NOTE)
            report.add(f"{library.root.name}/sources.toml", note)
    _lint_promises(libraries, report)
    for exception in allowed.keys() - used:
        message = f"nothing needs the exception “{exception.words}” any more"
        item = Finding(exception.line, message, "word.exception", severity=Severity.WARNING)
        report.add(f"{allowed[exception].name}/{words.ALLOWED_WORDS}", item)
    return report


def _lint_promises(libraries: list[FolderLibrary], report: Report) -> None:
    """Look through what the texts of all folders promise of helplines."""
    promised: list[promises.Promise] = []
    texts: list[SourceFile] = []
    tables: dict[str, Any] = {}
    for library in libraries:
        promised += promises.read(library.root)
        texts += library.texts
        tables = tables or library.table("helplines")
    for text in texts:
        for line, sentence in promises.uncovered(text, promised):
            message = f"say in {promises.FILE} which lines this promises, and where: {sentence}"
            report.add(text.shown, finding("promise.unnamed", line, message))
    for promise, why in promises.broken(promised, texts, tables):
        report.add(promise.place, finding("promise.broken", promise.line, why))


def _lint_structure(text: SourceFile, library: FolderLibrary) -> Iterator[Finding]:
    if text.kind in KINDS:
        yield from check_itself(text, library)
        yield from check_shape(text, library)
    else:
        yield from links.check_other_file(text, library, library.articles)
