"""Which browsers logged in before. A signed cookie says so, for one account; it opens nothing, it only has its own count."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

KEPT = timedelta(days=180)
_SALT = "door.device"


def known(request: HttpRequest, name: str) -> str:
    """Return the name of a browser that logged in to the account `name` before, or nothing."""
    try:
        signed = signing.TimestampSigner(salt=_SALT).unsign(
            request.COOKIES.get(_cookie(), ""), max_age=KEPT
        )
    except signing.BadSignature:
        return ""
    device, _, account = signed.partition(":")
    return device if account == _account(name) else ""


def remember(response: HttpResponse, name: str) -> None:
    """Have the browser keep that it logged in to the account `name`."""
    value = signing.TimestampSigner(salt=_SALT).sign(f"{secrets.token_hex(16)}:{_account(name)}")
    response.set_cookie(
        _cookie(),
        value,
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie() -> str:
    return "__Host-door" if settings.SESSION_COOKIE_SECURE else "door"


def _account(name: str) -> str:
    return salted_hmac(_SALT, name, algorithm="sha256").hexdigest()
