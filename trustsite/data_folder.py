"""The data folder's permissions: the database holds addresses, and other accounts of the machine
must not read it.
"""

import stat
from pathlib import Path

from django.conf import settings
from django.db import connection

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def database_files() -> list[Path]:
    """Return the files of SQLite that are there: the database, its journals, the counts of the rate
    limiter.
    """
    files = [settings.LIMITS_FILE]
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and "memory" not in name:
        files.append(Path(name))
    present = []
    for file in files:
        present += [path for path in file.parent.glob(f"{file.name}*") if path.is_file()]
    return present


def close() -> None:
    """Make the folder, close it and its databases to others.

    The database is made here, for SQLite would make it readable.

    A folder that is shared by its nature (`/tmp`) is left alone: `open_to_others` then says so.
    """
    folder = settings.DATA_DIR
    _make(folder)
    if connection.vendor == "sqlite" and folder.is_dir():
        name = Path(str(connection.settings_dict["NAME"]))
        if name.parent == folder and not name.exists():
            _touch(name)
    for path in database_files():
        _close(path, FILE_MODE)
    if folder.is_dir() and not folder.stat().st_mode & stat.S_ISVTX:
        _close(folder, FOLDER_MODE)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError:
        return  # opening the database then says what is wrong


def _touch(path: Path) -> None:
    try:
        path.touch(mode=FILE_MODE)
    except OSError:
        return  # opening the database then says what is wrong


def _close(path: Path, mode: int) -> None:
    try:
        if stat.S_IMODE(path.stat().st_mode) & ~mode:
            path.chmod(mode)
    except OSError:
        return  # somebody else's, or gone meanwhile: the system check tells


def open_to_others() -> list[Path]:
    """Return what of the data folder other accounts of the machine may read or write."""
    paths = [settings.DATA_DIR, *database_files()]
    return [path for path in paths if path.exists() and path.stat().st_mode & 0o077]
