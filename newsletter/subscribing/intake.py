"""The intake: a public form writes one row, whatever is known of the address; the worker decides it.

So a form costs the same for every address by what it does, not by waiting. The row is deleted in
the transaction that decides it: a crash neither loses a request nor decides it twice.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from newsletter import consent, hashing
from newsletter.models import FormRequest, Subscriber
from newsletter.outbox import failpoints, retention
from newsletter.outbox.group_commit import GroupCommit
from newsletter.subscribing import address_change, preferences, signup
from trustsite.web.serving.turns import give_up

# While no worker decides, requests wait. Beyond this the forms take no more: a mailbox that we ask
# people to look into should have its mail before they have forgotten that they asked.
MAX_WAITING = 20_000
MAX_AGE = timedelta(hours=6)
# So many can't pile up in this time. While the worker keeps up, nothing needs to be counted.
NOT_YET = timedelta(seconds=10)
BATCH = 20  # decided in one transaction: forms that write at the same time wait for it
LONGEST_BATCH = 0.1  # seconds after which a batch takes no other
PER_TICK = 200  # then the worker's other work has its turn
LOCK = 20_261_127  # of PostgreSQL's advisory locks: held by the one worker that decides

Kind = FormRequest.Kind
logger = logging.getLogger("newsletter.work")


class IntakeClosedError(Exception):
    """Too much waits, or for too long: nothing more is taken for now."""


def _store(rows: list[FormRequest]) -> None:
    if is_closed():
        raise IntakeClosedError
    FormRequest.objects.bulk_create(rows)


# Of those that come at the same time one looks whether more is taken, and who waits for it lets others run meanwhile.
STORED = GroupCommit[FormRequest](_store, give_up)


def take(
    kind: FormRequest.Kind, address: str, *, wants_letters: bool = False, asked_by: str = ""
) -> None:
    """Write down a request about a normalised address. Raises IntakeClosedError."""
    row = FormRequest(
        kind=kind,
        address=address,
        fingerprint=hashing.fingerprint(address),
        wants_letters=wants_letters,
        wording=consent.WORDING,
        asked_by=asked_by,
        asked_at=timezone.now(),
    )
    STORED.store(row)


def is_closed() -> bool:
    """Whether the forms must say "not now"."""
    oldest = FormRequest.objects.waiting().order_by("pk").values_list("asked_at", flat=True).first()
    if oldest is None:
        return False
    age = timezone.now() - oldest
    return age > MAX_AGE or (age > NOT_YET and FormRequest.objects.count() >= MAX_WAITING)


class Decider:
    """Decides what waits, the oldest first."""

    def __init__(self) -> None:
        self.is_new = True

    def tick(self) -> bool:
        """Decide what waits, within a bound; return whether more may wait."""
        if self.is_new:
            FormRequest.objects.filter(is_stuck=True).update(is_stuck=False)
            self.is_new = False
        decided = 0
        while decided < PER_TICK and FormRequest.objects.waiting().exists():
            begun = time.monotonic()
            number = self._batch()
            failpoints.hit("after-decided")
            if (
                connection.vendor == "sqlite"
            ):  # lets one write at a time: forms have as long as this took
                time.sleep(time.monotonic() - begun)
            if not number:
                return False
            decided += number
        return decided >= PER_TICK

    @transaction.atomic
    def _batch(self) -> int:
        """Decide some requests in one transaction; return how many were looked at."""
        if not _is_alone():
            return 0
        # All are locked at once: who leaves meanwhile finds none of theirs, or waits for all.
        waiting = FormRequest.objects.waiting().select_for_update(skip_locked=True)
        rows = list(waiting.order_by("pk")[:BATCH])
        decided, begun = 0, time.monotonic()
        for row in rows:
            if decided and time.monotonic() - begun > LONGEST_BATCH:
                break
            self._decide(row)
            decided += 1
        failpoints.hit("before-decided")
        return decided

    def _decide(self, row: FormRequest) -> None:
        try:
            with transaction.atomic():
                if row.asked_at > timezone.now() - retention.PENDING:
                    DECIDE[Kind(row.kind)](row)
                row.delete()
        except (OperationalError, InterfaceError):  # the database, not this request
            raise
        except Exception:
            logger.exception("Request %d could not be decided.", row.pk)
            FormRequest.objects.filter(pk=row.pk).update(is_stuck=True)


def _is_alone() -> bool:
    """Whether no other worker decides now: two would count the mails to one mailbox apart.

    SQLite lets in one at a time by itself.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _send_guide(row: FormRequest) -> None:
    signup.ask(row.address, letters=row.wants_letters, wording=row.wording, asked_at=row.asked_at)


def _send_settings(row: FormRequest) -> None:
    preferences.ask_for_settings(row.address)


def _move(row: FormRequest) -> None:
    person = Subscriber.objects.filter(public_id=row.asked_by).first()
    if person:
        address_change.ask(person, row.address)


DECIDE: dict[FormRequest.Kind, Callable[[FormRequest], None]] = {
    Kind.GUIDE: _send_guide,
    Kind.SETTINGS: _send_settings,
    Kind.MOVE: _move,
}
