"""Dumping, checking and restoring the database, each by its own tools: SQLite's backup API, pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

SQLITE, POSTGRESQL = "database.sqlite3", "database.pgdump"
QUICK = 30  # seconds for a program that only looks
LONG = 4 * 3600
FRESH = ["-c", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public"]


class DumpError(Exception):
    """A dump that can't be made or used; the message says why, in words."""


def dump(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write a consistent copy of the database, while others write; return it and its row counts."""
    if connection.vendor == "sqlite":
        target = folder / SQLITE
        _dump_sqlite(_sqlite_file(), target)
        return target, _sqlite_counts(target)
    target = folder / POSTGRESQL
    return target, _dump_postgresql(target)


def check(dump: Path) -> None:
    """Raise DumpError unless the dump is whole, as its database's own tools see it."""
    if dump.name == SQLITE:
        _check_sqlite(dump)
    else:
        _run("pg_restore", ["--list", str(dump)], within=QUICK)


def restore(dump: Path, into: dict[str, Any], first: str = "") -> None:
    """Put a dump of PostgreSQL in place of all that is in a database, in one transaction, `first` at its end."""
    script = dump.with_suffix(".sql")
    options = ["--no-owner", "--no-privileges", "-f", str(script), str(dump)]
    _run("pg_restore", options, within=LONG)
    once = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", *FRESH, "-f", str(script)]
    if first:
        once += ["-c", first]
    arguments, environment = _psql(into)
    _run("psql", [*once, *arguments], environment, within=LONG)


def row_counts() -> dict[str, int]:
    """Return how many rows each table of ours holds now."""
    quoted = {table: connection.ops.quote_name(table) for table in tables()}
    with connection.cursor() as cursor:
        counts = {}
        for table, name in quoted.items():
            cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608  a table of ours
            counts[table] = cursor.fetchone()[0]
    return counts


def tables() -> list[str]:
    """Return the tables of all models that are there."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models} & present)


def is_there() -> bool:
    """Whether a database of this site is there already."""
    if connection.vendor == "sqlite" and not _sqlite_file().exists():
        return False
    try:
        with connection.cursor() as cursor:
            return "django_migrations" in connection.introspection.table_names(cursor)
    except Exception:  # garbled, whatever the driver calls it: something is there
        return True


def sqlite_files() -> list[Path]:
    """Return SQLite's file and the journals beside it, as far as they are there."""
    file = _sqlite_file()
    names = ["", "-wal", "-shm", "-journal"]
    return [path for end in names if (path := file.with_name(file.name + end)).exists()]


def _sqlite_file() -> Path:
    name = str(connection.settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:
        raise DumpError("The database is in memory alone, so there is nothing to back up.")
    return Path(name)


def _dump_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise DumpError("There is no database yet: run “manage.py release” first.")
    address = f"file:{source}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=10)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            target.chmod(0o600)
            live.backup(copy)  # in one step: one moment of the database, and writers go on
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise DumpError(f"The database can’t be copied: {error}.") from error
    _check_sqlite(target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _check_sqlite(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as database:
            found = [row[0] for row in database.execute("PRAGMA integrity_check(5)")]
            orphans = database.execute("PRAGMA foreign_key_check").fetchmany(5)
    except sqlite3.Error as error:
        raise DumpError(f"The database is damaged: {error}.") from error
    if found != ["ok"]:
        raise DumpError(f"The database is damaged: {'; '.join(found)[:300]}.")
    if orphans:
        raise DumpError(f"Rows of {orphans[0][0]} point to rows that aren’t there.")


def _sqlite_counts(file: Path) -> dict[str, int]:
    names = tables()
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as database:
        found = {}
        for name in names:
            count = database.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608  one of ours
            found[name] = count.fetchone()[0]
    return found


def _dump_postgresql(target: Path) -> dict[str, int]:
    """Dump and count in one snapshot, so that both are of the same moment."""
    arguments, environment = _psql(connection.settings_dict)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        options = ["-Fc", "--no-owner", f"--snapshot={snapshot}", "-f", str(target), *arguments]
        _run("pg_dump", options, environment, within=LONG)
        return row_counts()


def _psql(database: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the environment by which PostgreSQL's programs reach a database.

    The password goes by the environment: arguments are seen by every account of the machine.
    """
    arguments, environment = type(connection.client).settings_to_cmd_args_env(database, [])
    return ["-w", *arguments[1:]], environment or {}


def _run(
    program: str, arguments: list[str], environment: dict[str, str] | None = None, *, within: int
) -> None:
    found = shutil.which(program)
    if found is None:
        raise DumpError(f"{program} isn’t installed: it comes with PostgreSQL’s client programs.")
    try:
        done = subprocess.run(
            [found, *arguments],
            env=os.environ | (environment or {}),
            capture_output=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DumpError(f"{program} didn’t end within {within} seconds.") from error
    if done.returncode:
        # The line with the error says what is wrong. Further ones may quote rows.
        words = done.stderr.decode(errors="replace").strip().splitlines()
        told = [line for line in words if "error" in line.lower()] or words or ["it didn’t say why"]
        raise DumpError(f"{program} failed: {told[0][:300]}")


def settle(file: Path) -> None:
    """Move the journal of a SQLite file that nobody uses into it, so that it is one file again."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())
