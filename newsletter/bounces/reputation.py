"""Reputation: what holds letters and notes back before mailbox providers stop believing us.

Too many people call our mail unwanted, or too much of it is reported to be refused because of us.
A few reports of a short list say nothing, so there is a least number. What was asked for (the guide,
a confirmation, a last word) goes on; a person lets the rest go on, and older reports count no more.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from analytics import api as analytics
from newsletter.models import Bounce, Delivery, Heartbeat

COMPLAINTS_WITHIN = timedelta(days=30)
MAX_COMPLAINT_RATE = 0.001  # of the mails sent: what large mailbox providers ask for
MIN_COMPLAINTS = 3
REFUSED_WITHIN = timedelta(days=1)
MAX_REFUSED_RATE = 0.1
MIN_REFUSED = 10

COMPLAINED = (
    "Letters and notes are held back: {number} people called our mail unwanted in 30 days, of {sent} "
    "mails. Providers begin to refuse above one in a thousand."
)
REFUSED = (
    "Letters and notes are held back: servers refused {number} of the last day’s {sent} mails because "
    "of us. Look up SPF, DKIM, DMARC and blocklists."
)
logger = logging.getLogger(__name__)


def check() -> None:
    """Hold letters and notes back if what was reported asks for it."""
    heart = Heartbeat.objects.filter(pk=1).first()
    if heart is None or heart.bulk_paused_at:
        return
    words = _complaints(heart.bulk_resumed_at) or _refusals(heart.bulk_resumed_at)
    if words and _hold(words):
        logger.error("%s", words)


def let_go_on() -> None:
    """Let letters and notes go on. What was reported up to now counts no more."""
    settled = {"bulk_paused_at": None, "bulk_trouble": "", "bulk_resumed_at": timezone.now()}
    Heartbeat.objects.filter(pk=1).update(**settled)


def trouble() -> str:
    """Return why letters and notes are held back; mostly nothing."""
    held = Heartbeat.objects.filter(pk=1).exclude(bulk_paused_at=None)
    return held.values_list("bulk_trouble", flat=True).first() or ""


def _hold(words: str) -> bool:
    free = Heartbeat.objects.filter(pk=1, bulk_paused_at=None)
    return bool(free.update(bulk_paused_at=timezone.now(), bulk_trouble=words[:200]))


def _complaints(settled: datetime | None) -> str:
    number = _reported(Bounce.Kind.COMPLAINT, COMPLAINTS_WITHIN, settled)
    if number < MIN_COMPLAINTS:
        return ""
    sent = _sent(COMPLAINTS_WITHIN)
    too_many = number > MAX_COMPLAINT_RATE * sent
    return COMPLAINED.format(number=number, sent=sent) if too_many else ""


def _refusals(settled: datetime | None) -> str:
    number = _reported(Bounce.Kind.ABOUT_US, REFUSED_WITHIN, settled)
    if number < MIN_REFUSED:
        return ""
    sent = _sent(REFUSED_WITHIN)
    too_many = number > MAX_REFUSED_RATE * sent
    return REFUSED.format(number=number, sent=sent) if too_many else ""


def _reported(kind: Bounce.Kind, within: timedelta, settled: datetime | None) -> int:
    after = max(filter(None, [timezone.now() - within, settled]))
    return Bounce.objects.filter(kind=kind, at__gt=after).count()


def _sent(within: timedelta) -> int:
    """Return how many mails went out. Rows of people who have left are gone; the sums have them."""
    since = timezone.now() - within
    rows = Delivery.objects.filter(state=Delivery.State.SENT, sent_at__gt=since).count()
    return max(rows, analytics.mails_sent(since.date()))
