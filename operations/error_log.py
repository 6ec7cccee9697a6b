"""The error log: a small file of what went wrong, redacted, from which its owner is told.

It holds where in the code it was and the redacted line of the log. Nothing that anybody typed.
"""

import json
import logging
import os
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from trustsite.web.log_redaction import redact

MAX_SIZE = 256 * 1024  # beyond, errors go unwritten until the owner has been told
MAX_WORDS = 240


class Handler(logging.Handler):
    """Appends each error as a line of JSON. A disk that takes no line breaks nothing else."""

    def __init__(self, path: Path, level: int = logging.ERROR) -> None:
        super().__init__(level)
        self.path = path

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.path.exists() and self.path.stat().st_size > MAX_SIZE:
                return
            line = json.dumps(_entry(record)) + "\n"
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError:
            return


def entries(path: Path | None = None) -> list[dict[str, Any]]:
    """Return the errors that are there, the oldest first."""
    path = path or _path()
    if not path.exists():
        return []
    found = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
            datetime.fromisoformat(entry["at"])
        except (ValueError, KeyError, TypeError):
            continue  # torn by a crash
        found.append(entry)
    return found


def summary(since: datetime) -> list[tuple[str, int]]:
    """Return what went wrong since a moment, and how often, the most frequent first."""
    recent = [entry for entry in entries() if _at(entry) > since]
    lines = [f"{entry['words']}{_where(entry)}" for entry in recent]
    return Counter(lines).most_common(20)


def prune(before: datetime) -> int:
    """Forget errors older than a moment; return how many."""
    found = entries()
    kept = [entry for entry in found if _at(entry) >= before]
    if len(kept) != len(found):
        temporary = _path().with_name(".errors")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in kept)
        temporary.replace(_path())
    return len(found) - len(kept)


def oldest() -> datetime | None:
    """Return when the oldest error was."""
    found = entries()
    return _at(found[0]) if found else None


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
    entry = {"at": at, "words": redact(record.getMessage())[:MAX_WORDS]}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in last]
        entry |= {"error": type(error).__name__, "where": "".join(places)}
    return entry


def _where(entry: dict[str, Any]) -> str:
    return f" ({entry['error']} in {entry['where']})" if entry.get("error") else ""


def _at(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["at"])


def _path() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "errors.jsonl"
