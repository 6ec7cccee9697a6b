"""Issue lifecycle: the states of an issue, and what each transition does to its mails.

An issue begins as a draft. Once it is scheduled nobody changes its words; when it is due the worker
freezes them and writes a row into the outbox for everybody who wants letters (copies.py). From
there `outbox.sender` sends the rows. Every transition is a compare-and-set on the state, so of two
people who press at once one hears that it has moved on. It changes the issue's own row alone, and
its mails follow in batches: until they have, a mail that is claimed looks at its issue first.
"""

import logging
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from newsletter.emails.preview import Finding
from newsletter.issues import archive
from newsletter.models import Delivery, Letter

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

logger = logging.getLogger(__name__)


class InvalidTransition(Exception):  # noqa: N818  the answer to a person, not a fault
    """An issue can't make this transition; the message says why, in words for who asked."""


class BlockedByPreflight(InvalidTransition):
    """Something must be mended before the issue can go; `findings` says what and how."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.message for finding in findings))


def may(name: str, letter: Letter) -> bool:
    """Whether the issue is in a state where this transition begins."""
    return letter.state in TRANSITIONS[name][0]


def transition(name: str, letter: Letter, condition: Q | None = None, **values: Any) -> None:
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


def missed(letter: Letter) -> bool:
    """Whether a draft has missed its time: the worker was late, or preflight stopped it."""
    return letter.state == State.DRAFT and letter.send_at is not None


def pause(letter: Letter) -> None:
    """Hold back what hasn't gone out. A mail that a worker holds at this moment may still go."""
    transition("pause", letter, trouble="", is_settling=True)


@transaction.atomic
def pause_refused(letter: Letter, refused: list[int], reply: str) -> None:
    """Hold it back because servers refuse it.

    The refused copies go with the rest when it goes on.
    """
    transition("pause", letter, trouble=reply, is_settling=True)
    failed = Delivery.objects.filter(letter=letter, pk__in=refused, state=Delivery.State.FAILED)
    failed.update(state=Delivery.State.HELD, attempts=0, changed_at=timezone.now())


def trouble() -> str:
    """Return why an issue was paused by refusals and not by a person, for staff; mostly nothing."""
    refused = Letter.objects.filter(state=State.PAUSED).exclude(trouble="")
    reply = refused.order_by("-changed_at").values_list("trouble", flat=True).first()
    if not reply:
        return ""
    return f"A letter is paused, because mail servers refuse our mail: {reply}"[:200]


def resume(letter: Letter) -> None:
    """Go on sending where it was paused."""
    transition("resume", letter, trouble="", is_settling=True)


def withdraw(letter: Letter) -> None:
    """Send it to nobody else, for good, and show it to nobody."""
    withdrawn: dict[str, Any] = {"is_settling": True, "enqueue_below": None}
    transition("withdraw", letter, finished_at=timezone.now(), **withdrawn)
    _show(letter)


def _show(letter: Letter) -> None:
    """Have the archive's pages made anew, if the letter may be in it."""
    if letter.in_archive:
        archive.changed(letter)


def finish_sent() -> None:
    """Finish the issues that no mail waits for any more."""
    is_open = Delivery.objects.filter(letter=OuterRef("pk"), state__in=Delivery.OPEN)
    is_settled = Q(enqueue_below=None, is_settling=False)
    for letter in Letter.objects.filter(~Exists(is_open), is_settled, state=State.SENDING):
        try:
            reached = progress(letter).get(Delivery.State.SENT, 0)
            transition("finish", letter, is_settled, finished_at=timezone.now(), reached=reached)
            _show(letter)
        except InvalidTransition:
            logger.info("Letter %d had moved on before it ended.", letter.pk)


def progress(letter: Letter) -> dict[Delivery.State, int]:
    """Return how many of its mails are in each state, leaving out states with none."""
    by_state = Delivery.objects.filter(letter=letter).values_list("state").annotate(Count("pk"))
    counts = dict(by_state)
    return {state: counts[state] for state in Delivery.State if state in counts}
