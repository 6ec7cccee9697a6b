"""One-time codes: from an app, or from the sheet of recovery codes. Each works once."""

import logging

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import InvalidToken
from django.db import transaction

from accounts.allauth_internal import totp_step

logger = logging.getLogger(__name__)


@transaction.atomic
def consume_code(user_id: int, code: str) -> Authenticator | None:
    """Use up a code; return its authenticator, or nothing if it isn't right, is too old, or was
    used before.

    Which step of the clock was used last is kept with the secret. allauth keeps it in the cache,
    which several processes may not share.
    """
    authenticator: Authenticator
    for authenticator in Authenticator.objects.select_for_update().filter(user_id=user_id):
        try:
            if _consume(authenticator, code):
                return authenticator
        except InvalidToken:
            logger.error(
                "Authenticator %d can't be read: was an old SECRET_KEY left out of the fallbacks?",
                authenticator.pk,
            )
    return None


def _consume(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.TOTP:
        return _consume_totp_code(authenticator, code)
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return bool(authenticator.wrap().validate_code(code))
    return False


def _consume_totp_code(authenticator: Authenticator, code: str) -> bool:
    secret = decrypt(authenticator.data["secret"])
    step = totp_step(secret, code, after=authenticator.data.get("last", 0))
    if step is None:
        return False
    # Encrypted anew each time, so that old keys can go one day.
    authenticator.data |= {"last": step, "secret": encrypt(secret)}
    authenticator.save()
    return True
