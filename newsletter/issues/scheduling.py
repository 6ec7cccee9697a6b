"""Issue scheduling: writing an issue, scheduling it, and starting it when it is due.

When it starts, its words are frozen; copies.py enqueues a mail to everybody who wants letters.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from newsletter.emails.email import one_line
from newsletter.issues import body, copies, lifecycle, preflight
from newsletter.issues.lifecycle import BlockedByPreflight, InvalidTransition, may, transition
from newsletter.models import Letter, Subscriber

State = Letter.State
# An issue overdue by more waits for a person: "this Monday" may be wrong on Tuesday.
MAX_DELAY = timedelta(hours=1)
MAX_AHEAD = timedelta(days=366)

logger = logging.getLogger(__name__)


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
    transition("schedule", letter, checked, send_at=at)


def unschedule(letter: Letter) -> None:
    """Turn a scheduled issue back into a draft."""
    transition("unschedule", letter, send_at=None)


# -- sending -------------------------------------------------------------------------------------


def tick() -> bool:
    """Start the issues that are due, have mails follow their issues by one batch, finish issues.

    The worker calls this every two seconds, and sooner when the answer is that there is more.
    """
    start_due()
    is_more = copies.step()
    lifecycle.finish_sent()
    return is_more


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
            transition("unschedule", letter)


def _start_or_unschedule(letter: Letter, now: datetime) -> None:
    late = now - letter.send_at if letter.send_at else timedelta()
    findings = preflight.blocking(preflight.check(letter)) if late <= MAX_DELAY else []
    if late > MAX_DELAY:
        logger.warning(
            "Letter %d is overdue by %s; it waits for a person to ask again.", letter.pk, late
        )
        transition("unschedule", letter)
    elif findings:
        names = ", ".join(finding.name for finding in findings)
        logger.warning("Letter %d can't go: %s.", letter.pk, names)
        transition("unschedule", letter)
    else:
        start(letter)


def start(letter: Letter) -> None:
    """Freeze the words. From now on, everybody who wants letters is enqueued, batch by batch.

    Who confirms from now on gets the next one.
    """
    rendered = body.render(letter.subject, letter.body)
    frozen: dict[str, Any] = {
        "sent_subject": rendered.subject,
        "sent_html": rendered.html,
        "sent_text": rendered.text,
    }
    newest = Subscriber.objects.aggregate(newest=Max("pk"))["newest"] or 0
    transition("start", letter, started_at=timezone.now(), enqueue_below=newest + 1, **frozen)
