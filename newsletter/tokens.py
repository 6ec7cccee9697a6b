"""Tokens of signed links. Each purpose has its own salt, so one is worth nothing for another.

Links stay good when SECRET_KEY changes, as long as the old key is among SECRET_KEY_FALLBACKS.
"""

from datetime import timedelta
from typing import NamedTuple, Protocol

from django.core import signing

CONFIRM_WITHIN = timedelta(hours=72)
SETTINGS_WITHIN = timedelta(days=7)
_CONFIRM, _UNSUBSCRIBE, _GUIDE = (
    "newsletter.confirm",
    "newsletter.unsubscribe",
    "newsletter.emails.guide_pdf",
)
_SETTINGS, _SETTINGS_ASKED = "newsletter.settings", "newsletter.settings.asked"


class Person(Protocol):
    """Whose links they are: a subscriber."""

    @property
    def public_id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


class ConfirmRequest(NamedTuple):
    """What a confirmation mail asks: whose it is, and whether that request ticked the letters."""

    public_id: str
    letters: bool | None = None  # not told by mails of earlier versions


def confirm_token(subscriber: Person, *, letters: bool = False) -> str:
    """Return the token that confirms one request, as it was made; good for 72 hours."""
    return signing.TimestampSigner(salt=_CONFIRM).sign(f"{subscriber.public_id}.{letters:d}")


def read_confirm_token(token: str) -> ConfirmRequest | None:
    """Return what a confirmation token asks, or None."""
    try:
        value = signing.TimestampSigner(salt=_CONFIRM).unsign(token, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    public_id, marked, letters = value.partition(".")
    return ConfirmRequest(public_id, letters == "1" if marked else None)


def unsubscribe_token(subscriber: Person) -> str:
    """Return the token that stops all mail to one address; good for ever."""
    return signing.Signer(salt=_UNSUBSCRIBE).sign(subscriber.fingerprint)


def read_unsubscribe_token(token: str) -> str | None:
    """Return the fingerprint in an unsubscribe token, or None."""
    return _read(token, _UNSUBSCRIBE)


def settings_token(subscriber: Person) -> str:
    """Return the token at the foot of mails that opens what we hold about one person.

    It is good for as long as the person is on the list: a mail says "see or erase what we hold",
    and that must be true of an old mail too. It names the row and not the address, so erasing or
    moving away ends it, and a return has another.
    """
    return signing.Signer(salt=_SETTINGS).sign(subscriber.public_id)


def asked_settings_token(subscriber: Person) -> str:
    """Return the token mailed to who asked for it; good for a week, as another is easily had."""
    return signing.TimestampSigner(salt=_SETTINGS_ASKED).sign(subscriber.public_id)


def read_settings_token(token: str) -> str | None:
    """Return the public id in a settings token of either sort, or None."""
    public_id = _read(token, _SETTINGS)
    if public_id is not None:
        return public_id
    try:
        return signing.TimestampSigner(salt=_SETTINGS_ASKED).unsign(token, max_age=SETTINGS_WITHIN)
    except signing.BadSignature:
        return None


def guide_token(version: str) -> str:
    """Return the token that opens the guide: the same for all, so no link tells who opened it."""
    return signing.Signer(salt=_GUIDE).sign(version)


def is_guide_token(token: str) -> bool:
    """Whether `token` opens the guide; those of earlier versions do."""
    return _read(token, _GUIDE) is not None


def _read(token: str, salt: str) -> str | None:
    try:
        return signing.Signer(salt=salt).unsign(token)
    except signing.BadSignature:
        return None
