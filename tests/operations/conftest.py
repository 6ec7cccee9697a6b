"""Sites of their own on disk, on SQLite and on a real PostgreSQL, whose commands run as processes."""

import os
import secrets
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import _postgresql, need  # noqa: F401
from tests.servers import ROOT
from tests.waiting import PATIENCE

SECRETS = {"SECRET_KEY": "an-old-secret-" + "s" * 50, "SUPPRESSION_KEY": "an-old-key-" + "k" * 50}


READY = "r" * 60


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A site that `release` has prepared, as it runs behind a proxy."""
    data = tmp_path_factory.mktemp("data")
    environment = os.environ | {
        "MODE": "development",
        "DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
        "SITE_URL": "https://example.org",
        "TRUSTED_PROXIES": "1",
        "READY_TOKEN": READY,
    }
    command = [sys.executable, "manage.py", "release"]
    subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
    return environment


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
        process = self.start("-c", "import django; django.setup()\n" + textwrap.dedent(code))
        out, err = process.communicate(timeout=5 * PATIENCE)
        assert process.returncode == 0, err[-2000:]
        return out.strip()

    def archives(self) -> list[Path]:
        """The backups there are, the newest last."""
        return sorted(path for path in self.backups.glob("backup-*") if path.suffix != ".sha256")

    def backup(self, **environment: str) -> Path:
        """Make a backup; return its file."""
        self.manage("backup", **environment)
        return max(self.archives(), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    Site(folder).manage("migrate", "-v0")
    return folder


@pytest.fixture(scope="session")
def _migrated_postgresql(tmp_path_factory: pytest.TempPathFactory, _postgresql: Any) -> Any:  # noqa: F811
    """A migrated database that others are copied from, and its server."""
    server = need(_postgresql, "PostgreSQL")
    address = server.new_database()
    Site(tmp_path_factory.mktemp("migrated"), address).manage("migrate", "-v0")
    return server, address.rpartition("/")[2]


@pytest.fixture
def site(_migrated: Path, tmp_path: Path) -> Site:
    """A site on SQLite."""
    folder = tmp_path / "site"
    shutil.copytree(_migrated, folder)
    return Site(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """The same on each database."""
    if request.param == "sqlite":
        on_sqlite: Site = request.getfixturevalue("site")
        return on_sqlite
    server, template = request.getfixturevalue("_migrated_postgresql")
    name = f"site_{secrets.token_hex(4)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    return Site(tmp_path / "site", server.address(name))
