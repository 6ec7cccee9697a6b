"""Content files of the newsletter: an editor's words of mails, and the letters of the public archive."""

from dataclasses import dataclass
from pathlib import Path


class ContentError(Exception):
    """A file that can't be loaded, or written over: which, and why."""


@dataclass(frozen=True)
class FileChange:
    """What becomes of a file: `result` is new, changed, unchanged or refused."""

    file: Path
    key: str
    result: str
    reason: str = ""


def write(file: Path, text: str) -> bool:
    """Write a file; one that says the same already is left alone."""
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return True
