"""The last release: its version and the migrations it had, as `python -m tests.operations.freeze_release` wrote them."""

import json
from pathlib import Path

FILE = Path(__file__).with_name("released.json")
Name = tuple[str, str]  # the app, and the migration


def version() -> str:
    """Return the version of the last release."""
    return str(json.loads(FILE.read_text())["version"])


def migrations() -> set[Name]:
    """Return the migrations that it had."""
    return {(app, name) for app, name in json.loads(FILE.read_text())["migrations"]}
