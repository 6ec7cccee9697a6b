"""Forms of staff accounts: allauth's, with our rate limits and our words."""

import logging
from typing import Any

from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthMFAReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm as AllauthAddWebAuthnForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as AllauthAuthenticateWebAuthnForm
from allauth.mfa.webauthn.forms import LoginWebAuthnForm as AllauthLoginWebAuthnForm
from allauth.mfa.webauthn.forms import (
    ReauthenticateWebAuthnForm as AllauthReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from accounts import login_throttle, totp
from accounts.allauth_internal import PasswordLoginForm, is_valid_totp_code

# What the passkey libraries raise at a credential that isn't one, or isn't signed as it should be.
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, InvalidSignature)

logger = logging.getLogger(__name__)


def password_field() -> forms.CharField:
    """Return a field for the present password: exactly as typed, spaces and all."""
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label="Password", strip=False, widget=widget)


def code_field() -> forms.CharField:
    """Return a field for a code of either sort."""
    attributes = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
    return forms.CharField(label="Code", max_length=40, widget=forms.TextInput(attrs=attributes))


class LoginForm(PasswordLoginForm):
    """The login: username and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {
            "autocomplete": "username",
            "autofocus": True,
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        self.fields["login"] = forms.CharField(
            label="Username", max_length=150, widget=forms.TextInput(attrs=attributes)
        )
        self.fields["password"] = password_field()

    def add_prefix(self, field_name: str) -> str:
        """Call the field as Django's own login page does."""
        return super().add_prefix("username" if field_name == "login" else field_name)

    def check_password(self, credentials: dict[str, str]) -> dict[str, Any]:
        """Count the attempt before the password is looked at."""
        name = credentials["username"]
        attempt = login_throttle.count_password_attempt(self.request, name)
        try:
            cleaned = super().check_password(credentials)
        except ValidationError:
            pk = User.objects.filter(username=name).values_list("pk", flat=True).first()
            logger.warning("A login failed (user %s).", pk or "unknown")
            raise
        attempt.succeeded()
        return cleaned


class ReauthenticateForm(AllauthReauthenticateForm):
    """Reauthentication by password, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field()

    def clean_password(self) -> str:
        attempt = login_throttle.count_password_attempt(context.request, self.user.get_username())
        password: str = super().clean_password()
        attempt.succeeded()
        return password


class CodeChecks:
    """Mixin: a code is counted, and consumed."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        attempt = login_throttle.count_code_attempt(context.request, self.user.pk)
        code: str = self.cleaned_data["code"]
        authenticator = totp.consume_code(self.user.pk, code)
        if authenticator is None:
            logger.warning("A second step failed (user %d).", self.user.pk)
            raise get_adapter().validation_error("incorrect_code")
        attempt.succeeded()
        authenticator.user = self.user
        self.authenticator = authenticator
        return code


class AuthenticateForm(CodeChecks, AllauthAuthenticateForm):
    """The second factor of a login, by code."""

    code = code_field()


class MFAReauthenticateForm(CodeChecks, AllauthMFAReauthenticateForm):
    """Reauthentication by code, before something that matters."""

    code = code_field()


class ActivateTOTPForm(AllauthActivateForm):
    """The first code of a new app."""

    code = code_field()

    def clean_code(self) -> str:
        attempt = login_throttle.count_code_attempt(context.request, self.user.pk)
        code: str = self.cleaned_data["code"]
        if not is_valid_totp_code(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        attempt.succeeded()
        return code


class CredentialChecks:
    """Mixin: a malformed or forged credential is a failure like any other."""

    def clean_credential(self) -> Authenticator:
        try:
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]
        except MALFORMED as error:
            logger.warning("A passkey failed (%s).", type(error).__name__)
            raise get_adapter().validation_error("incorrect_code") from error
        return authenticator


class LoginWebAuthnForm(CredentialChecks, AllauthLoginWebAuthnForm):
    """The login by a passkey, instead of the password."""


class AuthenticateWebAuthnForm(CredentialChecks, AllauthAuthenticateWebAuthnForm):
    """The second factor of a login, by passkey."""


class ReauthenticateWebAuthnForm(CredentialChecks, AllauthReauthenticateWebAuthnForm):
    """Reauthentication by passkey."""


class AddWebAuthnForm(AllauthAddWebAuthnForm):
    """A new passkey; one that asks for a finger or a PIN itself, so that it logs in alone."""

    passwordless = None  # type: ignore[assignment]  # always
    name = forms.CharField(
        label="Name",
        max_length=60,
        required=False,
        help_text="To know it by: “Phone”, “Work laptop”.",
    )

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        try:
            return super().clean()
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class PasswordResetForm(forms.Form):
    """The password reset: where a link goes, if the address belongs to an account."""

    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
