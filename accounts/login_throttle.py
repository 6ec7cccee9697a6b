"""How often the door may be tried. Passwords are guessed, so wrong ones are counted; right ones give their count back.

The counts stand in the database and not in the cache, which may be the memory of each process: five tries must be five,
however many processes answer. A count is taken before the password is looked at, so tries at the same moment count too.
"""

import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import admin
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import trusted_devices
from trustsite.models import Tries
from trustsite.web.client_address import client

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = (
    5  # wrong passwords for one account, from one network or one device that logged in before
)
PER_CLIENT = 20  # wrong passwords from one network, whatever the accounts
PER_ACCOUNT_ANYWHERE = 100  # for one account, from networks and devices it never logged in from
PER_CODE = 20  # wrong second steps for one account, from anywhere; they follow a right password
PER_PASSKEY = 60  # tries by passkey from one network, good or bad: nothing to guess there, but each costs a session
MAILS = 3  # asked for by one address in an hour
MOST_IN_MEMORY = 10_000

logger = logging.getLogger(__name__)
_memory: dict[str, tuple[int, datetime]] = {}
_memory_lock = Lock()


@dataclass(frozen=True)
class Bucket:
    """What is counted together: `most` within `window` for one `value`."""

    name: str
    value: str
    most: int
    window: timedelta = WINDOW

    @property
    def key(self) -> str:
        """A keyed hash: the row alone says nothing about an account or a network."""
        return salted_hmac(
            "door.tries", f"{self.name}\n{self.value}", algorithm="sha256"
        ).hexdigest()


@dataclass(frozen=True)
class Attempt:
    """One try that has been counted in each of its buckets, the first of which belongs to the account."""

    buckets: list[Bucket]

    def succeeded(self) -> None:
        """Forget what was counted for this account here, and give back this try where others are counted too."""
        own, *shared = self.buckets
        _forget(own)
        for bucket in shared:
            _give_back(bucket)


def password(request: HttpRequest, name: str) -> Attempt:
    """Count a try at a password. A device that logged in to this account before has a count of its own, so that strangers,
    even on the same network, can't keep its owner out."""
    name = same_name(name)
    if device := trusted_devices.known(request, name):
        return _attempt(request, [Bucket("device", f"{name}\n{device}", PER_ACCOUNT)])
    here = client(request)
    return _attempt(
        request,
        [
            Bucket("account and client", f"{name}\n{here}", PER_ACCOUNT),
            Bucket("client", here, PER_CLIENT),
            Bucket("account", name, PER_ACCOUNT_ANYWHERE),
        ],
    )


def code(request: HttpRequest, user_id: int) -> Attempt:
    """Count a try at a second step, apart from passwords."""
    here = client(request)
    return _attempt(
        request,
        [
            Bucket("code and client", f"{user_id}\n{here}", PER_ACCOUNT),
            Bucket("code", str(user_id), PER_CODE),
        ],
    )


def passkey(request: HttpRequest) -> None:
    """Count a try by passkey."""
    _attempt(request, [Bucket("passkey", client(request), PER_PASSKEY)])


def may_mail(request: HttpRequest, address: str) -> bool:
    """Count a mail that is asked for; whether it may go out."""
    hour = timedelta(hours=1)
    asked = [
        Bucket("mail", address.casefold(), MAILS, hour),
        Bucket("mails", client(request), 2 * MAILS, hour),
    ]
    return not any(_take(bucket) for bucket in asked)


def same_name(name: str) -> str:
    """Return one spelling for all spellings of a user name: the same count for Editor, EDITOR and full-width letters."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _attempt(request: HttpRequest, buckets: list[Bucket]) -> Attempt:
    """Count a try in each bucket; where one is full, count in none and answer 429 instead."""
    taken: list[Bucket] = []
    for bucket in buckets:
        if wait := _take(bucket):
            for other in taken:
                _give_back(other)
            raise ImmediateHttpResponse(too_many(request, wait))
        taken.append(bucket)
    return Attempt(buckets)


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Return the page that asks to wait."""
    frame = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
    context = frame | {"title": "Please wait a little", "minutes": -(-wait // 60)}
    response = render(request, "door/too_many.html", context, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _take(bucket: Bucket) -> int:
    """Count one; return 0, or the seconds to wait when `most` have been counted."""
    now = timezone.now()
    try:
        return _take_from_database(bucket, now)
    except DatabaseError as error:
        logger.warning(
            "Tries could not be counted in the database (%s); this process counts.",
            type(error).__name__,
        )
        return _take_from_memory(bucket, now)


def _take_from_database(bucket: Bucket, now: datetime) -> int:
    key = bucket.key
    full = Tries.objects.filter(pk=key, count__gte=bucket.most, until__gt=now)
    if row := full.first():  # nothing is written for who is asked to wait
        return _seconds(row.until - now)
    with transaction.atomic():
        Tries.objects.filter(until__lte=now).delete()
        row, _ = Tries.objects.get_or_create(pk=key, defaults={"until": now + bucket.window})
        if Tries.objects.filter(pk=key, count__lt=bucket.most).update(count=F("count") + 1):
            if row.count + 1 == bucket.most:
                logger.warning(
                    "The door was tried %d times: %s. It asks to wait now.",
                    bucket.most,
                    bucket.name,
                )
            return 0
    return _seconds(row.until - now)


def _take_from_memory(bucket: Bucket, now: datetime) -> int:
    with _memory_lock:
        if len(_memory) > MOST_IN_MEMORY:
            _memory.clear()
        count, until = _memory.get(bucket.key, (0, now + bucket.window))
        if until <= now:
            count, until = 0, now + bucket.window
        if count >= bucket.most:
            return _seconds(until - now)
        _memory[bucket.key] = (count + 1, until)
    return 0


def _seconds(time: timedelta) -> int:
    return max(1, -(-int(time.total_seconds() * 1000) // 1000))


def _give_back(bucket: Bucket) -> None:
    _quietly(lambda: Tries.objects.filter(pk=bucket.key, count__gt=0).update(count=F("count") - 1))


def _forget(bucket: Bucket) -> None:
    _memory.pop(bucket.key, None)
    _quietly(lambda: Tries.objects.filter(pk=bucket.key).delete())


def _quietly(change: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            change()
    except DatabaseError as error:
        logger.warning("A count at the door was not given back (%s).", type(error).__name__)
