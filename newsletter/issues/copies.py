"""Issue copies: the mails of an issue follow its state in batches, whatever the list's length.

A transition (lifecycle.py) changes one row. What it asks of the issue's mails is done here, by the
worker, in short transactions that each end where the next goes on. So a kill at any point loses
nobody and writes to nobody twice, and whatever a reader does meanwhile waits for one batch at most.
"""

import logging

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from newsletter.models import Delivery, Letter, Subscriber, Suppression

BATCH = 400  # rows in one transaction: a tenth of a second on a slow machine
# Which of an issue's mails become what, by the state of the issue.
FOLLOW: dict[str, tuple[list[Delivery.State], Delivery.State]] = {
    Letter.State.PAUSED: (Delivery.WAITING, Delivery.State.HELD),
    Letter.State.SENDING: ([Delivery.State.HELD], Delivery.State.QUEUED),
    Letter.State.WITHDRAWN: (
        [*Delivery.WAITING, Delivery.State.HELD],
        Delivery.State.SUPPRESSED,
    ),
}

logger = logging.getLogger(__name__)


def audience() -> QuerySet[Subscriber]:
    """Return who gets an issue that begins now."""
    now = timezone.now()
    suppressed = Suppression.objects.filter(fingerprint=OuterRef("fingerprint"))
    return Subscriber.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=now),
        ~Exists(suppressed),
        state="confirmed",
        wants_letters=True,
    )


def audience_size() -> int:
    """Return how many people that is, from an index alone.

    Who is on the list and suppressed as well (a complaint that just came in) is counted in.
    """
    now = timezone.now()
    wanting = Subscriber.objects.filter(state="confirmed", wants_letters=True)
    found = wanting.aggregate(all=Count("pk"), paused=Count("pk", filter=Q(paused_until__gt=now)))
    return int(found["all"] - found["paused"])


def step() -> bool:
    """Have the mails of one issue follow it by a batch; return whether there was anything to do."""
    behind = Letter.objects.filter(
        Q(is_settling=True) | Q(state=Letter.State.SENDING, enqueue_below__isnull=False)
    )
    pk = behind.order_by("-is_settling", "pk").values_list("pk", flat=True).first()
    if pk is None:
        return False
    with transaction.atomic():
        # Of two workers one has the row; the other does something else meanwhile.
        letter = behind.select_for_update(skip_locked=True).filter(pk=pk).first()
        if letter and letter.is_settling:
            _settle(letter)
        elif letter:
            _enqueue(letter)
    return True


def settle() -> None:
    """Have all mails follow their issues, to the last."""
    while step():
        pass


def _settle(letter: Letter) -> None:
    """Bring a batch of mails into the state that their issue's asks for."""
    moved = 0
    if letter.state in FOLLOW:
        states, becomes = FOLLOW[letter.state]
        behind = Delivery.objects.filter(letter=letter, state__in=states)
        # The states once more outside: a worker may have claimed one of the batch meanwhile.
        batch = behind.filter(pk__in=behind.order_by("pk").values("pk")[:BATCH])
        moved = batch.update(state=becomes, changed_at=timezone.now())
    if not moved:
        sent = Delivery.objects.filter(letter=letter, state=Delivery.State.SENT)
        is_over = letter.state == Letter.State.WITHDRAWN
        reached = {"reached": sent.count()} if is_over else {}
        Letter.objects.filter(pk=letter.pk).update(is_settling=False, **reached)


def _enqueue(letter: Letter) -> None:
    """Enqueue a copy for each of the next people, from the newest to the oldest."""
    people = audience().filter(pk__lt=letter.enqueue_below).order_by("-pk")
    # Locked, so that nobody leaves between the look and the row that names them.
    batch = list(people.select_for_update(of=("self",)).values_list("pk", flat=True)[:BATCH])
    rows = [
        Delivery(kind=Delivery.Kind.LETTER, letter=letter, subscriber_id=pk, priority=Delivery.BULK)
        for pk in batch
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    where = batch[-1] if batch else None
    issue = Letter.objects.filter(pk=letter.pk)
    issue.update(enqueue_below=where, copies=F("copies") + len(batch))
    if where is None:
        logger.info("Letter %d goes to %d people.", letter.pk, letter.copies)
