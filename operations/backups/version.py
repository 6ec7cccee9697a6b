"""What a backup says of its site: version, migrations, and which keys it needs."""

import hashlib
import tomllib
from functools import cache
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

KEYS = ("SECRET_KEY", "SUPPRESSION_KEY")


@cache
def version() -> str:
    """Return this release's version, as pyproject.toml has it."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def migrations() -> list[str]:
    """Return the migrations that the database has had."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def pending_migrations() -> list[str]:
    """Return the migrations of this release that the database hasn't had."""
    loader = MigrationLoader(connection)
    missing = set(loader.graph.nodes) - set(loader.applied_migrations)
    return sorted(f"{app}.{name}" for app, name in missing)


def unknown_migrations(names: list[str]) -> list[str]:
    """Return those of `names` that no app of this release has: a newer release made them."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {f"{app}.{name}" for app, name in loader.disk_migrations}
    replaced = {
        f"{app}.{name}"
        for migration in loader.disk_migrations.values()
        for app, name in migration.replaces
    }
    apps = {name.partition(".")[0] for name in ours}
    return [
        name for name in names if name.partition(".")[0] in apps and name not in ours | replaced
    ]


def key_prints() -> dict[str, str]:
    """Return what tells one key from another and says nothing of it: keys are long and random."""
    return {name: _print(name, getattr(settings, name)) for name in KEYS}


def _print(name: str, key: str) -> str:
    return hashlib.sha256(f"{name}:{key}".encode()).hexdigest()[:16]


def facts() -> dict[str, Any]:
    """Return all of it, for the manifest."""
    return {
        "format": 1,
        "version": version(),
        "django": django.get_version(),
        "vendor": connection.vendor,
        "migrations": migrations(),
        "keys": key_prints(),
    }
