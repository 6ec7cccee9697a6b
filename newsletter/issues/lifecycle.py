"""Issue lifecycle: the states of an issue, and what each transition does to its mails.

An issue begins as a draft. Once it is scheduled nobody changes its words; when it is due the worker
freezes them and writes a row into the outbox for everybody who wants letters, all in one
transaction. From there `outbox.sender` sends the rows. Every transition is a compare-and-set on the
state, so of two people who press at once one hears that it has moved on.
"""

import logging
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from newsletter.emails.email import one_line
from newsletter.emails.preview import Finding
from newsletter.issues import body, preflight
from newsletter.models import Delivery, Letter, Subscriber, Suppression

State = Letter.State
# Every transition there is: from which states, and to which.
TRANSITIONS: dict[str, tuple[tuple[Letter.State, ...], Letter.State]] = {
    "schedule": ((State.DRAFT,), State.SCHEDULED),
    "unschedule": ((State.SCHEDULED,), State.DRAFT),
    "start": ((State.SCHEDULED,), State.SENDING),
    "pause": ((State.SENDING,), State.PAUSED),
    "resume": ((State.PAUSED,), State.SENDING),
    "finish": ((State.SENDING,), State.SENT),
    "withdraw": ((State.DRAFT, State.SCHEDULED, State.SENDING, State.PAUSED), State.WITHDRAWN),
}
# An issue overdue by more waits for a person: "this Monday" may be wrong on Tuesday.
MAX_DELAY = timedelta(hours=1)
MAX_AHEAD = timedelta(days=366)
BATCH = 1000

logger = logging.getLogger(__name__)


class InvalidTransition(Exception):  # noqa: N818  the answer to a person, not a fault
    """An issue can't make this transition; the message says why, in words for who asked."""


class BlockedByPreflight(InvalidTransition):
    """Something must be mended before the issue can go; `findings` says what and how."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


def may(transition: str, letter: Letter) -> bool:
    """Whether the issue is in a state where this transition begins."""
    return letter.state in TRANSITIONS[transition][0]


def _transition(name: str, letter: Letter, condition: Q | None = None, **values: Any) -> None:
    """Change the state if it still is one that this transition begins at.

    Raises InvalidTransition when it isn't.
    """
    begins, ends = TRANSITIONS[name]
    values |= {"state": ends, "changed_at": timezone.now()}
    unchanged = Letter.objects.filter(condition or Q(), pk=letter.pk, state__in=begins)
    if not unchanged.update(**values):
        current = Letter.objects.filter(pk=letter.pk).first()
        state = current.get_state_display().lower() if current else "gone"
        raise InvalidTransition(
            f"That can’t be done with a letter that is {state}, or its words have just changed. "
            "Look at it once more."
        )
    letter.refresh_from_db()
    logger.info("Letter %d: %s.", letter.pk, name)


# -- writing and scheduling ----------------------------------------------------------------------


@transaction.atomic
def write(letter: Letter) -> None:
    """Save an issue's words. Raises InvalidTransition when it isn't a draft any more."""
    letter.subject = one_line(letter.subject)
    if letter.pk is None:
        letter.save()
        return
    words = {"subject": letter.subject, "body": letter.body, "changed_at": timezone.now()}
    if not Letter.objects.filter(pk=letter.pk, state=State.DRAFT).update(**words):
        raise InvalidTransition(
            "This letter isn’t a draft any more, so its words stay as they are. "
            "Unschedule it first."
        )


def schedule(letter: Letter, at: datetime) -> None:
    """Have the issue sent at `at`. Raises BlockedByPreflight, or InvalidTransition."""
    now = timezone.now()
    if at < now:
        raise InvalidTransition("That time has passed. Choose a later one, or send the letter now.")
    if at > now + MAX_AHEAD:
        raise InvalidTransition("That is more than a year away.")
    _check_and_schedule(letter, at)


def send_now(letter: Letter) -> None:
    """Have the worker begin at its next round. Raises BlockedByPreflight, or InvalidTransition."""
    _check_and_schedule(letter, timezone.now())


def _check_and_schedule(letter: Letter, at: datetime) -> None:
    if may("schedule", letter):
        findings = preflight.blocking(preflight.check(letter, ask_dns=True))
        if findings:
            raise BlockedByPreflight(findings)
    # With the words that were checked: a change saved in another tab meanwhile has not been.
    checked = Q(subject=letter.subject, body=letter.body)
    _transition("schedule", letter, checked, send_at=at)


def unschedule(letter: Letter) -> None:
    """Turn a scheduled issue back into a draft."""
    _transition("unschedule", letter, send_at=None)


def missed(letter: Letter) -> bool:
    """Whether a draft has missed its time: the worker was late, or preflight stopped it."""
    return letter.state == State.DRAFT and letter.send_at is not None


# -- sending -------------------------------------------------------------------------------------


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


def tick() -> None:
    """Start the issues that are due and finish those that nothing more is to be sent of.

    The worker calls this every two seconds.
    """
    start_due()
    finish_sent()


def start_due() -> None:
    """Start every issue that is due. One that is late, or can't go any more, is a draft again."""
    now = timezone.now()
    due = Letter.objects.filter(state=State.SCHEDULED, send_at__lte=now).order_by("send_at")
    for letter in due:
        try:
            _start_or_unschedule(letter, now)
        except InvalidTransition:  # another worker, or a person, was quicker
            logger.info("Letter %d had moved on before it began.", letter.pk)
        except DatabaseError:
            raise
        except Exception:
            # Whatever is wrong with it, it holds up neither the others nor the worker.
            logger.exception(
                "Letter %d could not begin; it waits for a person to ask again.", letter.pk
            )
            _transition("unschedule", letter)


