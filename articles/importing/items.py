"""Items: what an export file holds, whatever program wrote it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

MOST_BYTES = 300 * 1024**2  # of an export file
MOST_ITEMS = 20_000
MOST_TEXT = 1_000_000  # characters of one text as HTML


class UnreadableExportError(Exception):
    """A file that is no export we know, or isn't whole; the message is for who chose it."""


@dataclass
class Item:
    """One entry: a text, or something that doesn't come in, with the reason in `left_out`."""

    title: str
    slug: str = ""
    html: str = ""
    path: str = ""  # where it stood, without its host
    host: str = ""
    state: str = ""
    topics: list[str] = field(default_factory=list)
    summary: str = ""
    picture: str = ""  # the address of its leading picture
    left_out: str = ""
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as it waits in a job's file."""
        return asdict(self)


@dataclass
class Export:
    """An export file, opened: which program wrote it, and its items, one at a time."""

    program: str
    items: Iterator[Item]


def check_size(file: Path) -> None:
    """Raise UnreadableExportError for a file that is larger than we look through."""
    if file.stat().st_size > MOST_BYTES:
        raise UnreadableExportError(
            f"This file has more than {MOST_BYTES // 1024**2} MB. Export in parts and bring them in one by one."
        )


def bounded(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, as many as we take at a time."""
    for number, item in enumerate(items, start=1):
        if number > MOST_ITEMS:
            raise UnreadableExportError(f"More than {MOST_ITEMS:,} entries: export in parts.")
        yield item


def first_bytes(file: BinaryIO, number: int = 4096) -> bytes:
    """Return how a file begins, and go back there."""
    head = file.read(number)
    file.seek(0)
    return head
