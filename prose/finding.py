"""Finding: where something in a text is wrong, or worth a look, and what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What follows from a finding.

    An error keeps a text from readers, at the desk as from a file. A warning stops a release
    (lint_copy); the desk shows it. A note is for a person to weigh.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


# How editors know the places of a text that are no line of its body.
PLACES = {
    "body": "Text",
    "title": "Title",
    "dek": "Line under the title",
    "description": "Description",
    "takeaways": "Key takeaways",
    "related": "Related articles",
    "evidence": "How sure are we?",
    "evidence_note": "How sure are we?",
    "content_note": "Content note",
    "affiliate": "What the page may hold",
}


@dataclass(frozen=True)
class Finding:
    """`line` counts from 1 in the body, or in `file`; 0 when it isn't known or `place` is no body.

    `place` is a field of the text by its name in files; `code` names the rule (prose.rules).
    """

    line: int
    message: str
    code: str = ""
    place: str = "body"
    severity: Severity = Severity.ERROR
    file: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it keeps the text from readers."""
        return self.severity is Severity.ERROR

    @property
    def where(self) -> str:
        """Where it is, in words."""
        return f"Line {self.line}" if self.line else PLACES.get(self.place, self.place)

    def __str__(self) -> str:
        if self.file:
            return f"{self.file}:{self.line}: {self.message}"
        if self.line or self.place != "body":
            return f"{self.where}: {self.message}"
        return self.message


def made_by_change(found: Iterable[Finding], before: Iterable[Finding]) -> list[Finding]:
    """Return those findings that a change makes: a text had the others before it.

    Told by rule, place and words, not by line, for lines move.
    """
    known = Counter((item.code, item.place, item.message) for item in before)
    made = []
    for item in found:
        kind = (item.code, item.place, item.message)
        if known[kind]:
            known[kind] -= 1
        else:
            made.append(item)
    return made
