"""How fast mail leaves, and whether any does.

So many mails a second and an hour in all, so many a minute to one mail domain: each worker keeps the count for itself, on a
clock that nobody can turn. Mails that somebody waits for (Delivery.PROMPT) may run a tenth of a period's mails ahead of that
even pace, so a confirmation doesn't wait behind a letter's thousands.
"""

import time

from django.conf import settings
from django.utils import timezone

from newsletter.models import HEARTBEAT_EVERY, Delivery, Heartbeat

MOST_DOMAINS = 1000  # buckets kept; those that have nothing to remember are thrown away first
MARGIN = 0.05  # seconds that a mail comes back after its slot and not before it


class Bucket:
    """At most `most` mails in any `seconds`, evenly spaced. With `lenient` seconds, lost time is made up for by as much."""

    def __init__(self, most: float, seconds: float, lenient: float = 0.0) -> None:
        ahead = max(int(most) // 10 - 1, 0)
        self.every = seconds / (most if lenient else most - ahead)
        self.ahead = ahead * self.every
        self.lenient = max(lenient, self.every) if lenient else 0.0
        self.free_at = self.last_slot = 0.0

    def wait(self, rank: int) -> float:
        """Return in how many seconds a mail of this rank may go; 0 when it may now."""
        lead = self.ahead if rank == Delivery.PROMPT else 0.0
        return max(0.0, self.free_at - lead - time.monotonic())

    def count(self) -> None:
        """Note that a mail goes now."""
        self.free_at = max(self.free_at, time.monotonic() - self.lenient) + self.every

    def slot(self, rank: int) -> float:
        """Return in how many seconds to come back. Patient mails queue up, each with a moment of its own."""
        if rank == Delivery.PROMPT:
            return self.wait(rank)
        self.last_slot = max(self.last_slot + self.every, self.free_at)
        return self.last_slot - time.monotonic()


class Pace:
    """The limits of one worker. Each is a number of mails; 0 is no limit."""

    def __init__(self, per_second: float = 0, per_hour: float = 0, per_domain: float = 0) -> None:
        limits = ((per_second, 1), (per_hour, 3600))
        self.buckets = [Bucket(most, seconds) for most, seconds in limits if most]
        self.per_domain = per_domain  # a minute
        self.domains: dict[str, Bucket] = {}

    @classmethod
    def from_settings(cls) -> "Pace":
        """Return the pace that the site's settings ask for."""
        return cls(
            settings.MAIL_PER_SECOND, settings.MAIL_PER_HOUR, settings.MAIL_PER_DOMAIN_PER_MINUTE
        )

    def wait(self, rank: int) -> float:
        """Return in how many seconds a mail of this rank may be taken up; 0 when it may now."""
        return max((bucket.wait(rank) for bucket in self.buckets), default=0.0)

    def put_off(self, delivery: Delivery) -> float:
        """Return for how many seconds a mail must make way because its domain has had enough; 0 when it may go."""
        bucket = self.domains.get(_domain(delivery))
        if bucket is None or not bucket.wait(delivery.rank):
            return 0.0
        return bucket.slot(delivery.rank) + MARGIN

    def count(self, delivery: Delivery) -> None:
        """Note that a mail is handed to the server now."""
        for bucket in self.buckets:
            bucket.count()
        if self.per_domain:
            self._bucket(_domain(delivery)).count()

    def _bucket(self, domain: str) -> Bucket:
        if domain not in self.domains:
            if len(self.domains) >= MOST_DOMAINS:
                now = time.monotonic()
                self.domains = {
                    name: kept for name, kept in self.domains.items() if kept.free_at > now
                }
            # A worker looks once a second, so what came due since then may go at once.
            self.domains[domain] = Bucket(self.per_domain, 60, lenient=1.0)
        return self.domains[domain]


def _domain(delivery: Delivery) -> str:
    return delivery.subscriber.address.rpartition("@")[2].lower()


# -- a person's hand on the tap ------------------------------------------------------------------------------------


def pause_sending() -> None:
    """Stop all sending, within a second or the mail in hand. Nothing is lost: what is written meanwhile waits."""
    if not Heartbeat.objects.filter(
        pk=1
    ).exists():  # no worker has run yet, and this must not look as if one had
        Heartbeat.objects.get_or_create(pk=1, defaults={"at": timezone.now() - 3 * HEARTBEAT_EVERY})
    Heartbeat.objects.filter(pk=1, paused_at=None).update(paused_at=timezone.now())


def resume_sending() -> None:
    """Let sending go on."""
    Heartbeat.objects.filter(pk=1).update(paused_at=None)


def is_paused() -> bool:
    """Whether a person has stopped all sending."""
    return Heartbeat.objects.filter(pk=1).exclude(paused_at=None).exists()
