"""Password links: signed links that let somebody choose a password.

Each purpose has a salt and a life of its own.

A link names the account and a digest of its present password and mail address: it dies when it is
used, when either changes, when somebody logs in, and when its time is over. Opening it changes
nothing.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

# Mailed on request; made by the owner for an editor; printed on the server for a lost phone.
RESET, INVITE, RECOVERY = "reset", "invite", "recovery"
MAX_AGE = {
    RESET: timedelta(hours=1),
    INVITE: timedelta(hours=24),
    RECOVERY: timedelta(hours=1),
}
# The first names of the purposes: the salts keep them, and addresses sent before still carry them.
FIRST_NAMES = {RESET: "reset", INVITE: "set-up", RECOVERY: "let-in"}


def link(user: User, purpose: str) -> str:
    """Return the whole address of a new link."""
    token = _signer(purpose).sign(f"{user.pk}.{_state(user)}")
    return settings.SITE_URL + reverse("accounts:set_password", args=[purpose, token])


def verify(purpose: str, token: str) -> User | None:
    """Return whose link it is, if it is still good."""
    try:
        value = _signer(purpose).unsign(token, max_age=MAX_AGE[purpose])
    except (signing.BadSignature, KeyError):
        return None
    pk, _, state = value.partition(".")
    user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    return user if user and constant_time_compare(state, _state(user)) else None


def present_name(first_name: str) -> str:
    """Return the purpose that an address sent under its first name means."""
    for purpose, name in FIRST_NAMES.items():
        if name == first_name:
            return purpose
    return first_name


def _signer(purpose: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"door.{FIRST_NAMES[purpose]}")


def _state(user: User) -> str:
    last_login = user.last_login.isoformat() if user.last_login else ""
    state = f"{user.password}\n{user.email}\n{last_login}"
    return salted_hmac("door.state", state, algorithm="sha256").hexdigest()
