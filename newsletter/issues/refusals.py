"""Refusal monitor: counts refusals while an issue goes out, and pauses the issue.

So many that speak of us in a row, or among the latest, or many more in a row of any sort, and it
stops before every copy is burnt.
"""

import logging
import threading
from collections import deque
from typing import NamedTuple

from newsletter.bounces.bounce_classes import Meaning
from newsletter.issues import lifecycle
from newsletter.models import Delivery, Heartbeat, Letter
from newsletter.outbox.smtp_errors import Classification

IN_A_ROW = 10
LATEST, SHARE = 100, 30  # of the latest copies, so many
OF_ANY_SORT = 50  # in a row, whatever they are about: nobody is reached
MAX_ISSUES = 10  # counted at a time; few ever go out at once

logger = logging.getLogger(__name__)


class Refused(NamedTuple):
    """A copy that was refused."""

    delivery: int
    meaning: Meaning


Copy = Refused | None  # None for one that was taken


class RefusalMonitor:
    """The latest copies of each issue, as one worker saw them end by any of its connections."""

    def __init__(self) -> None:
        self.latest: dict[int, deque[Copy]] = {}
        self.lock = threading.Lock()

    def record_sent(self, delivery: Delivery) -> None:
        """Take in a copy that went out."""
        if delivery.letter_id:
            with self.lock:
                self._latest(delivery.letter_id).append(None)

    def record(self, delivery: Delivery, failure: Classification) -> None:
        """Take in how a mail was refused.

        A no for now says nothing yet, for greylisting is one too; one that outlasted every try does.
        """
        if failure.state != Delivery.State.FAILED or not delivery.letter_id:
            return
        with self.lock:
            latest = self._latest(delivery.letter_id)
            latest.append(Refused(delivery.pk, failure.meaning))
            if not _are_many(latest):
                return
            del self.latest[delivery.letter_id]
        # An address that isn't there would be refused again.
        again = [copy.delivery for copy in latest if copy and copy.meaning is not Meaning.GONE]
        _pause(delivery.letter_id, again, failure.reply)

    def _latest(self, letter_id: int) -> deque[Copy]:
        if letter_id not in self.latest and len(self.latest) >= MAX_ISSUES:
            del self.latest[next(iter(self.latest))]
        return self.latest.setdefault(letter_id, deque(maxlen=LATEST))


def _are_many(latest: deque[Copy]) -> bool:
    about_us = [copy is not None and copy.meaning is Meaning.ABOUT_US for copy in latest]
    if about_us[-1] and (_ends_with(about_us, IN_A_ROW) or sum(about_us) >= SHARE):
        return True
    return _ends_with([copy is not None for copy in latest], OF_ANY_SORT)


def _ends_with(found: list[bool], number: int) -> bool:
    return len(found) >= number and all(found[-number:])


def _pause(letter_id: int, refused: list[int], reply: str) -> None:
    try:
        lifecycle.pause_refused(Letter.objects.get(pk=letter_id), refused, reply)
    except (lifecycle.InvalidTransition, Letter.DoesNotExist):
        logger.warning(
            "Letter %d is refused, and had moved on before it could be paused.",
            letter_id,
        )
        return
    logger.error("Letter %d is paused, for servers refuse it: %s", letter_id, reply)
    Heartbeat.beat(lifecycle.trouble())
