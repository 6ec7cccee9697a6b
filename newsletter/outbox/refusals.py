"""Refusals that speak of us, counted while a letter goes out: so many of them pause it before every copy is burnt."""

import logging
from collections import deque

from newsletter.bounce_classes import Meaning
from newsletter.issues import lifecycle
from newsletter.models import Delivery, Heartbeat, Letter
from newsletter.outbox.smtp_errors import Verdict

IN_A_ROW = 10
LATEST, SHARE = 100, 30  # of the latest copies, so many
MOST_LETTERS = 10  # counted at a time; few ever go out at once

# A copy that was refused because of us, or None for any other end.
Copy = int | None
logger = logging.getLogger(__name__)


class Refusals:
    """The latest copies of each letter, as one worker saw them end."""

    def __init__(self) -> None:
        self.latest: dict[int, deque[Copy]] = {}

    def note_sent(self, delivery: Delivery) -> None:
        """Take in a copy that went out."""
        if delivery.letter_id:
            self._latest(delivery.letter_id).append(None)

    def note(self, delivery: Delivery, verdict: Verdict | None) -> None:
        """Take in how a mail was refused. A no for now says nothing yet: greylisting is one too."""
        if not (verdict and delivery.letter_id and verdict.state == Delivery.State.FAILED):
            return
        is_about_us = verdict.meaning is Meaning.ABOUT_US
        latest = self._latest(delivery.letter_id)
        latest.append(delivery.pk if is_about_us else None)
        if is_about_us and _are_many(latest):
            del self.latest[delivery.letter_id]
            _pause(delivery.letter_id, [copy for copy in latest if copy], verdict.reply)

    def _latest(self, letter: int) -> "deque[Copy]":
        if letter not in self.latest and len(self.latest) >= MOST_LETTERS:
            del self.latest[next(iter(self.latest))]
        return self.latest.setdefault(letter, deque(maxlen=LATEST))


def _are_many(latest: "deque[Copy]") -> bool:
    row = list(latest)[-IN_A_ROW:]
    return (len(row) == IN_A_ROW and all(row)) or sum(copy is not None for copy in latest) >= SHARE


def _pause(letter: int, refused: list[int], reply: str) -> None:
    try:
        lifecycle.pause_refused(Letter.objects.get(pk=letter), refused, reply)
    except (lifecycle.NotNow, Letter.DoesNotExist):
        logger.warning(
            "Letter %d is refused because of us, and had moved on before it could be paused.",
            letter,
        )
        return
    logger.error("Letter %d is paused, for servers refuse it because of us: %s", letter, reply)
    Heartbeat.beat(lifecycle.trouble())
