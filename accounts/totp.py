"""One-time codes: from an app, or from the sheet of recovery codes. Each works once."""

import logging

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import InvalidToken
from django.db import transaction

logger = logging.getLogger(__name__)


@transaction.atomic
def use(user_id: int, code: str) -> Authenticator | None:
    """Use up a code; return what it belongs to, or nothing if it isn't right, is too old, or was used before.

    Which step of the clock was used last is kept with the secret. allauth keeps it in the cache, which several processes
    may not share.
    """
    held: Authenticator
    for held in Authenticator.objects.select_for_update().filter(user_id=user_id):
        try:
            if held.type == Authenticator.Type.TOTP and _use_step(held, code):
                return held
            if held.type == Authenticator.Type.RECOVERY_CODES and held.wrap().validate_code(code):
                return held
        except InvalidToken:
            logger.error(
                "Authenticator %d can't be read: was an old SECRET_KEY left out of the fallbacks?",
                held.pk,
            )
    return None


def _use_step(held: Authenticator, code: str) -> bool:
    secret = decrypt(held.data["secret"])
    for step in yield_hotp_counters_from_time():
        if step > held.data.get("last", 0) and compare_user_code(
            actual=code, expected=format_hotp_value(hotp_value(secret, step))
        ):
            held.data |= {
                "last": step,
                "secret": encrypt(secret),
            }  # anew, so that old keys can go one day
            held.save()
            return True
    return False
