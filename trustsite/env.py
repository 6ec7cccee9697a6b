"""Settings from the environment, read by readers that refuse nonsense.

Two modes. `production` is the default and refuses to start on an unsafe or missing value, naming it.
`development` must be asked for (`MODE=development`, as `make run` does) and fills the gaps: a secret made once and kept
in the data folder, mail as files, plain http on this machine.
"""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

env = Env()


def mode() -> str:
    """Return "production" or "development"."""
    return env.str("MODE", "production", validate=validate.OneOf(["production", "development"]))


def kept_secret(name: str, folder: Path, *, development: bool) -> str:
    """Return the secret in variable `name`; in development make one, once, in `folder`.

    In production a missing secret, or one of fewer than 50 characters, stops the start.
    """
    value = env.str(name, "")
    if value and (development or len(value) >= 50):
        return value
    if not development:
        raise ImproperlyConfigured(
            f"{name} must be set to a random text of at least 50 characters."
        )
    file = folder / name.lower().replace("_", "-")
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


def site_url(default: str, *, development: bool) -> str:
    """Return the site's own origin (scheme and host, no path), https in production."""
    value = env.str("SITE_URL", default if development else "")
    parts = urlsplit(value)
    if (
        not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.scheme not in {"http", "https"}
    ):
        raise ImproperlyConfigured(
            "SITE_URL must be the site's address without a path, such as https://example.org."
        )
    if parts.scheme != "https" and not development:
        raise ImproperlyConfigured("SITE_URL must begin with https:// in production.")
    return f"{parts.scheme}://{parts.netloc}"


def required(name: str, default: str, *, development: bool) -> str:
    """Return a text that production can't do without; `default` serves development alone."""
    value = env.str(name, default if development else "")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    return value


def https_address(name: str, default: str) -> str:
    """Return an https address of another site, such as the one that "Leave this site" opens."""
    value = env.str(name, default)
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise ImproperlyConfigured(f"{name} must be an https:// address.")
    return value
