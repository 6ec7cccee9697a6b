"""Backups: made, listed, verified, and deleted when they are old."""

import fcntl
import logging
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from newsletter import suppression_journal, suppression_replay
from operations.backups import archive, databases, version
from operations.backups.archive import ArchiveError

NAME = re.compile(r"(backup|replaced)-(\d{8}T\d{6}Z)-[0-9a-f]{8}(\.tar\.gz(?:\.age)?)?")
STAMP = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial-"
DAY = timedelta(days=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backup:
    """One backup: its file and when it was begun."""

    path: Path
    at: datetime

    @property
    def is_encrypted(self) -> bool:
        """Whether a private key is needed to read it."""
        return self.path.suffix == ".age"

    @property
    def sum_file(self) -> Path:
        """The file beside it with its SHA-256, as `sha256sum -c` reads it."""
        return self.path.with_name(f"{self.path.name}.sha256")


def stored(kind: str = "backup") -> list[Backup]:
    """Return the backups, the newest first; of the kind "replaced", what restores have set aside."""
    if not settings.BACKUP_DIR.is_dir():
        return []
    found = []
    for path in settings.BACKUP_DIR.iterdir():
        named = NAME.fullmatch(path.name)
        if named and named[1] == kind:
            found.append(Backup(path, datetime.strptime(named[2], STAMP).replace(tzinfo=UTC)))
    return sorted(found, key=lambda backup: backup.at, reverse=True)


def make() -> Backup:
    """Make a backup, check it, and give it its name only when the disk has all of it.

    Raises ArchiveError or DumpError, or an OSError of the disk; earlier backups are untouched then.
    """
    with working_folder() as folder:
        suppression_replay.reconcile()
        began = timezone.now()
        facts = version.facts()
        dump, facts["rows"] = databases.dump(folder)
        facts["made"] = _after(timezone.now()).isoformat(timespec="seconds")
        databases.check(dump)
        file = folder / "archive.tar.gz"
        archive.write(file, [(dump.name, dump), *_media()], facts)
        archive.extract(file, None)  # what was written can be read
        return _finish(file, began)


def _after(dumped: datetime) -> datetime:
    """Return the next whole second: everything in a dump is from before it, so that a mail that
    was queued just before the backup isn't taken for one queued since.
    """
    return dumped.replace(microsecond=0) + timedelta(seconds=1)


def verify(backup: Backup, identity: Path | None = None) -> dict[str, Any]:
    """Check a backup's sums and its database's integrity; return its manifest, {} where only a key would tell.

    Raises ArchiveError or DumpError, in words.
    """
    _check_sum(backup)
    if backup.is_encrypted and identity is None:
        return {}
    with working_folder() as folder:
        return unpack(backup, folder, identity)


def unpack(backup: Backup, folder: Path, identity: Path | None) -> dict[str, Any]:
    """Write what is in a backup into `folder`, checked; return its manifest."""
    _check_sum(backup)
    plain = backup.path
    if backup.is_encrypted:
        if identity is None:
            raise ArchiveError(f"{backup.path.name} is encrypted: name its key by --identity FILE.")
        plain = folder / "plain"
        archive.decrypt(backup.path, plain, identity)
    manifest = archive.extract(plain, folder)
    databases.check(dump_in(folder))
    return manifest


def dump_in(folder: Path) -> Path:
    """Return the dump that was unpacked into `folder`. Raises ArchiveError."""
    for name in (databases.SQLITE, databases.POSTGRESQL):
        if (folder / name).exists():
            return folder / name
    raise ArchiveError("The archive holds no database.")


def find(name: str) -> Backup:
    """Return the backup of a path or a name in the folder; "" is the newest. Raises ArchiveError."""
    if not name:
        if found := stored():
            return found[0]
        raise ArchiveError("There is no backup yet: “manage.py backup” makes one.")
    path = Path(name)
    path = path if path.exists() else settings.BACKUP_DIR / name
    named = NAME.fullmatch(path.name)
    if not path.is_file() or not named:
        raise ArchiveError(f"{Path(name).name} is no backup: their names begin with “backup-”.")
    return Backup(path, datetime.strptime(named[2], STAMP).replace(tzinfo=UTC))


def rotate(days: int | None = None) -> list[str]:
    """Delete what would be older than `days` before tomorrow's run; return the names.

    Nothing goes when all but the newest would: a clock that jumped ahead looks just like that.
    """
    limit = timezone.now() - timedelta(days=days or settings.BACKUP_DAYS) + DAY
    gone = []
    backups = stored()
    old = [backup for backup in backups[1:] if backup.at < limit]
    if len(backups) > 1 and len(old) == len(backups) - 1 and backups[1].at < limit - DAY:
        logger.warning("All %d earlier backups are too old. They go with the next run.", len(old))
        old = []
    for backup in [*old, *(found for found in stored("replaced") if found.at < limit)]:
        _delete(backup)
        gone.append(backup.path.name)
    _compact_journal()
    return gone


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a folder of one's own beside the backups, gone afterwards; one process at a time.

    What a killed one left is deleted first.
    """
    home: Path = settings.BACKUP_DIR
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if home.stat().st_mode & 0o077:
        home.chmod(0o700)
    lock = os.open(home / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveError("Another backup or restore is running. Try again later.") from error
        for left in home.glob(f"{PARTIAL}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=home) as folder:
            yield Path(folder)
    finally:
        os.close(lock)


def new_name(kind: str, at: datetime) -> str:
    """Return a name that tells the time and nothing of anybody."""
    return f"{kind}-{at.astimezone(UTC).strftime(STAMP)}-{secrets.token_hex(4)}"


def _media() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield f"media/{path.relative_to(root).as_posix()}", path


def _finish(file: Path, began: datetime) -> Backup:
    """Encrypt the archive if a key is given, and move it to its name."""
    if settings.BACKUP_RECIPIENTS:
        sealed = file.with_name(f"{file.name}.age")
        archive.encrypt(file, sealed, settings.BACKUP_RECIPIENTS)
        file = sealed
    end = file.name.partition(".")[2]
    backup = Backup(settings.BACKUP_DIR / f"{new_name('backup', began)}.{end}", began)
    file.chmod(0o600)
    _sync(file)
    sums = file.with_name("sums")
    sums.write_text(f"{archive.digest(file)}  {backup.path.name}\n")
    sums.chmod(0o600)
    sums.replace(backup.sum_file)
    file.replace(backup.path)
    _sync(settings.BACKUP_DIR)
    return backup


def _check_sum(backup: Backup) -> None:
    """Compare an archive with the sum beside it, where there is one."""
    if not backup.path.stat().st_size:
        raise ArchiveError(f"{backup.path.name} is empty.")
    if backup.sum_file.exists():
        expected = backup.sum_file.read_text(errors="replace").split()
        if not expected or expected[0] != archive.digest(backup.path):
            raise ArchiveError(f"{backup.path.name} isn’t the file its sum was made of.")


def _delete(backup: Backup) -> None:
    if backup.path.is_dir():
        shutil.rmtree(backup.path)
    else:
        backup.path.unlink(missing_ok=True)
    backup.sum_file.unlink(missing_ok=True)


def _compact_journal() -> None:
    """Let the journal reach back as far as the oldest backup, and no shorter than one is kept."""
    oldest = [backup.at.timestamp() for backup in stored()]
    kept = time.time() - timedelta(days=settings.BACKUP_DAYS + 7).total_seconds()
    suppression_journal.compact(int(min([kept, *oldest])))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
