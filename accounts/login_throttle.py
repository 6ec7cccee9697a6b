"""The login throttle: rate limits for passwords, codes and passkeys.

Right ones give their count back.

An attempt is counted before the password is looked at, so attempts at the same moment count too.
When no store of counts answers, each process counts for itself: guessing stays slow.
"""

import unicodedata
from dataclasses import dataclass

from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import trusted_devices
from trustsite.web.client_network import client_network
from trustsite.web.rate_limit.limit import Limit

WINDOW = 15 * 60
HOUR = 60 * 60


def _limit(name: str, max_count: int, window: int = WINDOW) -> Limit:
    return Limit(name, max_count, window, falls_back_to_memory=True)


# Wrong passwords for one account: from one device that logged in before, from one network, and from
# anywhere else.
PER_DEVICE = _limit("passwords per account and trusted device", 5)
PER_ACCOUNT = _limit("passwords per account and network", 5)
PER_ACCOUNT_ANYWHERE = _limit("passwords per account", 100)
PER_NETWORK = _limit("passwords per network", 20)  # whatever the accounts
# Wrong codes for one account: they follow a right password.
PER_CODE = _limit("codes per account and network", 5)
PER_CODE_ANYWHERE = _limit("codes per account", 20)
# Passkeys, good or bad: nothing to guess there, but each try costs a session.
PER_PASSKEY = _limit("passkeys per network", 60)
RESET_EMAILS_PER_ADDRESS = _limit("password reset mails per address", 3, HOUR)
RESET_EMAILS_PER_NETWORK = _limit("password reset mails per network", 6, HOUR)

Count = tuple[Limit, str]  # a limit, and the value that is counted


@dataclass(frozen=True)
class LoginAttempt:
    """One attempt that has been counted: first for the account here, then where others are counted
    too.
    """

    counts: list[Count]

    def succeeded(self) -> None:
        """Forget what was counted for this account here, and give back this attempt elsewhere."""
        (limit, value), *shared = self.counts
        limit.reset(value)
        for limit, value in shared:
            limit.decrement(value)


def count_password_attempt(request: HttpRequest, username: str) -> LoginAttempt:
    """Count an attempt at a password, or raise the answer that asks to wait.

    A device that logged in to this account before has a count of its own, so that strangers, even
    on the same network, can't keep its owner out.
    """
    name = normalize_username(username)
    if device := trusted_devices.get(request, name):
        return _count(request, [(PER_DEVICE, f"{name}\n{device}")])
    network = client_network(request)
    counts = [
        (PER_ACCOUNT, f"{name}\n{network}"),
        (PER_NETWORK, network),
        (PER_ACCOUNT_ANYWHERE, name),
    ]
    return _count(request, counts)


def count_code_attempt(request: HttpRequest, user_id: int) -> LoginAttempt:
    """Count an attempt at a second factor, apart from passwords."""
    network = client_network(request)
    counts = [(PER_CODE, f"{user_id}\n{network}"), (PER_CODE_ANYWHERE, str(user_id))]
    return _count(request, counts)


def count_passkey_attempt(request: HttpRequest) -> None:
    """Count an attempt by passkey."""
    _count(request, [(PER_PASSKEY, client_network(request))])


def allow_password_reset_email(request: HttpRequest, address: str) -> bool:
    """Count a password reset mail that is asked for; whether it may go out."""
    per_address = RESET_EMAILS_PER_ADDRESS.increment(address.casefold())
    per_network = RESET_EMAILS_PER_NETWORK.increment(client_network(request))
    return not (per_address.is_exceeded or per_network.is_exceeded)


def normalize_username(username: str) -> str:
    """Return one spelling for all spellings: the same count for Editor, EDITOR and full-width
    letters.
    """
    return unicodedata.normalize("NFKC", username).casefold().strip()


def _count(request: HttpRequest, counts: list[Count]) -> LoginAttempt:
    """Count an attempt everywhere; where one limit is exceeded, count it nowhere and answer 429
    instead.
    """
    counted: list[Count] = []
    for limit, value in counts:
        usage = limit.increment(value)
        if usage.is_exceeded:
            for other, other_value in counted:
                other.decrement(other_value)
            raise ImmediateHttpResponse(rate_limited(request, usage.retry_after))
        counted.append((limit, value))
    return LoginAttempt(counts)


def rate_limited(request: HttpRequest, retry_after: int) -> HttpResponse:
    """Return the page (429) that asks to wait."""
    frame = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
    context = frame | {"title": "Please wait a little", "minutes": -(-retry_after // 60)}
    response = render(request, "accounts/rate_limited.html", context, status=429)
    response.headers["Retry-After"] = str(retry_after)
    return response
