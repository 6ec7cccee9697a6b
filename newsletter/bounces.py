"""What returned mail and complaints mean for an address, whoever reports them: a mail service, or the server we send to.

An address that doesn't exist, and one whose owner called a mail unwanted, is erased and never written to again. One that
doesn't take mail for now is written to on, until the third time within thirty days.
"""

import logging
import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from newsletter import suppression
from newsletter.models import Bounce, Delivery, Subscriber, Suppression

MOST_SOFT, WITHIN = 3, timedelta(days=30)
# RFC 3463: 5.1.x is about the address, 5.2.1 a mailbox that is closed. 5.1.7 and 5.1.8 are about the sender's.
NOT_THERE = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")
COMPLAINTS_AT_MOST = 0.001  # of the mails sent: what large mailbox providers ask for

Kind = Bounce.Kind
logger = logging.getLogger(__name__)


def kind_of(reply: str) -> Bounce.Kind:
    """Return what a server's final no means. Only one that is about the address itself is taken for hard."""
    return Kind.HARD if NOT_THERE.search(reply) else Kind.SOFT


@transaction.atomic
def note(fingerprint: str, kind: Bounce.Kind, event: str) -> None:
    """Take in a report. `event` is what its teller calls it, so that the same report counts once."""
    if not _concerns_us(fingerprint, kind):
        return
    values = {"fingerprint": fingerprint, "kind": kind, "at": timezone.now()}
    _, new = Bounce.objects.get_or_create(event=suppression.keyed_hash(event), defaults=values)
    if not new:
        return
    if kind == Kind.COMPLAINT:
        suppression.forget(fingerprint, Suppression.Reason.COMPLAINED)
        _look_at_complaints()
    elif kind == Kind.HARD or _is_third(fingerprint):
        suppression.forget(fingerprint, Suppression.Reason.BOUNCED)


def is_listed(fingerprint: str) -> bool:
    """Whether we hold the address."""
    return Subscriber.objects.filter(fingerprint=fingerprint).exists()


def _concerns_us(fingerprint: str, kind: Bounce.Kind) -> bool:
    """Whether we hold the address. A complaint counts after leaving as well, so that nothing brings it back."""
    return is_listed(fingerprint) or (kind == Kind.COMPLAINT and suppression.is_suppressed(fingerprint))


def _is_third(fingerprint: str) -> bool:
    recent = Bounce.objects.filter(fingerprint=fingerprint, kind=Kind.SOFT, at__gt=timezone.now() - WITHIN)
    return recent.count() >= MOST_SOFT


def _look_at_complaints() -> None:
    since = timezone.now() - WITHIN
    complaints = Bounce.objects.filter(kind=Kind.COMPLAINT, at__gt=since).count()
    sent = Delivery.objects.filter(sent_at__gt=since).count()
    if complaints >= COMPLAINTS_AT_MOST * sent:
        logger.error("%d complaints against %d mails in %d days: providers begin to refuse.", complaints, sent, 30)
