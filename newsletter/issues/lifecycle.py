"""The life of a letter: who may move it where, and what each move does to the mails it consists of.

A letter begins as a draft. Once it is scheduled nobody changes its words; when it is due the worker freezes them and writes
a row into the outbox for everybody who wants letters, all in one transaction. From there `delivery.py` sends the rows.
Every move is a compare-and-set on the state, so of two people who press at once one is told that it has moved on.
"""

import logging
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from newsletter.issues import body, preflight
from newsletter.issues.preflight import Finding
from newsletter.models import Delivery, Letter, Subscriber, Suppression

State = Letter.State
# Every move there is: from where, and where to.
MOVES: dict[str, tuple[tuple[Letter.State, ...], Letter.State]] = {
    "schedule": ((State.DRAFT,), State.SCHEDULED),
    "unschedule": ((State.SCHEDULED,), State.DRAFT),
    "start": ((State.SCHEDULED,), State.SENDING),
    "pause": ((State.SENDING,), State.PAUSED),
    "resume": ((State.PAUSED,), State.SENDING),
    "finish": ((State.SENDING,), State.SENT),
    "withdraw": ((State.DRAFT, State.SCHEDULED, State.SENDING, State.PAUSED), State.WITHDRAWN),
}
TOO_LATE = timedelta(
    hours=1
)  # a letter overdue by more asks again: "this Monday" may be wrong on Tuesday
FURTHEST = timedelta(days=366)
BATCH = 1000

logger = logging.getLogger(__name__)


class NotNow(Exception):  # noqa: N818  the answer to a person, not a fault
    """A letter can't make this move; the message says why, in words for who asked."""


class Blocked(NotNow):
    """Something must be mended before the letter can go; `findings` says what and how."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


def may(move: str, letter: Letter) -> bool:
    """Whether the letter stands where this move begins."""
    return letter.state in MOVES[move][0]


def _move(move: str, letter: Letter, condition: Q | None = None, **values: Any) -> None:
    """Change the state if it is still one that this move begins at. Raises NotNow when it isn't."""
    begins, ends = MOVES[move]
    values |= {"state": ends, "changed_at": timezone.now()}
    if not Letter.objects.filter(condition or Q(), pk=letter.pk, state__in=begins).update(**values):
        now = Letter.objects.filter(pk=letter.pk).first()
        where = (
            f"a letter that is {now.get_state_display().lower()}"
            if now
            else "a letter that is gone"
        )
        raise NotNow(
            f"That can’t be done with {where}, or its words have just changed. Look at it once more."
        )
    letter.refresh_from_db()
    logger.info("Letter %d: %s.", letter.pk, move)


# -- writing and scheduling ------------------------------------------------------------------------------------------


@transaction.atomic
def write(letter: Letter) -> None:
    """Keep a letter's words. Raises NotNow when it isn't a draft any more."""
    letter.subject = body.one_line(letter.subject)
    if letter.pk is None:
        letter.save()
        return
    words = {"subject": letter.subject, "body": letter.body, "changed_at": timezone.now()}
    if not Letter.objects.filter(pk=letter.pk, state=State.DRAFT).update(**words):
        raise NotNow(
            "This letter isn’t a draft any more, so its words stay as they are. Unschedule it first."
        )


def schedule(letter: Letter, at: datetime) -> None:
    """Have the letter sent at `at`. Raises Blocked, or NotNow."""
    now = timezone.now()
    if at < now:
        raise NotNow("That time has passed. Choose a later one, or send the letter now.")
    if at > now + FURTHEST:
        raise NotNow("That is more than a year away.")
    _check_and_schedule(letter, at)


def send_now(letter: Letter) -> None:
    """Have the worker begin at its next look. Raises Blocked, or NotNow."""
    _check_and_schedule(letter, timezone.now())


def _check_and_schedule(letter: Letter, at: datetime) -> None:
    if may("schedule", letter) and (
        found := preflight.blocking(preflight.check(letter, ask_dns=True))
    ):
        raise Blocked(found)
    # With the words that were checked: a change saved in another tab meanwhile has not been.
    checked = Q(subject=letter.subject, body=letter.body)
    _move("schedule", letter, checked, send_at=at)


def unschedule(letter: Letter) -> None:
    """Make it a draft again."""
    _move("unschedule", letter, send_at=None)


def missed(letter: Letter) -> bool:
    """Whether a draft should have gone out and didn't: the worker was late, or something stood in its way."""
    return letter.state == State.DRAFT and letter.send_at is not None


# -- sending -----------------------------------------------------------------------------------------------------------


def audience() -> QuerySet[Subscriber]:
    """Return who gets a letter that begins now."""
    now = timezone.now()
    suppressed = Suppression.objects.filter(fingerprint=OuterRef("fingerprint"))
    return Subscriber.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=now),
        ~Exists(suppressed),
        state="confirmed",
        wants_letters=True,
    )


