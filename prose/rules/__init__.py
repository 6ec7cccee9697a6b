"""The gate that words pass before they are published: `manage.py lint_copy`, and `make check`.

It looks at the words (`words`), at how hard they are to read (`reading`) and at what an article must hold (`structure`);
`tics` counts habits that many articles share, and stops nothing.
It can't tell whether a text is good; a person reads it for that.
"""

from dataclasses import dataclass, field
from pathlib import Path

from prose.rules import promises, readability, structure, words
from prose.rules.readability import Grade
from prose.rules.source_files import Text, read_texts


@dataclass(frozen=True)
class Finding:
    """Where something is wrong, or worth a look, and what."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class Report:
    """What was found: `mistakes` stop a release, `notes` are for a person to weigh."""

    files: int = 0
    mistakes: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)

    def __str__(self) -> str:
        hardest = max((grade.grade for grade in self.grades), default=0.0)
        return (
            f"{self.files} files: {_count(len(self.mistakes), 'mistake')}, {_count(len(self.notes), 'note')}, "
            f"hardest grade {hardest:.1f}"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def lint(*roots: Path) -> Report:
    """Look through every text below `roots` (a content folder, the templates); exceptions of one count in all."""
    report = Report()
    allowed = {one: root for root in roots for one in words.read_allowed(root)}
    used: set[words.Allowed] = set()
    promised = [promise for root in roots for promise in promises.read(root)]
    libraries = [structure.Library(root, list(read_texts(root))) for root in roots]
    for root, library in zip(roots, libraries, strict=True):
        for text in library.texts:
            report.files += 1
            slips = words.slips(text, list(allowed), used)
            report.mistakes += [
                _finding(text, slip.line, f"“{slip.words}” → {slip.instead}") for slip in slips
            ]
            faults = structure.faults(text, library)
            report.mistakes += [_finding(text, fault.line, fault.message) for fault in faults]
            for line, sentence in promises.uncovered(text, promised):
                message = f"say in {promises.FILE} which lines this promises, and where: {sentence}"
                report.mistakes.append(_finding(text, line, message))
            _read(text, report)
        for key in structure.uncited(library):
            report.notes.append(Finding(f"{root.name}/sources.toml", 1, f"nothing cites “{key}”"))
    everything = [text for library in libraries for text in library.texts]
    tables = next((found for library in libraries if (found := library.table("helplines"))), {})
    for promise, why in promises.broken(promised, everything, tables):
        report.mistakes.append(Finding(promise.place, promise.line, why))
    for one in allowed.keys() - used:
        message = f"nothing needs the exception “{one.said}” any more"
        report.mistakes.append(
            Finding(f"{allowed[one].name}/allowed_words.toml", one.line, message)
        )
    return report


def _read(text: Text, report: Report) -> None:
    for grade in readability.grades(text):
        report.grades.append(grade)
        if grade.is_too_hard:
            section = "" if grade.section == "*" else f" of “{grade.section}”"
            message = (
                f"reading grade{section} {grade.grade:.1f}, where {grade.gate:.1f} is the most"
            )
            report.mistakes.append(_finding(text, 1, message))
    for line, sentence in readability.long_sentences(text):
        report.notes.append(
            _finding(
                text, line, f"{readability.count_words(sentence)} words in one sentence: {sentence}"
            )
        )


def _finding(text: Text, line: int, message: str) -> Finding:
    return Finding(text.shown, line, message)
