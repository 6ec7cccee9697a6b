"""Eligibility: whether a mail may still go to its person, and whether it must wait first."""

from datetime import datetime, timedelta

from django.utils import timezone

from newsletter import suppression
from newsletter.emails import messages, welcome_series
from newsletter.emails.registry import Audience
from newsletter.models import Delivery, Letter, Subscriber
from newsletter.outbox.send_rate import RateLimiter

RECHECK_AFTER = timedelta(minutes=1)  # for a mail whose letter was paused while we held it


def is_wanted(delivery: Delivery) -> bool:
    """Whether this mail may still go to this person."""
    subscriber = delivery.subscriber
    audience = messages.audience_of(delivery.kind)
    suppressed_as = _suppressed_as(subscriber)
    if suppressed_as is not None and suppressed_as not in suppression.LIFTED:
        return False
    if audience is Audience.UNCONFIRMED:
        return _may_be_asked(subscriber)
    if audience is Audience.LEAVING:
        return subscriber.state == Subscriber.State.LEAVING
    if subscriber.state != Subscriber.State.CONFIRMED or suppressed_as:
        return False
    if delivery.letter and not _is_issue_wanted(delivery.letter, subscriber):
        return False
    return audience is not Audience.OPTED_IN or subscriber.wants_letters


def _may_be_asked(subscriber: Subscriber) -> bool:
    """Whether a mail may ask its person something: who hasn't confirmed, or not the letters."""
    if subscriber.state == Subscriber.State.CONFIRMED:
        return subscriber.letters_asked and not subscriber.wants_letters
    return subscriber.state in {Subscriber.State.PENDING, Subscriber.State.RETURNED}


def wait_until(delivery: Delivery, limiter: RateLimiter | None) -> datetime | None:
    """Return when to come back to a mail that may go, but not yet. Waiting uses up no attempt."""
    now, paused_until = timezone.now(), delivery.subscriber.paused_until
    if delivery.letter:
        if delivery.letter.state == Letter.State.PAUSED:
            # Paused after we took it. Not HELD, for the letter may be going on again by now.
            return now + RECHECK_AFTER
    elif paused_until and paused_until > now and _is_opted_in(delivery):
        return paused_until
    if welcome_series.gives_way(delivery):
        return now + welcome_series.A_DAY
    delay = limiter.delay_for(delivery) if limiter else 0
    return now + timedelta(seconds=delay) if delay else None


def _is_opted_in(delivery: Delivery) -> bool:
    return messages.audience_of(delivery.kind) is Audience.OPTED_IN


def _is_issue_wanted(letter: Letter, subscriber: Subscriber) -> bool:
    # SENT: a finished one can be sent again to one person. Issues aren't saved up during a pause;
    # welcome e-mails wait (welcome_series).
    if letter.state not in {Letter.State.SENDING, Letter.State.SENT}:
        return False
    return not (subscriber.paused_until and subscriber.paused_until > timezone.now())


def _suppressed_as(subscriber: Subscriber) -> str | None:
    if hasattr(subscriber, "suppressed_as"):  # read with the claim
        return subscriber.suppressed_as  # type: ignore[no-any-return]
    return suppression.reason(subscriber.fingerprint)
