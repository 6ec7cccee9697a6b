"""Address change: the new address confirms, takes everything over, and the old one is erased."""

from django.db import transaction
from django.utils import timezone

from newsletter import addresses, hashing, suppression, suppression_journal
from newsletter.models import Delivery, Subscriber
from newsletter.outbox.queue import enqueue
from newsletter.subscribing import signup

PER_DAY, PER_MONTH = 3, 6  # new addresses that one person may try
# What concerns the old address alone, and so goes with it.
NOT_MOVED = [Delivery.Kind.CONFIRM, Delivery.Kind.SETTINGS, Delivery.Kind.MOVE]
MOVED_FIELDS = (
    "wants_letters",
    "letters_agreed_at",
    "wording",
    "basis",
    "asked_at",
    "confirmed_at",
    "guide_sent_at",
    "paused_until",
)

State = Subscriber.State


@transaction.atomic
def ask(subscriber: Subscriber, address: str) -> None:
    """Ask a normalised address whether it is this person's.

    Nothing happens when it is known, blocked or refused.
    """
    if not signup.may_mail("moves", subscriber.address, PER_DAY, PER_MONTH):
        return
    fingerprint = hashing.fingerprint(address)
    old = (
        Subscriber.objects.select_for_update()
        .filter(pk=subscriber.pk, state=State.CONFIRMED)
        .first()
    )
    others = Subscriber.objects.filter(fingerprint=fingerprint).exclude(replaces=subscriber.pk)
    is_unwelcome = addresses.is_blocked(address) or suppression.is_refused(fingerprint)
    if old is None or others.exists() or is_unwelcome:
        return
    if not signup.may_mail(Delivery.Kind.MOVE, address):
        return
    Subscriber.objects.filter(replaces=old).delete()  # only the address named last can take over
    new = Subscriber.objects.create(
        address=address,
        replaces=old,
        asked_at=timezone.now(),
        wants_letters=old.wants_letters,
        wording=old.wording,
    )
    enqueue(Delivery.Kind.MOVE, new)


@transaction.atomic
def confirm(public_id: str) -> Subscriber | None:
    """Move everything over to a confirmed new address.

    Return its row, or None when it or the old one has gone.
    """
    # The old row is locked first, as in signup.leave, so that leaving and moving at once can't wait
    # for each other.
    old = (
        Subscriber.objects.select_for_update(of=("self",))
        .filter(replacement__public_id=public_id)
        .first()
    )
    new = signup.find(public_id)
    if old is None or new is None:
        return new if new and new.state == State.CONFIRMED else None
    # RETURNED: mail to the old one coming back is why people move.
    if old.state not in {State.CONFIRMED, State.RETURNED}:
        return None
    for name in MOVED_FIELDS:
        setattr(new, name, getattr(old, name))
    new.state, new.replaces = State.CONFIRMED, None
    new.save()
    suppression.lift(new.fingerprint)
    Delivery.objects.filter(subscriber=old).exclude(kind__in=NOT_MOVED).update(subscriber=new)
    # In this order: who moves back to an address that they once left keeps it after a restore, too.
    suppression_journal.note(old.fingerprint, suppression_journal.MOVED)
    suppression_journal.note(new.fingerprint, suppression_journal.LIFTED)
    old.delete()
    return new


def has_moved(subscriber: Subscriber) -> bool:
    """Whether this address came, or may come, onto the list by taking another one's place."""
    return Delivery.objects.filter(subscriber=subscriber, kind=Delivery.Kind.MOVE).exists()
