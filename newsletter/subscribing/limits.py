"""Rate limits of the public forms: counts in the cache, under keyed hashes.

Never an address of a person or a machine. The cap on mails to one address is not here but in the
database (signup.py): it must outlive a restart.
"""

import hashlib
import hmac
import logging
import secrets

from django.core.cache import cache
from django.http import HttpRequest

from trustsite.web.client_address import client

HOUR, DAY = 3600, 86_400
PER_CLIENT, PER_DOMAIN, IN_ALL = 10, 30, 500  # an hour
TOKEN_TRIES = 60  # links that don't work, an hour and network
# Where so many people have their mailbox that a limit per domain would shut out strangers.
_LARGE_PROVIDERS = """
    aol.com btinternet.com fastmail.com free.fr gmail.com gmx.com gmx.de gmx.net googlemail.com
    hotmail.co.uk hotmail.com icloud.com live.co.uk live.com mail.com me.com msn.com orange.fr
    outlook.com proton.me protonmail.com sky.com t-online.de virginmedia.com web.de yahoo.co.uk
    yahoo.com yandex.com zoho.com
"""
LARGE_PROVIDERS = frozenset(_LARGE_PROVIDERS.split())

logger = logging.getLogger(__name__)


def allow_request(request: HttpRequest, address: str) -> bool:
    """Count one use of a form; whether it is within the limits of the hour.

    There is one for a network, one for a mail domain and one for everybody.
    """
    domain = address.rpartition("@")[2]
    return (
        _is_within("client", client(request), PER_CLIENT)
        and (domain in LARGE_PROVIDERS or _is_within("domain", domain, PER_DOMAIN))
        and _is_within("all", "", IN_ALL)
    )


def allow_token_try(request: HttpRequest) -> bool:
    """Count one link that doesn't work; whether one network has tried few enough.

    Links that work are never counted.
    """
    return _is_within("guesses", client(request), TOKEN_TRIES)


def _is_within(bucket: str, value: str, limit: int) -> bool:
    """Add one to the count of `value`; whether it is within `limit`. No cache, no limit."""
    try:
        key = f"limit:{bucket}:{_daily_hash(value)}"
        cache.add(key, 0, HOUR)
        count = cache.incr(key)
    except Exception as error:  # a missing cache must not cost anybody the guide
        logger.warning(
            "The cache did not answer (%s); the limit for %s was not kept.",
            type(error).__name__,
            bucket,
        )
        return True
    if count == limit + 1:
        log = logger.error if bucket == "all" else logger.warning
        log("The hourly limit for %s was reached.", bucket)
    return count <= limit


def _daily_hash(value: str) -> str:
    """Return a hash of `value` under a key that is thrown away every day."""
    salt = cache.get_or_set("limit:salt", secrets.token_hex, DAY)
    return hmac.new(str(salt).encode(), value.encode(), hashlib.sha256).hexdigest()
