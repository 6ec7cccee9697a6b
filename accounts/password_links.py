"""Links that let somebody choose a password. Each sort has a salt and a life of its own.

A link names the account and a digest of its present password and mail address: it dies when it is used, when either changes,
when somebody logs in, and when its time is over. Opening it changes nothing.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

RESET, SET_UP, LET_IN = "reset", "set-up", "let-in"
# How long each is good for: mailed on request, made by the owner for an editor, printed on the server for a lost phone.
GOOD_FOR = {RESET: timedelta(hours=1), SET_UP: timedelta(hours=24), LET_IN: timedelta(hours=1)}


def link(user: User, sort: str) -> str:
    """Return the whole address of a new link."""
    token = _signer(sort).sign(f"{user.pk}.{_state(user)}")
    return settings.SITE_URL + reverse("door:choose", args=[sort, token])


def owner(sort: str, token: str) -> User | None:
    """Return whose link it is, if it is still good."""
    try:
        pk, _, state = _signer(sort).unsign(token, max_age=GOOD_FOR[sort]).partition(".")
    except (signing.BadSignature, KeyError):
        return None
    user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    return user if user and constant_time_compare(state, _state(user)) else None


def _signer(sort: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"door.{sort}")


def _state(user: User) -> str:
    at = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(
        "door.state", f"{user.password}\n{user.email}\n{at}", algorithm="sha256"
    ).hexdigest()
