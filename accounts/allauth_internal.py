"""The one seam to allauth's internals: what its public interface doesn't offer, under names of our
own.

Only this module may import `allauth.*.internal` or use a name of allauth's that begins with an
underscore; when allauth is upgraded, it is the one to read again. The throttle, the second factor,
reauthentication and passkeys depend on it.
"""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    validate_totp_code,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib.auth.models import User
from django.http import HttpRequest


class PasswordLoginForm(LoginForm):
    """allauth's form of the login page, with a step of its own for looking at the password."""

    def check_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        """Return the cleaned form, or raise ValidationError."""
        cleaned: dict[str, Any] = super()._clean_with_password(credentials)
        return cleaned

    def _clean_with_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        return self.check_password(credentials)


def authenticated_at(request: HttpRequest) -> list[float]:
    """Return the moments (Unix time) at which the present session proved who it is."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return [record["at"] for record in records]


def abort_login(request: HttpRequest) -> None:
    """Drop a login that is under way, before its session is made."""
    clear_login(request)


def is_valid_totp_code(secret: str, code: str) -> bool:
    """Whether `code` belongs to `secret` now, give or take the tolerance."""
    return bool(validate_totp_code(secret, code))


def totp_step(secret: str, code: str, *, after: int) -> int | None:
    """Return the step of the clock that `code` belongs to, if it is later than step `after`."""
    for step in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, step))
        if step > after and compare_user_code(actual=code, expected=expected):
            return int(step)
    return None


def passkey_creation_options(user: User) -> dict[str, Any]:
    """Return the WebAuthn PublicKeyCredentialCreationOptions of a passkey that logs in alone."""
    options: dict[str, Any] = begin_registration(user, True)
    return options