def _start_or_unschedule(letter: Letter, now: datetime) -> None:
    late = now - letter.send_at if letter.send_at else timedelta()
    findings = preflight.blocking(preflight.check(letter)) if late <= MAX_DELAY else []
    if late > MAX_DELAY:
        logger.warning(
            "Letter %d is overdue by %s; it waits for a person to ask again.", letter.pk, late
        )
        _transition("unschedule", letter)
    elif findings:
        names = ", ".join(finding.name for finding in findings)
        logger.warning("Letter %d can't go: %s.", letter.pk, names)
        _transition("unschedule", letter)
    else:
        start(letter)


@transaction.atomic
def start(letter: Letter) -> int:
    """Freeze the words and enqueue a mail to everybody who wants letters; return how many.

    Nothing of it happens when the transaction fails, and a second time enqueues no second mail to
    anybody.
    """
    rendered = body.render(letter.subject, letter.body)
    frozen: dict[str, Any] = {
        "sent_subject": rendered.subject,
        "sent_html": rendered.html,
        "sent_text": rendered.text,
    }
    _transition("start", letter, started_at=timezone.now(), **frozen)
    enqueued = 0
    people = audience().order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(people, BATCH)):
        rows = [
            Delivery(
                kind=Delivery.Kind.LETTER, letter=letter, subscriber_id=pk, priority=Delivery.BULK
            )
            for pk in batch
        ]
        enqueued += len(Delivery.objects.bulk_create(rows, ignore_conflicts=True))
    logger.info("Letter %d goes to %d people.", letter.pk, enqueued)
    return enqueued


@transaction.atomic
def pause(letter: Letter) -> None:
    """Hold back what hasn't gone out. A mail that a worker holds at this moment may still go."""
    _transition("pause", letter, trouble="")
    _set_deliveries(letter, Delivery.WAITING, Delivery.State.HELD)


@transaction.atomic
def pause_refused(letter: Letter, refused: list[int], reply: str) -> None:
    """Hold it back because servers refuse it because of us.

    The refused copies go with the rest when it goes on.
    """
    _transition("pause", letter, trouble=reply)
    _set_deliveries(letter, Delivery.WAITING, Delivery.State.HELD)
    failed = Delivery.objects.filter(letter=letter, pk__in=refused, state=Delivery.State.FAILED)
    failed.update(state=Delivery.State.HELD, attempts=0, changed_at=timezone.now())


def trouble() -> str:
    """Return why an issue was paused by refusals and not by a person, for staff; mostly nothing."""
    refused = Letter.objects.filter(state=State.PAUSED).exclude(trouble="")
    reply = refused.order_by("-changed_at").values_list("trouble", flat=True).first()
    if not reply:
        return ""
    return f"A letter is paused, because mail servers refuse our mail: {reply}"[:200]


@transaction.atomic
def resume(letter: Letter) -> None:
    """Go on sending where it was paused."""
    _transition("resume", letter, trouble="")
    _set_deliveries(letter, [Delivery.State.HELD], Delivery.State.QUEUED)


@transaction.atomic
def withdraw(letter: Letter) -> None:
    """Send it to nobody else, for good."""
    _transition("withdraw", letter, finished_at=timezone.now())
    _set_deliveries(letter, [*Delivery.WAITING, Delivery.State.HELD], Delivery.State.SUPPRESSED)


def _set_deliveries(letter: Letter, states: list[Delivery.State], state: Delivery.State) -> None:
    now = timezone.now()
    Delivery.objects.filter(letter=letter, state__in=states).update(state=state, changed_at=now)


def finish_sent() -> None:
    """Finish the issues that no mail waits for any more."""
    is_open = Delivery.objects.filter(letter=OuterRef("pk"), state__in=Delivery.OPEN)
    for letter in Letter.objects.filter(~Exists(is_open), state=State.SENDING):
        try:
            _transition("finish", letter, finished_at=timezone.now())
        except InvalidTransition:
            logger.info("Letter %d had moved on before it ended.", letter.pk)


def progress(letter: Letter) -> dict[Delivery.State, int]:
    """Return how many of its mails are in each state, leaving out states with none."""
    by_state = Delivery.objects.filter(letter=letter).values_list("state").annotate(Count("pk"))
    counts = dict(by_state)
    return {state: counts[state] for state in Delivery.State if state in counts}
