"""Adapters: allauth's hooks, set for accounts of staff alone."""

import base64
import hashlib
import logging
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import sessions, trusted_devices
from accounts.allauth_internal import abort_login, authenticated_at
from accounts.login_throttle import normalize_username

REAUTH_WINDOW = 5 * 60  # seconds after a login in which second factors may be changed at once
MISMATCH = "That username and password don’t fit together. Both care about capital letters."

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts of staff: nobody signs up, and a login leads nowhere but to the admin."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": MISMATCH,
        "incorrect_password": "That isn’t your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether `url` may be gone on to: pages of the admin alone, for everything else may be a
        trap.
        """
        plain = url.isascii() and url.isprintable() and "\\" not in url
        return plain and url.startswith(reverse("admin:index")) and super().is_safe_url(url)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return whose username and password these are, if they are staff's."""
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and user.is_staff else None

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:  # type: ignore[override]
        """Refuse a passkey of somebody who isn't staff (any more), in the words a wrong password
        gets.
        """
        if user.is_active and user.is_staff:
            return None
        abort_login(request)
        messages.error(request, MISMATCH)
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        response = super().post_login(request, user, **kwargs)
        trusted_devices.set(response, normalize_username(user.get_username()))
        sessions.clear_expired()
        logger.info("User %d logged in.", user.pk)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within minutes of logging in: adding the first second factor would ask for the
        password twice.
        """
        latest = max(authenticated_at(context.request), default=0)
        return time.time() - latest >= REAUTH_WINDOW

    def add_message(  # type: ignore[override]
        self, request: HttpRequest, level: int, *args: Any, message: str = "", **kwargs: Any
    ) -> None:
        """Show what went wrong alone; that something went well is seen on our pages."""
        if message:
            messages.add_message(request, level, message)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors, whose secrets are encrypted: a copy of the database alone gives none."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That didn’t work. A code is good once, and for about a minute."
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return settings.FROM_NAME  # initials: others may see the phone

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": settings.FROM_NAME}

    def _get_user_identifier(self, user: User) -> str:  # type: ignore[override]
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # type: ignore[override]
        return "Passkey"


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_fernet(key) for key in keys])


def _fernet(key: str) -> Fernet:
    # The salt keeps its first name: the secrets that are stored were encrypted under it.
    digest = hashlib.sha256(f"door.mfa{key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
