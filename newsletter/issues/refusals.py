"""Refusal monitor: counts refusals that speak of us while an issue goes out, and pauses the issue.

So many of them in a row, or among the latest, and it stops before every copy is burnt.
"""

import logging
import threading
from collections import deque

from newsletter.bounces.bounce_classes import Meaning
from newsletter.issues import lifecycle
from newsletter.models import Delivery, Heartbeat, Letter
from newsletter.outbox.smtp_errors import Classification

IN_A_ROW = 10
LATEST, SHARE = 100, 30  # of the latest copies, so many
MAX_ISSUES = 10  # counted at a time; few ever go out at once

# The delivery of a copy that was refused because of us, or None for any other end.
Copy = int | None
logger = logging.getLogger(__name__)


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

    def record(self, delivery: Delivery, failure: Classification | None) -> None:
        """Take in how a mail was refused. A no for now says nothing yet: greylisting is one too."""
        if failure is None or failure.state != Delivery.State.FAILED or not delivery.letter_id:
            return
        is_about_us = failure.meaning is Meaning.ABOUT_US
        refused: list[int] = []
        with self.lock:
            latest = self._latest(delivery.letter_id)
            latest.append(delivery.pk if is_about_us else None)
            if is_about_us and _are_many(latest):
                del self.latest[delivery.letter_id]
                refused = [copy for copy in latest if copy]
        if refused:
            _pause(delivery.letter_id, refused, failure.reply)

    def _latest(self, letter_id: int) -> deque[Copy]:
        if letter_id not in self.latest and len(self.latest) >= MAX_ISSUES:
            del self.latest[next(iter(self.latest))]
        return self.latest.setdefault(letter_id, deque(maxlen=LATEST))


def _are_many(latest: deque[Copy]) -> bool:
    last = list(latest)[-IN_A_ROW:]
    if len(last) == IN_A_ROW and all(last):
        return True
    return sum(copy is not None for copy in latest) >= SHARE


def _pause(letter_id: int, refused: list[int], reply: str) -> None:
    try:
        lifecycle.pause_refused(Letter.objects.get(pk=letter_id), refused, reply)
    except (lifecycle.InvalidTransition, Letter.DoesNotExist):
        logger.warning(
            "Letter %d is refused because of us, and had moved on before it could be paused.",
            letter_id,
        )
        return
    logger.error("Letter %d is paused, for servers refuse it because of us: %s", letter_id, reply)
    Heartbeat.beat(lifecycle.trouble())
