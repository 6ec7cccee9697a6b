"""What we tell allauth about our door."""

import base64
import hashlib
import logging
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
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
from accounts.login_throttle import same_name

FRESH = (
    5 * 60
)  # seconds for which a login need not be repeated before the second factor may be changed
NOT_KNOWN = "That username and password don’t fit together. Both care about capital letters."

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up here, everybody is staff, and everybody stays at the desk."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": NOT_KNOWN,
        "incorrect_password": "That isn’t your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only pages of the desk: nothing else is worth going on to, and everything else may be a trap."""
        plain = url.isascii() and url.isprintable() and "\\" not in url
        return plain and url.startswith(reverse("admin:index")) and super().is_safe_url(url)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Know nobody but staff."""
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and user.is_staff else None

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:  # type: ignore[override]
        """Turn away whose passkey is right and who may not use the desk (any more), in the words a wrong password gets."""
        if user.is_active and user.is_staff:
            return None
        clear_login(request)
        messages.error(request, NOT_KNOWN)
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        response = super().post_login(request, user, **kwargs)
        trusted_devices.remember(response, same_name(user.get_username()))
        sessions.forget_ended()
        logger.info("User %d logged in.", user.pk)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within minutes of logging in: the first second factor would ask for the password twice."""
        records = get_authentication_records(context.request, context.request.user)
        return not any(time.time() - record["at"] < FRESH for record in records)

    def add_message(  # type: ignore[override]
        self, request: HttpRequest, level: int, *args: Any, message: str = "", **kwargs: Any
    ) -> None:
        """Pass on what went wrong; that something went well is seen on our pages."""
        if message:
            messages.add_message(request, level, message)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted: a copy of the database alone gives none."""

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
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"door.mfa{key}".encode()).digest()))
            for key in keys
        ]
    )
