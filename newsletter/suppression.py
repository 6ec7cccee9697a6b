"""The suppression list: who must not be written to, as keyed hashes that can't be read back."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from analytics.api import LEFT, count_mail
from newsletter import suppression_journal
from newsletter.models import FormRequest, Subscriber, Suppression

# Reasons that are a person's own wish: another, confirmed from their inbox, lifts them again.
OWN_WISH = [Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.ERASED]
# Who answers a mail has proved the mailbox, so a confirmed request lifts that one too. Nothing
# lifts a complaint.
LIFTED = [*OWN_WISH, Suppression.Reason.BOUNCED]


def reason(fingerprint: str) -> str | None:
    """Return why nothing may go to this address, or None."""
    return (
        Suppression.objects.filter(fingerprint=fingerprint).values_list("reason", flat=True).first()
    )


def is_suppressed(fingerprint: str) -> bool:
    """Whether nothing but an answer to a new request may go to this address."""
    return Suppression.objects.filter(fingerprint=fingerprint).exists()


def is_refused(fingerprint: str) -> bool:
    """Whether nothing may go to this address, not even a question: its owner has complained."""
    return Suppression.objects.filter(fingerprint=fingerprint).exclude(reason__in=LIFTED).exists()


@transaction.atomic
def suppress(fingerprint: str, reason: Suppression.Reason) -> None:
    """Write to this address no more. An earlier reason stays, unless a complaint follows it.

    The journal has it before the transaction ends: a crash in between may leave a line too many
    there, never one too few.
    """
    known, is_new = Suppression.objects.get_or_create(
        fingerprint=fingerprint, defaults={"reason": reason}
    )
    is_worse = known.reason in LIFTED and reason not in LIFTED
    if is_worse:
        Suppression.objects.filter(pk=known.pk).update(reason=reason, since=timezone.localdate())
    if is_new or is_worse:
        suppression_journal.note(fingerprint, reason)


@transaction.atomic
def suppress_all(reasons: dict[str, Suppression.Reason]) -> None:
    """Write to these addresses no more, each by its own reason; an earlier reason stays."""
    known = set(
        Suppression.objects.filter(fingerprint__in=reasons).values_list("fingerprint", flat=True)
    )
    new = {name: reason for name, reason in reasons.items() if name not in known}
    rows = [Suppression(fingerprint=name, reason=reason) for name, reason in new.items()]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    suppression_journal.note_all(new)


@transaction.atomic
def forget(fingerprint: str, reason: Suppression.Reason) -> None:
    """Erase an address with all that belongs to it, and suppress its hash."""
    forget_requests(fingerprint)
    suppress(fingerprint, reason)
    # The lock makes a confirmation that comes in at the same moment finish first, so that its mail
    # goes as well.
    people = Subscriber.objects.select_for_update().filter(fingerprint=fingerprint)
    for state, letters in people.values_list("state", "wants_letters"):
        if state == Subscriber.State.CONFIRMED and reason != Suppression.Reason.BOUNCED:
            count_mail(LEFT, letters=letters)
    Subscriber.objects.filter(fingerprint=fingerprint).delete()


def forget_requests(fingerprint: str) -> None:
    """Delete what an address asked for and the worker hasn't decided.

    Before anything else in a transaction: the worker locks a request first, then its person.
    """
    FormRequest.objects.about(fingerprint).delete()


def lift(fingerprint: str) -> None:
    """Lift what an earlier goodbye or returned mail set, now that a new request is confirmed."""
    if Suppression.objects.filter(fingerprint=fingerprint, reason__in=LIFTED).delete()[0]:
        note = partial(suppression_journal.note, fingerprint, suppression_journal.LIFTED)
        transaction.on_commit(note)
