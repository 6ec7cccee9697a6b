"""Changes: what loading a folder does, or would do, row by row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.utils import timezone

from articles.models import SyncedModel


class SyncResult(StrEnum):
    """What becomes of a row when its file is loaded."""

    SAME = "unchanged"
    NEW = "new"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Change:
    """What becomes of one row.

    `kind` is the plural of its name; `reason` says why it is refused.
    """

    file: Path
    kind: str
    key: str
    result: SyncResult
    reason: str = ""


def dates_of(row: SyncedModel) -> str:
    """Say when a row was edited, and when it was last the same as its file."""
    synced = (
        f"last loaded or exported on {_moment(row.synced_at)}"
        if row.synced_at
        else "never loaded or exported"
    )
    return f"edited in the admin on {_moment(row.changed_at)}, {synced}"


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%d %B %Y, %H:%M}".lstrip("0")
