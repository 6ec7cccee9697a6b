"""The drill: the newest backup restored into a scratch database, brought up to date, and read from."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
from django.conf import settings
from django.db import DatabaseError, connection

from operations.backups import databases, restoring, store, version
from operations.backups.archive import ArchiveError
from operations.backups.restoring import Wish
from operations.backups.store import Backup


def run(backup: Backup, wish: Wish) -> dict[str, Any]:
    """Restore a backup beside the site, and return what was found. Raises ArchiveError or DumpError."""
    began = time.monotonic()
    with store.working_folder() as folder:
        manifest = store.unpack(backup, folder, wish.identity)
        restoring.refuse_unfit(manifest, wish)
        _copy_journal(folder)
        with _scratch(store.dump_in(folder), folder) as address:
            environment = _environment(folder, address)
            done = restoring.prepare(environment, manifest["made"], "--open-pages")
    _compare(manifest["rows"], done["rows"])
    _refuse_broken(done["pages"])
    return done | {
        "backup": backup.path.name,
        "made": manifest["made"],
        "version": manifest["version"],
        "seconds": round(time.monotonic() - began, 1),
    }


def _environment(folder: Path, address: str) -> dict[str, str]:
    """Return what makes a process of its own work on the scratch copy alone, and send nothing."""
    keys = {name: getattr(settings, name) for name in version.KEYS}
    return keys | {
        "DATA": str(folder),
        "BACKUP_DIR": str(folder / "backups"),
        "DATABASE_URL": address,
        "CACHE_URL": "",
        "SUPPRESSION_JOURNAL": str(folder / "journal"),
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "OWNER_EMAIL": "",
    }


def _copy_journal(folder: Path) -> None:
    if settings.SUPPRESSION_JOURNAL.exists():
        shutil.copyfile(settings.SUPPRESSION_JOURNAL, folder / "journal")


@contextmanager
def _scratch(dump: Path, folder: Path) -> Iterator[str]:
    """Give the address of a database with the dump in it, gone afterwards."""
    if dump.name == databases.SQLITE:
        yield f"sqlite:///{dump}"
        return
    name = f"drill_{secrets.token_hex(6)}"
    quoted = connection.ops.quote_name(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {quoted}")
    except DatabaseError as error:
        words = (
            "A scratch database can’t be made. Let the site’s role make some: ALTER ROLE … CREATEDB"
        )
        raise ArchiveError(f"{words}.") from error
    try:
        databases.restore(dump, {**connection.settings_dict, "NAME": name})
        yield _address(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")


def _address(name: str) -> str:
    """Return DATABASE_URL with another database's name."""
    parts = urlsplit(str(settings.DATABASE_URL))
    address = urlunsplit(parts._replace(path=f"/{name}"))
    if dj_database_url.parse(address)["NAME"] != name:
        raise ArchiveError("DATABASE_URL is written in a way the drill can’t change.")
    return address


def _compare(expected: dict[str, int], found: dict[str, int]) -> None:
    differing = [table for table, rows in expected.items() if found.get(table) != rows]
    if differing:
        raise ArchiveError(f"Rows are missing after the restore: {', '.join(differing)[:300]}.")


def _refuse_broken(pages: dict[str, int]) -> None:
    broken = [f"{path} {status}" for path, status in pages.items() if status >= 500]
    if broken:
        raise ArchiveError(f"Pages don’t open on the restored database: {', '.join(broken)}.")
