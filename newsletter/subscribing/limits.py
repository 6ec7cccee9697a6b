"""Rate limits of the public forms, by network and mail domain; never an address of a person or a
machine is kept.

How many is a matter of settings. When the whole site's limit is reached, only a network that asks
again is asked to wait: a day in the news turns no reader away. Without a store of counts there is
no limit: that must not cost anybody the guide. The cap on mails to one address is not here but in
the database (signup.py): it must outlive a restart.
"""

import logging

from django.conf import settings
from django.http import HttpRequest

from trustsite.web.client_network import client_network
from trustsite.web.rate_limit.limit import Limit
from trustsite.web.rate_limit.store import RateLimitUnavailableError, Usage

HOUR = 3600
PER_NETWORK = Limit("sign-ups per network", settings.SIGNUPS_PER_NETWORK, HOUR)
PER_DOMAIN = Limit("sign-ups per mail domain", settings.SIGNUPS_PER_DOMAIN, HOUR)
IN_ALL = Limit("sign-ups in all", settings.SIGNUPS_PER_HOUR, HOUR)
BAD_LINKS = Limit("links that don't work per network", settings.BAD_LINKS_PER_NETWORK, HOUR)
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
    """Count one use of the form; whether it is within what one network, one mail domain and the
    site may do in an hour.
    """
    network = _increment(PER_NETWORK, client_network(request))
    if network.is_exceeded:
        return False
    domain = address.rpartition("@")[2]
    if domain not in LARGE_PROVIDERS and _increment(PER_DOMAIN, domain).is_exceeded:
        return False
    is_repeated = network.count > 1
    return not (_increment(IN_ALL, "").is_exceeded and is_repeated)


def allow_token_try(request: HttpRequest) -> bool:
    """Count one link that doesn't work; whether one network has tried few enough.

    Links that work are never counted.
    """
    return not _increment(BAD_LINKS, client_network(request)).is_exceeded


def _increment(limit: Limit, value: str) -> Usage:
    try:
        return limit.increment(value)
    except RateLimitUnavailableError:
        logger.warning("No store of counts answered; the limit for %s was not kept.", limit.name)
        return Usage(0)
