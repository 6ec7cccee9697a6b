"""Bounces: what returned mail and complaints do to a subscriber, whoever reports them.

A mail service does, or the server we send to. A refusal counts only by what it is about
(bounce_classes.py): one about us or about a message never counts against an address. An address
that doesn't exist rests for 30 days and is then forgotten (retention.py). Answering a mail, or a
person at the admin, ends the rest. A mailbox that is unavailable for now pauses welcome e-mails and
issues for a week the third time within thirty days. Only the person's own complaint erases at once.
How many complain or refuse us is another matter (reputation.py).
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.api import RETURNED, count_mail
from newsletter import hashing, suppression
from newsletter.bounces.bounce_classes import Meaning
from newsletter.emails import welcome_series
from newsletter.models import Bounce, Subscriber, Suppression

MAX_SOFT, WITHIN = 3, timedelta(days=30)
PAUSE = timedelta(days=7)

Kind = Bounce.Kind
State = Subscriber.State
# What counts against an address. Whatever else a refusal is about doesn't.
KINDS = {Meaning.GONE: Kind.HARD, Meaning.UNAVAILABLE: Kind.SOFT}
# What is kept of a report. The server that we talk to ourselves is listened to at once
# (issues/refusals.py).
REPORTED = KINDS | {Meaning.ABOUT_US: Kind.ABOUT_US}


def refused(fingerprint: str, meaning: Meaning, event: str) -> None:
    """Take in a final refusal by the server we send to."""
    if kind := KINDS.get(meaning):
        record(fingerprint, kind, event)


def returned(fingerprint: str, meaning: Meaning, event: str) -> None:
    """Take in a report of a mail that came back."""
    if kind := REPORTED.get(meaning):
        record(fingerprint, kind, event)


@transaction.atomic
def record(fingerprint: str, kind: Bounce.Kind, event: str) -> None:
    """Take in a report. `event` is its reporter's name for it, so that it counts once."""
    if not _concerns_us(fingerprint, kind):
        return
    values = {"fingerprint": fingerprint, "kind": kind, "at": timezone.now()}
    _, is_new = Bounce.objects.get_or_create(event=hashing.keyed_hash(event), defaults=values)
    if not is_new:
        return
    if kind == Kind.COMPLAINT:
        suppression.forget(fingerprint, Suppression.Reason.COMPLAINED)
    elif kind == Kind.HARD:
        count_mail(RETURNED, letters=_gets_letters(fingerprint))
        _rest(fingerprint)
    elif kind == Kind.SOFT and _is_third(fingerprint):
        _pause(fingerprint)


def _rest(fingerprint: str) -> None:
    """Send nothing more to an address that doesn't exist.

    One that never confirmed is gone in three days anyway.
    """
    confirmed = Subscriber.objects.filter(fingerprint=fingerprint, state=State.CONFIRMED)
    confirmed.update(state=State.RETURNED, returned_at=timezone.now())


def _gets_letters(fingerprint: str) -> bool:
    return Subscriber.objects.filter(fingerprint=fingerprint, wants_letters=True).exists()


def end_rest(people: QuerySet[Subscriber]) -> int:
    """End the rest of returned addresses; return how many there were."""
    return people.filter(state=State.RETURNED).update(state=State.CONFIRMED, returned_at=None)


def _pause(fingerprint: str) -> None:
    """Send no welcome e-mail and no issue for a week; the next issue after that tries again.

    A longer pause stays.
    """
    now = timezone.now()
    not_paused = Subscriber.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now))
    person = not_paused.filter(fingerprint=fingerprint, state=State.CONFIRMED).first()
    if person and not_paused.filter(pk=person.pk).update(paused_until=now + PAUSE):
        welcome_series.shift(person, PAUSE)


def is_listed(fingerprint: str) -> bool:
    """Whether we hold the address."""
    return Subscriber.objects.filter(fingerprint=fingerprint).exists()


def _concerns_us(fingerprint: str, kind: Bounce.Kind) -> bool:
    """Whether we hold the address.

    A complaint counts after leaving as well, so that nothing brings it back.
    """
    if is_listed(fingerprint):
        return True
    return kind == Kind.COMPLAINT and suppression.is_suppressed(fingerprint)


def _is_third(fingerprint: str) -> bool:
    recent = Bounce.objects.filter(
        fingerprint=fingerprint, kind=Kind.SOFT, at__gt=timezone.now() - WITHIN
    )
    return recent.count() >= MAX_SOFT
