"""Sites of their own on disk, on SQLite and on a real PostgreSQL, whose commands run as processes."""

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.conftest import _postgresql, need  # noqa: F401
from tests.made_once import made_once
from tests.servers import ROOT
from tests.waiting import PATIENCE
from tests.web_server import prepared

SECRETS = {"SECRET_KEY": "an-old-secret-" + "s" * 50, "SUPPRESSION_KEY": "an-old-key-" + "k" * 50}


READY = "r" * 60
DUMP = "state.pgdump"
PEOPLE = """
    from newsletter.models import Subscriber
    for name in ("stays", "leaves", "moves", "returns"):
        Subscriber.objects.create(
            address=f"{name}@example.org", state="confirmed", wants_letters=True,
            wording="1", confirmed_at="2026-01-01T00:00:00Z",
        )
"""
LEAVE = """
    from newsletter.models import Subscriber
    from newsletter.subscribing import address_change, signup
    signup.leave(Subscriber.objects.get(address="leaves@example.org").fingerprint)
    signup.leave(Subscriber.objects.get(address="returns@example.org").fingerprint)
    signup.ask("returns@example.org", letters=True)
    signup.confirm(Subscriber.objects.get(address="returns@example.org").public_id)
    moves = Subscriber.objects.get(address="moves@example.org")
    address_change.ask(moves, "moved@example.org")
    address_change.confirm(Subscriber.objects.get(address="moved@example.org").public_id)
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A site with all its content, as it runs behind a proxy."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(prepared(), data, dirs_exist_ok=True)
    return os.environ | {
        "MODE": "development",
        "DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
        "SITE_URL": "https://example.org",
        "TRUSTED_PROXIES": "1",
        "READY_TOKEN": READY,
    }


class Site:
    """Runs commands and scripts as processes of their own on one data folder."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder, self.backups = folder, folder / "backups"
        self.journal = folder / "suppressed.journal"
        here = {
            "MODE": "development",
            "DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.settings_on_disk",
        }
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_", "CACHE_", "PYTEST_", "BACKUP_", "OWNER_"))
        }
        self.environment = inherited | here | SECRETS
        if database:
            self.environment["DATABASE_URL"] = database

    def start(
        self, *command: str, preexec: Callable[[], None] | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec,
        )

    def run(self, *arguments: str, **options: Any) -> tuple[int, str]:
        """Run a command to its end; return exit code and all it said."""
        process = self.start("manage.py", *arguments, **options)
        out, err = process.communicate(timeout=5 * PATIENCE)
        return process.returncode, out + err

    def manage(self, *arguments: str, **options: Any) -> str:
        """Run a command that must succeed; return what it printed."""
        code, said = self.run(*arguments, **options)
        assert code == 0, said[-2000:]
        return said

    def refuses(self, *arguments: str, **options: Any) -> str:
        """Run a command that must fail in words; return them."""
        code, said = self.run(*arguments, **options)
        assert code == 1, said[-2000:]
        assert "Traceback" not in said
        return said

    def script(self, code: str) -> str:
        """Run a script inside Django; return what it printed."""
        process = self.start_script(code)
        out, err = process.communicate(timeout=5 * PATIENCE)
        assert process.returncode == 0, err[-2000:]
        return out.strip()

    def start_script(self, code: str) -> subprocess.Popen[str]:
        return self.start("-c", "import django; django.setup()\n" + textwrap.dedent(code))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement straight on the database; return the rows that it gives."""
        if address := self.environment.get("DATABASE_URL"):
            with psycopg.connect(address, autocommit=True) as on_postgresql:
                cursor = on_postgresql.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        file = self.folder / "site.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as on_sqlite:
            return on_sqlite.execute(statement).fetchall()

    def archives(self) -> list[Path]:
        """The backups there are, the newest last."""
        return sorted(path for path in self.backups.glob("backup-*") if path.suffix != ".sha256")

    def backup(self, **environment: str) -> Path:
        """Make a backup; return its file."""
        self.manage("backup", **environment)
        return max(self.archives(), key=lambda path: path.stat().st_mtime_ns)


def back_up_people(site: Site) -> None:
    """Put people and a picture into a backup."""
    picture = site.folder / "media/pictures/a.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"as it was")
    site.script(PEOPLE)
    site.backup()


# What a site can begin with: after what, and how it comes to that.
STATES: dict[str, tuple[str, Callable[[Site], object]]] = {
    "migrated": ("", lambda site: site.manage("migrate", "-v0")),
    "backed-up": ("migrated", back_up_people),
    "left": ("backed-up", lambda site: site.script(LEAVE)),  # some of them, since the backup
}


class Sites:
    """Makes sites that are in a state already, on PostgreSQL when there is a server."""

    def __init__(self, factory: pytest.TempPathFactory, server: Any = None) -> None:
        self.factory, self.server = factory, server

    def make(self, state: str, folder: Path) -> Site:
        """Return a site in `folder` that is a copy of what is in that state; with "" nothing is there yet."""
        if state:
            shutil.copytree(self._made(state), folder)
        if not self.server:
            return Site(folder)
        address = self.server.new_database()
        if state:
            dump = folder / DUMP
            subprocess.run(["pg_restore", "-d", address, dump], check=True)
            dump.unlink()
        return Site(folder, address)

    def _made(self, state: str) -> Path:
        before, change = STATES[state]

        def make(folder: Path) -> None:
            site = self.make(before, folder)
            change(site)
            if self.server:
                folder.mkdir(exist_ok=True)
                dump = ["-Fc", "-f", str(folder / DUMP), site.environment["DATABASE_URL"]]
                subprocess.run(["pg_dump", *dump], check=True)

        return made_once(self.factory, f"{'postgresql' if self.server else 'sqlite'}-{state}", make)


@pytest.fixture(scope="session")
def _sites(tmp_path_factory: pytest.TempPathFactory) -> Sites:
    return Sites(tmp_path_factory)


@pytest.fixture(scope="session")
def _sites_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory,
    _postgresql: Any,  # noqa: F811
) -> Sites:
    return Sites(tmp_path_factory, need(_postgresql, "PostgreSQL"))


@pytest.fixture
def site_in(_sites: Sites, tmp_path: Path) -> Callable[[str], Site]:
    """Return a function that gives a site on SQLite in a state."""
    return partial(_sites.make, folder=tmp_path / "site")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_site_in(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Site]:
    """The same on each database."""
    name = "_sites" if request.param == "sqlite" else "_sites_on_postgresql"
    return partial(request.getfixturevalue(name).make, folder=tmp_path / "site")


@pytest.fixture
def site(site_in: Callable[[str], Site]) -> Site:
    """A site on SQLite with nothing in it."""
    return site_in("migrated")
