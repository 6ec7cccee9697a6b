"""What Django's own checks can't know: our system checks, run at start and by `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection


@register(Tags.database)
def sqlite_keeps_its_promises(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite must write ahead, sync in full and overwrite what it deletes."""
    if not databases or connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "secure_delete")
        }
    expected = {"synchronous": 2, "secure_delete": 1}
    return [
        Error(
            f"SQLite runs with {name}={found[name]}.",
            hint="Keep the OPTIONS of trustsite/settings.py.",
            id="trustsite.E001",
        )
        for name in expected
        if found[name] != expected[name]
    ]


@register(Tags.security, deploy=True)
def placeholders_are_gone(**kwargs: Any) -> list[CheckMessage]:
    """A public site must name its publisher, in words that aren't our placeholders."""
    return [
        Error(
            f"{name} is a placeholder.", hint=f"Set {name} in the environment.", id="trustsite.E002"
        )
        for name in ("PUBLISHER", "POSTAL_ADDRESS", "CONTACT_EMAIL", "FROM_EMAIL")
        if not settings.DEVELOPMENT
        and ("[" in getattr(settings, name) or getattr(settings, name).endswith(".example"))
    ]
