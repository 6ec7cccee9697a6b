"""System checks: what Django's own can't know. Run at start and by `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils.module_loading import import_string

from trustsite import data_folder

PLACEHOLDERS = ("PUBLISHER", "POSTAL_ADDRESS", "CONTACT_EMAIL", "FROM_EMAIL")
PRAGMAS = {"synchronous": 2, "secure_delete": 1}  # in full; overwrite what is deleted


@register(Tags.database)
def sqlite_pragmas(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite must write ahead, sync in full and overwrite what it deletes."""
    if not databases or connection.vendor != "sqlite":
        return []
    errors: list[CheckMessage] = []
    with connection.cursor() as cursor:
        for name, expected in PRAGMAS.items():
            value = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if value != expected:
                hint = "Keep the OPTIONS of trustsite/settings.py."
                text = f"SQLite runs with {name}={value}."
                errors.append(Error(text, hint=hint, id="trustsite.E001"))
    return errors


@register(Tags.security, deploy=True)
def placeholders(**kwargs: Any) -> list[CheckMessage]:
    """A public site must name its publisher, in words that aren't our placeholders."""
    errors: list[CheckMessage] = []
    for name in PLACEHOLDERS:
        value = getattr(settings, name)
        if not settings.DEVELOPMENT and ("[" in value or value.endswith(".example")):
            hint = f"Set {name} in the environment."
            errors.append(Error(f"{name} is a placeholder.", hint=hint, id="trustsite.E002"))
    return errors


@register(Tags.security)
def email_backend(**kwargs: Any) -> list[CheckMessage]:
    """EMAIL_BACKEND must be a mail backend that is there."""
    hint = "See “Settings” in docs/operators.md."
    try:
        backend = import_string(settings.EMAIL_BACKEND)
    except ImportError:
        text = f"EMAIL_BACKEND is “{settings.EMAIL_BACKEND}”, which can't be imported."
        return [Error(text, hint=hint, id="trustsite.E003")]
    if not (isinstance(backend, type) and issubclass(backend, BaseEmailBackend)):
        text = f"EMAIL_BACKEND is “{settings.EMAIL_BACKEND}”, which is no mail backend."
        return [Error(text, hint=hint, id="trustsite.E003")]
    return []


@register(Tags.security, deploy=True)
def data_folder_permissions(**kwargs: Any) -> list[CheckMessage]:
    """Other accounts of the machine must not read the data folder."""
    errors: list[CheckMessage] = []
    for path in data_folder.open_to_others():
        mode = "700" if path.is_dir() else "600"
        hint = f"Give it to the account the site runs as, then: chmod {mode} {path}"
        text = f"Others on this machine may read {path}."
        errors.append(Error(text, hint=hint, id="trustsite.E004"))
    return errors


@register(Tags.security, deploy=True)
def proxy_address_header(**kwargs: Any) -> list[CheckMessage]:
    """Behind a proxy, the header of the client's address should have no second spelling."""
    if not settings.TRUSTED_PROXIES or "-" not in settings.PROXY_ADDRESS_HEADER:
        return []
    hint = "See “Behind a proxy” in docs/operators.md; silence trustsite.W001 if your proxy drops such names."
    text = f"{settings.PROXY_ADDRESS_HEADER} can be forged if your proxy passes on names with an underscore."
    return [Warning(text, hint=hint, id="trustsite.W001")]
