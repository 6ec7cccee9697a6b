"""Harm done to files."""

import os
from pathlib import Path


def garble(path: Path) -> None:
    """Overwrite pages of a database, as a dying disk does."""
    with path.open("rb+") as database:
        for page in range(20, 200, 3):
            database.seek(page * 4096)
            database.write(os.urandom(2000))
