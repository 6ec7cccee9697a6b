"""The suppression journal: an append-only file beside the database that remembers who left.

A backup that is restored brings back everybody who left after it was made. The journal doesn't go
into the backup, so it takes them out again. It holds keyed hashes, reasons and times, no address.
"""

import fcntl
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

LIFTED = "lifted"  # somebody asked again and confirmed it
MOVED = "moved"  # the row went because its person moved to another address
BEGUN = "begun"  # the first line: from when on the journal knows
NOBODY = "-" * 64
LINE = re.compile(r"(\d{1,12}) ([a-z]{1,20}) ([0-9a-f]{64}|-{64}) ([0-9a-f]{8})")
LOCK_WITHIN = 1.0  # seconds; who leaves isn't kept waiting for longer

logger = logging.getLogger("newsletter")


@dataclass(frozen=True)
class Entry:
    """One line: when (seconds of UTC), why, and the keyed hash."""

    at: int
    reason: str
    fingerprint: str

    def line(self) -> str:
        """Return the line as it stands in the file, with a checksum of its own."""
        words = f"{self.at} {self.reason} {self.fingerprint}"
        return f"{words} {_checksum(words)}\n"


@dataclass
class Journal:
    """What a journal says: the last word on each hash, from when on, and how many lines are torn."""

    begun: int | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    torn: int = 0

    def suppressed(self) -> list[Entry]:
        """Return the entries of who must not be written to."""
        return [entry for entry in self.entries.values() if entry.reason != LIFTED]


def note(fingerprint: str, reason: str, at: int | None = None) -> None:
    """Append one entry, and return when the disk has it.

    Nobody is kept from leaving by a journal that can't be written: the log says so, and the next
    backup brings the journal up to date from the database.
    """
    note_all({fingerprint: reason}, at)


def note_all(reasons: Mapping[str, str], at: int | None = None) -> None:
    """Append entries, a reason for each fingerprint, as `note` does one."""
    moment = int(time.time()) if at is None else at
    try:
        append([Entry(moment, str(reason), name) for name, reason in reasons.items()])
    except OSError as error:
        logger.critical(
            "The suppression journal can’t be written (%s). Look at the mode and the disk of %s.",
            error.strerror or type(error).__name__,
            settings.SUPPRESSION_JOURNAL.name,
        )


def append(entries: list[Entry], path: Path | None = None) -> None:
    """Append entries, and return when the disk has them. Raises OSError."""
    path = path or settings.SUPPRESSION_JOURNAL
    with _locked(path):
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            head = Entry(int(time.time()), BEGUN, NOBODY).line() if is_new else ""
            text = head + "".join(entry.line() for entry in entries)
            _write(handle, _line_end(handle) + text)
        finally:
            os.close(handle)
        if is_new:
            _sync_folder(path.parent)


def read(path: Path | None = None) -> Journal:
    """Return what the journal says; an empty one where there is none."""
    path = path or settings.SUPPRESSION_JOURNAL
    journal = Journal()
    if not path.exists():
        return journal
    with path.open(encoding="ascii", errors="replace") as file:
        for line in file:
            entry = _parse(line)
            if entry is None:
                journal.torn += bool(line.strip())
            elif entry.reason == BEGUN:
                journal.begun = entry.at
            else:
                journal.entries[entry.fingerprint] = entry
    return journal


def compact(before: int, path: Path | None = None) -> int:
    """Rewrite the journal with the last word on each hash since `before`; return how many went.

    Whoever calls this knows that no backup is older than that.
    """
    path = path or settings.SUPPRESSION_JOURNAL
    if not path.exists():
        return 0
    with _locked(path):
        journal = read(path)
        kept = [entry for entry in journal.entries.values() if entry.at >= before]
        begun = max(journal.begun or int(time.time()), before)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            lines = [entry.line() for entry in (Entry(begun, BEGUN, NOBODY), *kept)]
            _write(handle, "".join(lines))
            temporary.replace(path)
        finally:
            os.close(handle)
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    return len(journal.entries) - len(kept)


def _checksum(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def _parse(line: str) -> Entry | None:
    found = LINE.fullmatch(line.rstrip("\n"))
    if not found or not line.endswith("\n"):
        return None
    words = line.rpartition(" ")[0]
    return Entry(int(found[1]), found[2], found[3]) if _checksum(words) == found[4] else None


def _line_end(handle: int) -> str:
    """Return what ends a line that a crash tore, so that the next one begins by itself."""
    size = os.fstat(handle).st_size
    return "\n" if size and os.pread(handle, 1, size - 1) != b"\n" else ""


def _write(handle: int, text: str) -> None:
    data = text.encode("ascii")
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the journal's lock: a compaction puts another file in its place. Raises TimeoutError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    end = time.monotonic() + LOCK_WITHIN
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise TimeoutError("the journal is locked") from error
                time.sleep(0.01)
        yield
    finally:
        os.close(handle)
