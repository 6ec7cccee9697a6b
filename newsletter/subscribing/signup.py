"""Sign-up: asking, confirming and leaving, without the pages.

Whatever is known of an address, asking looks the same from outside (`intake.py`); only its inbox
learns more.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from analytics.api import CONFIRMED, GUIDE, WITH_LETTERS
from newsletter import addresses, consent, hashing, suppression
from newsletter.models import Delivery, FormMailCount, Subscriber, Suppression
from newsletter.outbox.queue import enqueue
from trustsite.web.serving.page_cache import counts_as

PER_DAY, PER_MONTH = 1, 3  # mails of one kind that the form may cause to one address
# Mail domains that take an address with and without dots for the same.
DOTLESS = {"gmail.com", "googlemail.com"}

State = Subscriber.State


class Agreed(NamedTuple):
    """What somebody agreed to by sending the form: to letters or not, in which words, and when."""

    letters: bool
    wording: str
    at: datetime


@transaction.atomic
def ask(
    address: str,
    *,
    letters: bool,
    wording: str = consent.WORDING,
    asked_at: datetime | None = None,
) -> None:
    """Decide a request for the guide from a normalised address: enqueue what it needs.

    New, unconfirmed or returned: the confirmation. Confirmed: the guide, or the guide again. After
    a complaint, or more often than once a day or three times in 30 days: nothing. `wording` is what
    the form said, `asked_at` when it was sent (now).
    """
    fingerprint = hashing.fingerprint(address)
    if addresses.is_blocked(address) or suppression.is_refused(fingerprint):
        return
    # Back before the goodbye went out.
    Subscriber.objects.filter(fingerprint=fingerprint, state=State.LEAVING).delete()
    subscriber = Subscriber.objects.select_for_update().filter(fingerprint=fingerprint).first()
    confirmed = subscriber if subscriber and subscriber.state == State.CONFIRMED else None
    if not (confirmed and _has_all(confirmed, letters)) and may_mail(
        Delivery.Kind.CONFIRM, address
    ):
        agreed = Agreed(letters, wording, asked_at or timezone.now())
        _ask_to_confirm(address, fingerprint, agreed)
    elif confirmed and may_mail(Delivery.Kind.GUIDE, address):
        enqueue(Delivery.Kind.LISTED if confirmed.guide_sent_at else Delivery.Kind.GUIDE, confirmed)


def _has_all(subscriber: Subscriber, letters: bool) -> bool:
    """Whether a confirmed person asks for nothing new.

    Until the guide has gone out, nothing else may hold it up.
    """
    return subscriber.wants_letters or not letters or subscriber.guide_sent_at is None


def _ask_to_confirm(address: str, fingerprint: str, agreed: Agreed) -> None:
    values = {
        "state": State.PENDING,
        "wants_letters": agreed.letters,
        "wording": agreed.wording,
        "asked_at": agreed.at,
        "confirmed_at": None,
        # An address that waited to take another's place asks for itself now, and takes nobody's.
        "replaces": None,
        "returned_at": None,
    }
    Delivery.objects.filter(subscriber__fingerprint=fingerprint, kind=Delivery.Kind.MOVE).delete()
    # Somebody on the list keeps what they agreed to: whoever fills in the form can't take it away,
    # nor agree to anything for them.
    on_the_list = Subscriber.objects.filter(
        fingerprint=fingerprint, state__in=[State.CONFIRMED, State.RETURNED]
    ).first()
    if on_the_list:
        Subscriber.objects.filter(pk=on_the_list.pk).update(letters_asked=agreed.letters)
        enqueue(Delivery.Kind.CONFIRM, on_the_list)
        return
    subscriber, _ = Subscriber.objects.update_or_create(
        fingerprint=fingerprint, defaults=values, create_defaults={"address": address, **values}
    )
    enqueue(Delivery.Kind.CONFIRM, subscriber)


def may_mail(kind: str, address: str, per_day: int = PER_DAY, per_month: int = PER_MONTH) -> bool:
    """Count a mail that a form is about to cause; whether this mailbox has had few enough."""
    now = timezone.now()
    mailbox = mailbox_hash(kind, address)
    sent = FormMailCount.objects.filter(hash=mailbox)
    if sent.filter(at__gt=now - timedelta(days=1)).count() >= per_day:
        return False
    if sent.filter(at__gt=now - timedelta(days=30)).count() >= per_month:
        return False
    FormMailCount.objects.create(hash=mailbox, at=now)
    return True


def mailbox_hash(kind: str, address: str) -> str:
    """Return the code under which mails of one kind to one mailbox are counted."""
    return hashing.keyed_hash(f"{kind}:{_mailbox(address)}")


def _mailbox(address: str) -> str:
    """Return what the addresses of one mailbox share.

    So `a.b+x@gmail.com` is sent no more mails than `ab@gmail.com`.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{domain}"


def find(public_id: str) -> Subscriber | None:
    """Return the person a link belongs to, unless they have left."""
    return Subscriber.objects.filter(public_id=public_id).exclude(state=State.LEAVING).first()


@transaction.atomic
def confirm(public_id: str, *, letters: bool | None = None) -> Subscriber | None:
    """Confirm a request and enqueue the guide; a second time changes nothing.

    `letters` is what the page's box said; without a word of it, what was asked for. Return the
    person, or None when they left. Who answers a mail has proved the mailbox: an address that
    rested is written to again.
    """
    now = timezone.now()
    person = Subscriber.objects.select_for_update().filter(public_id=public_id, replaces=None)
    subscriber = person.exclude(state=State.LEAVING).first()
    if subscriber is None:
        return find(public_id)
    said = subscriber.wants_letters or subscriber.letters_asked
    agreed = said if letters is None else letters
    if subscriber.state == State.CONFIRMED and (subscriber.wants_letters or not agreed):
        return subscriber
    if agreed and (subscriber.state == State.PENDING or not subscriber.wants_letters):
        subscriber.letters_agreed_at = now
    elif not agreed:
        subscriber.letters_agreed_at = None
    if letters:
        subscriber.wording = consent.WORDING  # the box's own
    if subscriber.state != State.CONFIRMED:
        counts_as(GUIDE, CONFIRMED)
    if agreed and not (subscriber.state == State.CONFIRMED and subscriber.wants_letters):
        counts_as(GUIDE, WITH_LETTERS)
    subscriber.confirmed_at = subscriber.confirmed_at or now
    subscriber.state, subscriber.returned_at = State.CONFIRMED, None
    subscriber.wants_letters, subscriber.letters_asked = agreed, False
    subscriber.save(force_update=True)
    suppression.lift(subscriber.fingerprint)
    enqueue(Delivery.Kind.GUIDE, subscriber)
    return subscriber


def leave(fingerprint: str, reason: Suppression.Reason = Suppression.Reason.UNSUBSCRIBED) -> None:
    """Erase an address with all that belongs to it, and suppress its hash."""
    suppression.forget(fingerprint, reason)
