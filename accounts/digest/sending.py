"""Sending digests: in the morning of the site's time zone, one a day to each person at most, by the worker.

Never to the newsletter's list and never through its outbox: these go to who has a login. A day is
taken before its mail goes out, so that a crash in between costs a mail and sends none twice.
"""

import logging
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail import get_connection
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.digest.composing import Digest, compose
from trustsite.dashboard import DashboardItem
from trustsite.desk.rows import change_url
from trustsite.models import DeskDigest

FIRST_HOUR, LAST_HOUR = 7, 12  # from when on, and until when, of the site's own day
AGAIN_ON = 0  # Monday: what was said before is said again
PATIENCE = 5.0  # seconds for the mail server: readers' mails wait meanwhile
TRY_AGAIN = timedelta(minutes=30)
MOST_TRIES = 4
LOOK_EVERY = 60.0  # seconds, once nobody is due
MOST_NAMED = 5  # people whose mail failed
WELL: dict[str, Any] = {"trouble": "", "tries": 0, "not_before": None}
_not_before = -LOOK_EVERY

logger = logging.getLogger(__name__)


def follow() -> None:
    """Part of the worker's round: one person at a time, in the morning."""
    global _not_before
    now = timezone.now()
    is_morning = FIRST_HOUR <= timezone.localtime(now).hour < LAST_HOUR
    if is_morning and time.monotonic() >= _not_before and not send_next(now):
        _not_before = time.monotonic() + LOOK_EVERY


def send_next(now: datetime) -> bool:
    """Send the digest of the next person who is due, if it has something to say; whether anybody was due."""
    today = timezone.localdate(now)
    user = due(today, now).first()
    if user is None:
        return False
    row, _ = DeskDigest.objects.get_or_create(user=user)
    free = DeskDigest.objects.filter(pk=row.pk, is_off=False).exclude(done_on=today)
    try:
        digest = compose(user, today)
        if free.update(done_on=today) and is_worth_sending(digest, row):
            _send(digest)
            _note(row, sent_on=today, said=digest.fingerprint, **WELL)
    except DatabaseError:
        raise
    except Exception as error:  # whatever it is, the others get theirs
        _note_failure(row, error, today, now)
    return True


def due(today: date, now: datetime) -> QuerySet[Any]:
    """Return the people who may still get a digest today."""
    settled = Q(is_off=True) | Q(done_on=today) | Q(not_before__gt=now)
    rows = DeskDigest.objects.filter(settled, user=OuterRef("pk"))
    staff = get_user_model().objects.filter(is_staff=True, is_active=True).exclude(email="")
    return staff.filter(~Exists(rows)).order_by("pk")


def is_worth_sending(digest: Digest, row: DeskDigest) -> bool:
    """Whether it says something, and not just what the last one said: that is said on Mondays."""
    is_known = row.said == digest.fingerprint and digest.day.weekday() != AGAIN_ON
    return bool(digest.parts) and not is_known


def _send(digest: Digest) -> None:
    mail = digest.mail()
    mail.connection = get_connection(timeout=PATIENCE)
    mail.send()


def _note(row: DeskDigest, **values: Any) -> None:
    DeskDigest.objects.filter(pk=row.pk).update(**values)


def _note_failure(row: DeskDigest, error: Exception, today: date, now: datetime) -> None:
    """Have it tried again a few times this morning, and say why it failed, without an address."""
    tries, name = row.tries + 1, type(error).__name__
    logger.warning("The digest of user %d did not leave (%s), try %d.", row.user_id, name, tries)
    again = {"tries": tries, "done_on": None, "not_before": now + TRY_AGAIN}
    given_up = {"tries": 0, "done_on": today, "not_before": None}
    _note(row, trouble=_words(error), **(again if tries < MOST_TRIES else given_up))


def _words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "the mail server refuses the address"
    if isinstance(error, OSError | SMTPException):  # smtplib's are both
        return f"the mail server did not take it ({type(error).__name__})"
    return f"it could not be put together ({type(error).__name__})"


# -- who wants none --------------------------------------------------------------------------------


def is_wanted(user: Any) -> bool:
    """Whether somebody gets digests."""
    return not DeskDigest.objects.filter(user=user, is_off=True).exists()


def want(user: Any, wanted: bool) -> None:
    """Let somebody have digests, or none."""
    DeskDigest.objects.update_or_create(user=user, defaults={"is_off": not wanted, **WELL})


# -- what failed -----------------------------------------------------------------------------------


def failed() -> QuerySet[DeskDigest]:
    """Return the digests of people who work here that could not be sent when last tried."""
    rows = DeskDigest.objects.filter(is_off=False, user__is_active=True, user__is_staff=True)
    return rows.exclude(Q(trouble="") | Q(user__email="")).select_related("user").order_by("pk")


def dashboard_items(request: HttpRequest) -> Iterator[DashboardItem]:
    """Yield whose digest could not be sent, for who looks after people."""
    if request.user.has_perm("auth.change_user"):
        for row in failed()[:MOST_NAMED]:
            name = row.user.get_username()
            words = f"The morning mail to {name} could not be sent: {row.trouble}."
            yield DashboardItem(None, words, change_url(row.user))
