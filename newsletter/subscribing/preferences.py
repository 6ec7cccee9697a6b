"""Preferences of somebody on the list: a pause, fewer mails, to be erased.

Moving to another address is in address_change.py.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.api import LEFT, count_mail
from newsletter import addresses, hashing, suppression
from newsletter.emails import welcome_series
from newsletter.models import Delivery, Subscriber, Suppression
from newsletter.outbox.queue import enqueue
from newsletter.subscribing import signup

PAUSE = timedelta(days=30)


@transaction.atomic
def pause(subscriber: Subscriber) -> None:
    """Send no welcome e-mail and no issue for 30 days. Twice is once.

    The welcome e-mails wait, their spacing stays.
    """
    now = timezone.now()
    not_paused = Q(paused_until=None) | Q(paused_until__lte=now)
    if Subscriber.objects.filter(not_paused, pk=subscriber.pk).update(paused_until=now + PAUSE):
        welcome_series.shift(subscriber, PAUSE)


def is_paused(subscriber: Subscriber) -> bool:
    """Whether a pause is on."""
    return subscriber.paused_until is not None and subscriber.paused_until > timezone.now()


@transaction.atomic
def resume(subscriber: Subscriber) -> None:
    """End a pause early: the welcome e-mails come forward by what was left of it."""
    paused = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if paused is None or paused.paused_until is None:
        return
    left = paused.paused_until - timezone.now()
    Subscriber.objects.filter(pk=paused.pk).update(paused_until=None)
    if left > timedelta():
        welcome_series.shift(paused, -left)


@transaction.atomic
def stop_welcome_series(subscriber: Subscriber) -> None:
    """Keep the issues and stop the welcome e-mails."""
    welcome_series.stop(subscriber)


def erase(subscriber: Subscriber, *, say_goodbye: bool) -> None:
    """Erase everything about somebody, at once.

    If they asked for one last mail, the address goes when that has gone.
    """
    if say_goodbye and subscriber.state == Subscriber.State.CONFIRMED:
        _leave_with_goodbye(subscriber)
    else:
        signup.leave(subscriber.fingerprint, Suppression.Reason.ERASED)


@transaction.atomic
def _leave_with_goodbye(subscriber: Subscriber) -> None:
    suppression.forget_requests(subscriber.fingerprint)
    suppression.suppress(subscriber.fingerprint, Suppression.Reason.ERASED)
    leaving = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if leaving is None or leaving.state != Subscriber.State.CONFIRMED:
        return
    count_mail(LEFT, letters=leaving.wants_letters)
    Subscriber.objects.filter(replaces=leaving).delete()
    leaving.deliveries.all().delete()
    # Nothing stays but the address, and when they asked to go: retention.py counts from there.
    Subscriber.objects.filter(pk=leaving.pk).update(
        state=Subscriber.State.LEAVING,
        asked_at=timezone.now(),
        wants_letters=False,
        letters_asked=False,
        letters_agreed_at=None,
        wording="",
        basis="",
        confirmed_at=None,
        guide_sent_at=None,
        paused_until=None,
    )
    enqueue(Delivery.Kind.GOODBYE, leaving)


@transaction.atomic
def ask_for_settings(address: str) -> None:
    """Mail the link to what we hold to a normalised address that is on the list."""
    fingerprint = hashing.fingerprint(address)
    known = Subscriber.objects.filter(
        fingerprint=fingerprint, state=Subscriber.State.CONFIRMED
    ).first()
    is_unwelcome = suppression.is_suppressed(fingerprint) or addresses.is_blocked(address)
    if known and not is_unwelcome and signup.may_mail(Delivery.Kind.SETTINGS, address):
        enqueue(Delivery.Kind.SETTINGS, known)
