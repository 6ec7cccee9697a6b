"""Trusted devices: browsers that logged in before, known by a device cookie (OWASP's term), signed
for one account.

The cookie opens nothing; its browser only has a count of wrong passwords of its own.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

MAX_AGE = timedelta(days=180)
# The salt and the cookie keep their first name: browsers hold signed cookies of it for months.
_SALT = "door.device"


def get(request: HttpRequest, username: str) -> str:
    """Return the identifier of a browser that logged in to `username` before, or nothing."""
    cookie = request.COOKIES.get(_cookie_name(), "")
    try:
        value = signing.TimestampSigner(salt=_SALT).unsign(cookie, max_age=MAX_AGE)
    except signing.BadSignature:
        return ""
    device, _, account = value.partition(":")
    return device if account == _account_hash(username) else ""


def set(response: HttpResponse, username: str) -> None:
    """Give the browser a device cookie for the account `username`."""
    value = f"{secrets.token_hex(16)}:{_account_hash(username)}"
    response.set_cookie(
        _cookie_name(),
        signing.TimestampSigner(salt=_SALT).sign(value),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name() -> str:
    return "__Host-door" if settings.SESSION_COOKIE_SECURE else "door"


def _account_hash(username: str) -> str:
    return salted_hmac(_SALT, username, algorithm="sha256").hexdigest()
