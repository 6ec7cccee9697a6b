"""Restoring a backup: checked, brought up to date and cleared of who left before anything sees it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from newsletter import suppression_journal, suppression_replay
from newsletter.models import Heartbeat
from operations.backups import databases, store, version
from operations.backups.archive import ArchiveError
from operations.backups.store import Backup

WITHIN = 3600  # seconds for what a restored database needs before it is used


@dataclass(frozen=True)
class Wish:
    """What whoever restores has decided."""

    identity: Path | None = None
    is_forced: bool = False  # what is here is set aside
    takes_other_keys: bool = False
    takes_gap: bool = False  # the journal doesn't reach back to the backup


def restore(backup: Backup, wish: Wish) -> dict[str, Any]:
    """Put a backup in place of what is here; return what was done. Raises ArchiveError or DumpError.

    Everything that can be refused is refused before anything is changed, and what was here is kept.
    """
    _refuse_while_running()
    with store.working_folder() as folder:
        manifest = store.unpack(backup, folder, wish.identity)
        refuse_unfit(manifest, wish)
        is_here = databases.is_there() or _media_here()
        if is_here and not wish.is_forced:
            words = (
                "There is a site here already. --force sets it aside and puts the backup in place"
            )
            raise ArchiveError(f"{words}.")
        _note_leavers()
        aside = _aside() if is_here else folder
        pictures = _bring(folder / "media", Path(settings.MEDIA_ROOT))
        if connection.vendor == "sqlite":
            done = _restore_sqlite(store.dump_in(folder), manifest, aside)
        else:
            done = _restore_postgresql(store.dump_in(folder), manifest, aside)
        if pictures:
            _put(pictures, Path(settings.MEDIA_ROOT), aside)
    kept = {"set_aside": aside.name if is_here else ""}
    return done | kept | {"made": manifest["made"], "backup": backup.path.name}


def refuse_unfit(manifest: dict[str, Any], wish: Wish) -> None:
    """Raise ArchiveError when this site, as it is set up, can't take the backup."""
    if manifest["vendor"] != connection.vendor:
        raise ArchiveError(
            f"The backup is of {manifest['vendor']}, and DATABASE_URL names {connection.vendor}."
        )
    if newer := version.unknown_migrations(manifest["migrations"]):
        raise ArchiveError(
            f"The backup was made by a newer release ({manifest['version']}; it has {newer[0]}). "
            "Install that release first."
        )
    prints = version.key_prints()
    others = [name for name in prints if manifest["keys"].get(name) != prints[name]]
    if others and not wish.takes_other_keys:
        raise ArchiveError(
            f"The backup was made with another {' and '.join(others)}. Set the old one: without it "
            "who left isn’t recognised (SUPPRESSION_KEY) and second factors can’t be read "
            "(SECRET_KEY). --other-keys restores all the same."
        )
    _refuse_gap(manifest, wish)


def prepare(environment: dict[str, str], made: str, *options: str) -> dict[str, Any]:
    """Bring a restored database up to date in a process of its own; return what that did."""
    hidden = {"DATABASE_URL_FILE", "IN_REQUESTS"}
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    try:
        done = subprocess.run(
            [sys.executable, "manage.py", "finish_restore", "--made", made, "--json", *options],
            cwd=settings.BASE_DIR,
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ArchiveError("Bringing the database up to date took longer than an hour.") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it didn’t say why"]
        raise ArchiveError(f"The restored database can’t be brought up to date: {lines[-1][:300]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _refuse_while_running() -> None:
    try:
        is_running = databases.is_there() and not Heartbeat.is_late()
    except DatabaseError:  # no database that could be asked: nothing runs on it either
        is_running = False
    finally:
        connections.close_all()
    if is_running:
        raise ArchiveError(
            "The mail worker is running. Stop it and the web server, wait a minute, then restore."
        )


def _refuse_gap(manifest: dict[str, Any], wish: Wish) -> None:
    journal = suppression_journal.read()
    made = datetime.fromisoformat(manifest["made"]).timestamp()
    if wish.takes_gap or (journal.begun is not None and journal.begun <= made):
        return
    begins = "isn’t there"
    if journal.begun is not None:
        begins = f"begins on {datetime.fromtimestamp(journal.begun):%d %B %Y}"
    raise ArchiveError(
        f"The suppression journal {begins}, after the backup was made, so who left in between would "
        "be written to again. Bring back the journal (SUPPRESSION_JOURNAL), or say --without-journal."
    )


def _media_here() -> bool:
    root = Path(settings.MEDIA_ROOT)
    return root.is_dir() and any(path.is_file() for path in root.rglob("*"))


def _note_leavers() -> None:
    """Note who is on the list that stands here, as far as it can be read."""
    try:
        if databases.is_there():
            suppression_replay.note_rows()
    except DatabaseError:
        return
    finally:
        connections.close_all()


def _aside() -> Path:
    """Make the folder for what is here now; it goes with the backups of its age."""
    folder: Path = settings.BACKUP_DIR / store.new_name("replaced", timezone.now())
    folder.mkdir(mode=0o700)
    return folder


def _restore_sqlite(dump: Path, manifest: dict[str, Any], aside: Path) -> dict[str, Any]:
    """Prepare the copy where it lies, then give it the database's place."""
    done = prepare({"DATABASE_URL": f"sqlite:///{dump}"}, manifest["made"])
    databases.settle(dump)
    databases.check(dump)
    connections.close_all()
    home = Path(str(connection.settings_dict["NAME"]))
    restored = _bring(dump, home)
    for file in databases.sqlite_files():
        shutil.move(file, aside / file.name)
    if restored:
        restored.chmod(0o600)
        restored.replace(home)
    return done


def _restore_postgresql(dump: Path, manifest: dict[str, Any], aside: Path) -> dict[str, Any]:
    """Replace the database in one transaction that stops all mail, then prepare it and let mail go on.

    Whatever ends us in between, nobody is written to who had left; `finish_restore` goes on from there.
    """
    if databases.is_there():
        databases.dump(aside)
    connections.close_all()
    table = connection.ops.quote_name(Heartbeat._meta.db_table)
    stop = (
        f"RESET search_path; INSERT INTO {table} AS kept (id, at, trouble, paused_at) "  # noqa: S608  a table of ours
        "VALUES (1, to_timestamp(0), '', to_timestamp(0)) ON CONFLICT (id) "
        "DO UPDATE SET paused_at = coalesce(kept.paused_at, to_timestamp(0))"
    )
    databases.restore(dump, connection.settings_dict, stop)
    return prepare({}, manifest["made"])


def _bring(new: Path, home: Path) -> Path | None:
    """Move what was restored beside its place, which may be on another disk; return where it is."""
    if not new.exists():
        return None
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = home.with_name(f".restored-{home.name}")
    if beside.is_dir():
        shutil.rmtree(beside)
    shutil.move(new, beside)
    return beside


def _put(new: Path, home: Path, aside: Path) -> None:
    """Put restored pictures in place of those that are there."""
    if home.is_dir():
        shutil.move(home, aside / "set-aside-media")
    new.replace(home)
