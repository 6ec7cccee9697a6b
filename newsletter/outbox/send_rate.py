"""Send rate: how fast mail leaves, and whether any does.

So many mails a second and an hour in all, so many a minute to one mail domain: each worker keeps
the count for itself, over all of its connections, on a clock that nobody can turn. Mails that
somebody waits for (Delivery.HIGH) may run a tenth of a period's mails ahead of that even rate, so a
confirmation doesn't wait behind an issue's thousands.
"""

import threading
import time

from django.conf import settings
from django.utils import timezone

from newsletter.models import HEARTBEAT_EVERY, Delivery, Heartbeat

MAX_DOMAINS = 1000  # buckets kept; those that have nothing to remember are thrown away first
MARGIN = 0.05  # seconds that a mail comes back after its slot and not before it


class Bucket:
    """At most `max_count` mails in any `seconds`, evenly spaced.

    With `catch_up` seconds, lost time is made up for by as much.
    """

    def __init__(self, max_count: float, seconds: float, catch_up: float = 0.0) -> None:
        ahead = max(int(max_count) // 10 - 1, 0)
        self.interval = seconds / (max_count if catch_up else max_count - ahead)
        self.ahead = ahead * self.interval
        self.catch_up = max(catch_up, self.interval) if catch_up else 0.0
        self.free_at = self.last_slot = 0.0

    def wait(self, priority: int) -> float:
        """Return in how many seconds a mail of this priority may go; 0 when it may now."""
        lead = self.ahead if priority == Delivery.HIGH else 0.0
        return max(0.0, self.free_at - lead - time.monotonic())

    def count(self) -> None:
        """Count a mail that goes now."""
        self.free_at = max(self.free_at, time.monotonic() - self.catch_up) + self.interval

    def slot(self, priority: int) -> float:
        """Return in how many seconds to come back. Bulk mails queue up, each with a slot."""
        if priority == Delivery.HIGH:
            return self.wait(priority)
        self.last_slot = max(self.last_slot + self.interval, self.free_at)
        return self.last_slot - time.monotonic()


class RateLimiter:
    """The limits of one worker. Each is a number of mails; 0 is no limit."""

    def __init__(self, per_second: float = 0, per_hour: float = 0, per_domain: float = 0) -> None:
        limits = ((per_second, 1), (per_hour, 3600))
        # Mails as they are taken up, and as they go: one may take long to reach the server.
        self.buckets = [Bucket(limit, seconds) for limit, seconds in limits if limit]
        self.sends = [Bucket(limit, seconds) for limit, seconds in limits if limit]
        self.per_domain = per_domain  # a minute
        self.domains: dict[str, Bucket] = {}
        self.lock = threading.Lock()

    @classmethod
    def from_settings(cls) -> "RateLimiter":
        """Return the limits that the site's settings ask for."""
        return cls(
            settings.MAIL_PER_SECOND, settings.MAIL_PER_HOUR, settings.MAIL_PER_DOMAIN_PER_MINUTE
        )

    def wait(self, priority: int) -> float:
        """Return in how many seconds a mail of this priority may be claimed; 0 when it may now."""
        return max((bucket.wait(priority) for bucket in self.buckets), default=0.0)

    def reserve(self, priority: int) -> float:
        """Count a mail that is about to be claimed and return 0; or return in how many seconds."""
        with self.lock:
            pause = self.wait(priority)
            if not pause:
                for bucket in self.buckets:
                    bucket.count()
            return pause

    def give_back(self) -> None:
        """Take back a count: there was no mail, or it didn't go."""
        with self.lock:
            for bucket in self.buckets:
                bucket.free_at -= bucket.interval

    def take(self, delivery: Delivery) -> float:
        """Count a mail that goes now and return 0; or return in how many seconds it may."""
        with self.lock:
            waits = [bucket.wait(delivery.priority) for bucket in self.sends]
            pause = max([self.delay_for(delivery), *waits])
            if not pause:
                self._count(self.sends, delivery)
            return pause

    def delay_for(self, delivery: Delivery) -> float:
        """Return for how many seconds a mail waits because its domain has had enough; mostly 0."""
        bucket = self.domains.get(_domain(delivery))
        if bucket is None or not bucket.wait(delivery.priority):
            return 0.0
        return bucket.slot(delivery.priority) + MARGIN

    def count(self, delivery: Delivery) -> None:
        """Count a mail that goes without having been reserved a place."""
        self._count([*self.buckets, *self.sends], delivery)

    def _count(self, buckets: list[Bucket], delivery: Delivery) -> None:
        for bucket in buckets:
            bucket.count()
        if self.per_domain:
            self._bucket(_domain(delivery)).count()

    def _bucket(self, domain: str) -> Bucket:
        if domain not in self.domains:
            if len(self.domains) >= MAX_DOMAINS:
                self._drop_idle()
            # A worker polls once a second, so what came due since then may go at once.
            self.domains[domain] = Bucket(self.per_domain, 60, catch_up=1.0)
        return self.domains[domain]

    def _drop_idle(self) -> None:
        now = time.monotonic()
        busy = {name: bucket for name, bucket in self.domains.items() if bucket.free_at > now}
        self.domains = busy


def _domain(delivery: Delivery) -> str:
    return delivery.subscriber.address.rpartition("@")[2].lower()


# -- the switches: a person stops all sending; letters and notes alone are held back ---------------


def pause_sending() -> None:
    """Stop all sending, within a second or the mail in hand. What is enqueued meanwhile waits."""
    if not Heartbeat.objects.filter(pk=1).exists():
        # No worker has run yet, and this must not look as if one had.
        long_ago = timezone.now() - 3 * HEARTBEAT_EVERY
        Heartbeat.objects.get_or_create(pk=1, defaults={"at": long_ago})
    Heartbeat.objects.filter(pk=1, paused_at=None).update(paused_at=timezone.now())


def resume_sending() -> None:
    """Let sending go on."""
    Heartbeat.objects.filter(pk=1).update(paused_at=None)


def is_paused() -> bool:
    """Whether a person has stopped all sending."""
    return switches()[0]


def switches() -> tuple[bool, bool]:
    """Return whether all sending is stopped, and whether letters and notes are held back."""
    found = Heartbeat.objects.filter(pk=1).values_list("paused_at", "bulk_paused_at").first()
    all_paused, bulk_paused = found or (None, None)
    return all_paused is not None, bulk_paused is not None
