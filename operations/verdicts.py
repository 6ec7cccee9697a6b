"""The latest verdicts of drill and doctor, in a file, for who asks later: the desk, the promises."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings


def keep(name: str, verdict: dict[str, Any]) -> None:
    """Write a verdict, in one piece and closed to others."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(verdict, file, indent=1)
    temporary.replace(path)


def latest(name: str) -> dict[str, Any]:
    """Return the latest verdict, {} if there is none that can be read."""
    try:
        found = json.loads(_path(name).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _path(name: str) -> Path:
    folder: Path = settings.DATA_DIR
    return folder / f"{name}.json"
