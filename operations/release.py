"""A release: everything between new code on the disk and the site that runs it, harmless to repeat."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from articles.api import index_pages
from operations.backups import databases, store, version
from operations.backups.archive import ArchiveError


@dataclass(frozen=True)
class Step:
    """One step: what it is called, and what does it and returns what it did, in lines."""

    name: str
    do: Callable[[], list[str]]


class ReleaseError(Exception):
    """A step that failed, with what is to be done; the steps before it stand."""


def steps(*, makes_backup: bool = True) -> Iterator[Step]:
    """Yield the steps, in their order: what can fail without harm comes before the database changes."""
    yield Step("settings", _check_settings)
    yield Step("fonts", _fonts)
    yield Step("static files", _static_files)
    if makes_backup:
        yield Step("backup", _backup)
    yield Step("migrations", _migrate)
    yield Step("roles", _roles)
    yield Step("content", _content)
    yield Step("checks", _check)


def run(step: Step) -> list[str]:
    """Do one step. Raises ReleaseError."""
    try:
        return step.do()
    except (CommandError, ArchiveError, databases.DumpError, OSError) as error:
        raise ReleaseError(f"{step.name}: {error}") from error


def _said(command: str, *arguments: str, **options: object) -> list[str]:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return [line for line in out.getvalue().splitlines() if line.strip()]


def _check_settings() -> list[str]:
    call_command("check", fail_level="ERROR", stdout=io.StringIO(), stderr=io.StringIO())
    return []


def _fonts() -> list[str]:
    with _for_everybody():
        return _said("build_fonts")


def _static_files() -> list[str]:
    with _for_everybody():
        return [line.strip() for line in _said("collectstatic", interactive=False)][-1:]


@contextmanager
def _for_everybody() -> Iterator[None]:
    """Let others read what is written: static files are public, and another account may serve them."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _backup() -> list[str]:
    """Make a backup when the database is about to change, and there is something to lose."""
    if not databases.is_there() or not version.pending_migrations():
        return []
    return [f"made: {store.make().path.name}"]


def _migrate() -> list[str]:
    pending = version.pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    return [f"run: {name}" for name in pending]


def _roles() -> list[str]:
    return _said("sync_roles")


def _content() -> list[str]:
    """Load content; what an editor has changed too is left as it is, and named."""
    lines = _said("load_content", keep=True)
    index_pages()  # templates may say something else now
    if any(line.startswith("left as it is") for line in lines):
        lines.append(
            "Those differ from the release’s files. Compare, then edit them at the desk, or"
        )
        lines.append(
            "“manage.py export_content DIR”, put them together there, and load that folder."
        )
    return lines


def _check() -> list[str]:
    out = io.StringIO()
    deploy = not settings.DEVELOPMENT
    call_command("check", deploy=deploy, databases=["default"], stdout=out, stderr=out)
    return [line for line in out.getvalue().splitlines() if line.startswith(("?:", "<", "WARN"))]
