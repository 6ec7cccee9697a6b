"""What returned mail and complaints do to a person, whoever reports them: a mail service, or the server we send to.

A refusal counts only by what it is about (bounce_classes.py): one about us or about a message never counts against an
address. An address that doesn't exist rests for 30 days and is then forgotten (keeping.py). Answering a mail, or a person
at the desk, ends the rest. A mailbox that is unavailable for now pauses notes and letters for a week the third time within
thirty days. Only the person's own complaint erases at once.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from newsletter import suppression
from newsletter.bounce_classes import Meaning
from newsletter.emails import welcome_series
from newsletter.models import Bounce, Delivery, Subscriber, Suppression

MOST_SOFT, WITHIN = 3, timedelta(days=30)
PAUSE = timedelta(days=7)
COMPLAINTS_AT_MOST = 0.001  # of the mails sent: what large mailbox providers ask for

Kind = Bounce.Kind
State = Subscriber.State
# What counts against an address. Whatever else a refusal is about doesn't.
KINDS = {Meaning.GONE: Kind.HARD, Meaning.UNAVAILABLE: Kind.SOFT}
logger = logging.getLogger(__name__)


def refused(fingerprint: str, meaning: Meaning, event: str) -> None:
    """Take in a final refusal by the server we send to."""
    if kind := KINDS.get(meaning):
        note(fingerprint, kind, event)


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
    elif kind == Kind.HARD:
        _let_rest(fingerprint)
    elif _is_third(fingerprint):
        _pause(fingerprint)


def _let_rest(fingerprint: str) -> None:
    """Send nothing more to an address that doesn't exist. One that never confirmed is gone in three days anyway."""
    confirmed = Subscriber.objects.filter(fingerprint=fingerprint, state=State.CONFIRMED)
    confirmed.update(state=State.RETURNED, returned_at=timezone.now())


def write_again(people: QuerySet[Subscriber]) -> int:
    """End the rest of returned addresses; return how many there were."""
    return people.filter(state=State.RETURNED).update(state=State.CONFIRMED, returned_at=None)


def _pause(fingerprint: str) -> None:
    """Send no note and no letter for a week; the next letter after that tries again. A longer pause stays."""
    now = timezone.now()
    not_paused = Q(paused_until=None) | Q(paused_until__lte=now)
    person = Subscriber.objects.filter(
        not_paused, fingerprint=fingerprint, state=State.CONFIRMED
    ).first()
    if person and Subscriber.objects.filter(not_paused, pk=person.pk).update(
        paused_until=now + PAUSE
    ):
        welcome_series.shift(person, PAUSE)


def is_listed(fingerprint: str) -> bool:
    """Whether we hold the address."""
    return Subscriber.objects.filter(fingerprint=fingerprint).exists()


def _concerns_us(fingerprint: str, kind: Bounce.Kind) -> bool:
    """Whether we hold the address. A complaint counts after leaving as well, so that nothing brings it back."""
    return is_listed(fingerprint) or (
        kind == Kind.COMPLAINT and suppression.is_suppressed(fingerprint)
    )


def _is_third(fingerprint: str) -> bool:
    recent = Bounce.objects.filter(
        fingerprint=fingerprint, kind=Kind.SOFT, at__gt=timezone.now() - WITHIN
    )
    return recent.count() >= MOST_SOFT


def _look_at_complaints() -> None:
    since = timezone.now() - WITHIN
    complaints = Bounce.objects.filter(kind=Kind.COMPLAINT, at__gt=since).count()
    sent = Delivery.objects.filter(sent_at__gt=since).count()
    if complaints >= COMPLAINTS_AT_MOST * sent:
        logger.error(
            "%d complaints against %d mails in %d days: providers begin to refuse.",
            complaints,
            sent,
            30,
        )