def look_after() -> None:
    """What the worker does at each look: begin the letters that are due, end those that nothing more is to be sent of."""
    start_due()
    finish_sent()


def start_due() -> None:
    """Begin every letter that is due. One that is late, or can't go any more, asks again."""
    now = timezone.now()
    for letter in Letter.objects.filter(state=State.SCHEDULED, send_at__lte=now).order_by(
        "send_at"
    ):
        try:
            _start_or_ask_again(letter, now)
        except NotNow:  # another worker, or a person, was quicker
            logger.info("Letter %d had moved on before it began.", letter.pk)
        except DatabaseError:
            raise
        except (
            Exception
        ):  # whatever is wrong with it, it holds up neither the others nor the worker
            logger.exception(
                "Letter %d could not begin; it waits for a person to ask again.", letter.pk
            )
            _move("unschedule", letter)


def _start_or_ask_again(letter: Letter, now: datetime) -> None:
    late = now - letter.send_at if letter.send_at else timedelta()
    if late > TOO_LATE:
        logger.warning(
            "Letter %d is overdue by %s; it waits for a person to ask again.", letter.pk, late
        )
        _move("unschedule", letter)
    elif found := preflight.blocking(preflight.check(letter)):
        logger.warning(
            "Letter %d can't go: %s.", letter.pk, ", ".join(finding.name for finding in found)
        )
        _move("unschedule", letter)
    else:
        start(letter)


@transaction.atomic
def start(letter: Letter) -> int:
    """Freeze the words and write a mail to everybody who wants letters. Return how many there are.

    Nothing of it happens when the transaction fails, and a second time writes no second mail to anybody.
    """
    words = body.words(letter.subject, letter.body)
    frozen: dict[str, Any] = {
        "sent_subject": words.subject,
        "sent_html": words.html,
        "sent_text": words.text,
    }
    _move("start", letter, started_at=timezone.now(), **frozen)
    written = 0
    people = audience().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(people, BATCH)):
        rows = [
            Delivery(
                kind=Delivery.Kind.LETTER, letter=letter, subscriber_id=pk, rank=Delivery.PATIENT
            )
            for pk in batch
        ]
        written += len(Delivery.objects.bulk_create(rows, ignore_conflicts=True))
    logger.info("Letter %d goes to %d people.", letter.pk, written)
    return written


@transaction.atomic
def pause(letter: Letter) -> None:
    """Hold back what hasn't gone out. A mail that a worker has in its hands at this moment may still go."""
    _move("pause", letter, trouble="")
    _set(letter, Delivery.WAITING, Delivery.State.HELD)


@transaction.atomic
def pause_refused(letter: Letter, refused: list[int], reply: str) -> None:
    """Hold it back because servers refuse it for our sake: the refused copies go with it when it goes on."""
    _move("pause", letter, trouble=reply)
    _set(letter, Delivery.WAITING, Delivery.State.HELD)
    failed = Delivery.objects.filter(letter=letter, pk__in=refused, state=Delivery.State.FAILED)
    failed.update(state=Delivery.State.HELD, attempts=0, changed_at=timezone.now())


def trouble() -> str:
    """Return why a letter was paused by refusals and not by a person, in words for the desk; mostly nothing."""
    refused = Letter.objects.filter(state=State.PAUSED).exclude(trouble="")
    reply = refused.order_by("-changed_at").values_list("trouble", flat=True).first()
    return (
        f"A letter is paused, because mail servers refuse our mail: {reply}"[:200] if reply else ""
    )


@transaction.atomic
def resume(letter: Letter) -> None:
    """Go on where it was paused."""
    _move("resume", letter, trouble="")
    _set(letter, [Delivery.State.HELD], Delivery.State.QUEUED)


@transaction.atomic
def withdraw(letter: Letter) -> None:
    """Send it to nobody else, for good."""
    _move("withdraw", letter, finished_at=timezone.now())
    _set(letter, [*Delivery.WAITING, Delivery.State.HELD], Delivery.State.SUPPRESSED)


def _set(letter: Letter, states: list[Delivery.State], state: Delivery.State) -> None:
    now = timezone.now()
    Delivery.objects.filter(letter=letter, state__in=states).update(state=state, changed_at=now)


def finish_sent() -> None:
    """End the letters that no mail waits for any more."""
    is_open = Delivery.objects.filter(letter=OuterRef("pk"), state__in=Delivery.OPEN)
    for letter in Letter.objects.filter(~Exists(is_open), state=State.SENDING):
        try:
            _move("finish", letter, finished_at=timezone.now())
        except NotNow:
            logger.info("Letter %d had moved on before it ended.", letter.pk)


def progress(letter: Letter) -> dict[Delivery.State, int]:
    """Return how many of its mails are in each state, leaving out states with none."""
    counted = Delivery.objects.filter(letter=letter).values_list("state").annotate(Count("pk"))
    found = dict(counted)
    return {state: found[state] for state in Delivery.State if state in found}
