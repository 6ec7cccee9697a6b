"""Validators of operators' settings: each raises environs' ValidationError (or a ValueError) at
nonsense.
"""

import math
import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from environs import ValidationError

Validator = Callable[..., None]
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
HOSTNAME = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.ASCII)
DATABASES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def _refuse_unless(is_good: object) -> None:
    if not is_good:
        raise ValidationError("refused")


def between(low: float, high: float) -> Validator:
    """Return a validator of finite numbers from `low` to `high`."""

    def validate(value: float) -> None:
        _refuse_unless(math.isfinite(value) and low <= value <= high)

    return validate


def one_of(*choices: str) -> Validator:
    """Return a validator of a choice."""
    return lambda value: _refuse_unless(value in choices)


def line(value: str) -> None:
    """Accept one line of text: a line break in a sender's name would begin another header."""
    _refuse_unless(value.strip() and len(value) <= 200 and not CONTROL.search(value))


def text(value: str) -> None:
    """Accept a text of several lines."""
    _refuse_unless(value.strip() and len(value) <= 2000 and "\x00" not in value)


def past_day(value: str) -> None:
    """Accept a day that has begun somewhere."""
    _refuse_unless(re.fullmatch(r"\d{4}-\d\d-\d\d", value))
    _refuse_unless(date.fromisoformat(value) <= (datetime.now(UTC) + timedelta(hours=14)).date())


def email(value: str) -> None:
    """Accept a bare mail address."""
    try:
        validate_email(value)
    except DjangoValidationError:
        _refuse_unless(False)


def https_url(value: str) -> None:
    """Accept an https address of another site, without a name or password in it."""
    parts = urlsplit(value)
    _refuse_unless(parts.scheme == "https" and _is_hostname(parts.hostname))
    _refuse_unless(not parts.username and parts.port != 0 and not re.search(r"\s", value))


def origin(value: str) -> None:
    """Accept a scheme and a host, with a port or without; nothing more."""
    parts = urlsplit(value)
    _refuse_unless(parts.scheme in {"http", "https"} and _is_host(parts.hostname))
    _refuse_unless(not parts.path.strip("/") and not parts.query and not parts.fragment)
    _refuse_unless(not parts.username and parts.port != 0 and not re.search(r"\s", value))


def time_zone(value: str) -> None:
    """Accept the name of a time zone that this machine knows."""
    _refuse_unless(value in zoneinfo.available_timezones())


def call_url(value: str) -> None:
    """Accept an address that a secret may be sent to."""
    parts = urlsplit(value)
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    _refuse_unless(is_here or (parts.scheme == "https" and _is_host(parts.hostname)))
    _refuse_unless(not parts.username and parts.port != 0 and not re.search(r"\s", value))


def header(value: str) -> None:
    """Accept one header of a request."""
    name, colon, text = value.partition(":")
    _refuse_unless(colon and HEADER_NAME.fullmatch(name.strip()) and text.strip())
    _refuse_unless(text.isascii() and not CONTROL.search(value))


def holds_tags(value: str) -> None:
    """Accept what names the place for tags."""
    _refuse_unless("{tags}" in value)


def host(value: str) -> None:
    """Accept a host's name or address, without a scheme and a port."""
    _refuse_unless(_is_host(value))


def _is_hostname(value: str | None) -> bool:
    return bool(value and len(value) <= 253 and HOSTNAME.fullmatch(value))


def _is_host(value: str | None) -> bool:
    return _is_hostname(value) or bool(value and re.fullmatch(r"[0-9A-Fa-f:.]+", value))


def domains(values: list[str]) -> None:
    """Accept mail domains."""
    for value in values:
        _refuse_unless(_is_hostname(value.strip()) and "." in value)


def addresses(values: list[str]) -> None:
    """Accept up to ten mail addresses."""
    _refuse_unless(len(values) <= 10)
    for value in values:
        email(value.strip())


def label(value: str) -> None:
    """Accept one name within a domain, such as a DKIM selector; dots make it several."""
    _refuse_unless(_is_hostname(value))


def labels(values: list[str]) -> None:
    """Accept names within a domain."""
    for value in values:
        label(value.strip())


def header_name(value: str) -> None:
    """Accept the name of a header."""
    _refuse_unless(HEADER_NAME.fullmatch(value))


def dotted_name(value: str) -> None:
    """Accept the dotted name of a class; that it is there is a system check's to find out."""
    _refuse_unless(DOTTED_NAME.fullmatch(value))


def short_local_part(value: str) -> None:
    """Accept an address that has room for a signed tag: 64 letters may stand before the @."""
    local, _, _ = value.rpartition("@")
    _refuse_unless(len(local) <= 24 and "+" not in local)


def at_least_32(value: str) -> None:
    """Accept a shared secret that is long enough not to be guessed."""
    _refuse_unless(len(value) >= 32)


def at_least_50(value: str) -> None:
    """Accept a secret that is long enough not to be guessed."""
    _refuse_unless(len(value) >= 50)


def secrets_at_least_50(values: list[str]) -> None:
    """Accept secrets that are long enough."""
    for value in values:
        at_least_50(value)


def folder(value: str) -> None:
    """Accept a folder that is there or can be made: nothing else may stand in its way."""
    path = Path(value).absolute()
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    _refuse_unless(existing.is_dir() and "\x00" not in value)


def file(value: str) -> None:
    """Accept a file whose folder is there or can be made."""
    folder(str(Path(value).absolute().parent))
    _refuse_unless(not Path(value).is_dir())


def age_keys(value: list[str]) -> None:
    """Accept public keys of age; whether each is one of its curve is seen when it is used."""
    _refuse_unless(all(re.fullmatch(r"age1[a-z0-9]{50,70}", key.strip()) for key in value))


def database_url(value: str) -> None:
    """Accept an address of SQLite or PostgreSQL, with a name."""
    try:
        parsed = dj_database_url.parse(value)
    except dj_database_url.ParseError as error:
        raise ValidationError("refused") from error
    _refuse_unless(parsed.get("ENGINE") in DATABASES and parsed.get("NAME"))
    _refuse_unless(urlsplit(value).port != 0)


def redis_url(value: str) -> None:
    """Accept an address of Redis, with a host or a socket."""
    parts = urlsplit(value)
    if parts.scheme == "unix":
        _refuse_unless(parts.path)
        return
    number = parts.path.strip("/")
    _refuse_unless(parts.scheme in {"redis", "rediss"} and _is_host(parts.hostname))
    _refuse_unless(parts.port != 0 and (not number or number.isdecimal()))
