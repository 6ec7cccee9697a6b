"""Signed links. Each purpose has a salt of its own, so a link made for one is worth nothing for another.

Links stay good when SECRET_KEY changes, as long as the old key is among SECRET_KEY_FALLBACKS.
"""

from datetime import timedelta

from django.core import signing

from newsletter.models import Subscriber

CONFIRM_WITHIN = timedelta(hours=72)
_CONFIRM, _UNSUBSCRIBE, _GUIDE = "newsletter.confirm", "newsletter.unsubscribe", "newsletter.guide"


def confirm_token(subscriber: Subscriber) -> str:
    """Return the token that confirms one request; good for 72 hours."""
    return signing.TimestampSigner(salt=_CONFIRM).sign(subscriber.public_id)


def read_confirm_token(token: str) -> str | None:
    """Return the public id in a confirmation token, or None."""
    try:
        return signing.TimestampSigner(salt=_CONFIRM).unsign(token, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None


def unsubscribe_token(subscriber: Subscriber) -> str:
    """Return the token that stops all mail to one address; good for ever."""
    return signing.Signer(salt=_UNSUBSCRIBE).sign(subscriber.fingerprint)


def read_unsubscribe_token(token: str) -> str | None:
    """Return the fingerprint in an unsubscribe token, or None."""
    return _read(token, _UNSUBSCRIBE)


def guide_token(version: str) -> str:
    """Return the token that opens the guide: the same for everybody, so that no link tells who opened it."""
    return signing.Signer(salt=_GUIDE).sign(version)


def is_guide_token(token: str) -> bool:
    """Whether `token` opens the guide; those of earlier versions do."""
    return _read(token, _GUIDE) is not None


def _read(token: str, salt: str) -> str | None:
    try:
        return signing.Signer(salt=salt).unsign(token)
    except signing.BadSignature:
        return None
