"""All that is kept about people who asked for mail, and the outbox. A test pins the list of fields."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

HEARTBEAT_EVERY = timedelta(seconds=20)


def new_public_id() -> str:
    """Return 128 random bits as text."""
    return secrets.token_urlsafe(16)


def new_message_id() -> str:
    """Return a Message-ID on our own mail domain that says nothing about this machine."""
    return f"<{secrets.token_hex(16)}@{settings.FROM_EMAIL.rpartition('@')[2]}>"


class Subscriber(models.Model):
    """An address that asked for the guide, and perhaps for the letters. No name, no IP address, no result."""

    class State(models.TextChoices):
        PENDING = "pending", "Asked, not yet confirmed"
        CONFIRMED = "confirmed", "Confirmed"

    address = models.EmailField(unique=True)
    # The address's keyed hash: the same for all ways of writing its capitals, and what unsubscribe links carry, so that a
    # link in any old mail still works for somebody who left and came back.
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    wants_letters = models.BooleanField("wants the letters", default=False)
    wording = models.CharField("wording agreed to", max_length=20)
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    guide_sent_at = models.DateTimeField("guide sent", null=True, blank=True)

    def __str__(self) -> str:
        return f"Subscriber {self.pk}"  # never the address: the admin's history would keep it

    def save(self, *args: Any, **kwargs: Any) -> None:
        from newsletter.suppression import fingerprint

        self.fingerprint = fingerprint(self.address)
        super().save(*args, **kwargs)


class Suppression(models.Model):
    """An address that must not be written to, as a keyed hash."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        ERASED = "erased", "Asked to be erased"
        BOUNCED = "bounced", "Does not exist or refused us for good"
        COMPLAINED = "complained", "Marked a mail as unwanted"

    fingerprint = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    since = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return f"Suppression {self.pk}"


class FormMail(models.Model):
    """One mail that somebody's filling in the form made us send: a keyed hash and a time, kept for 30 days.

    It limits how often a stranger can make us write to one person, also after the person's row has gone.
    """

    hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Form mail {self.pk}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries by what may be done with them."""

    def due(self) -> "DeliveryQuerySet":
        """Those a worker may take now."""
        return self.filter(state__in=Delivery.WAITING, not_before__lte=timezone.now())

    def finished(self) -> "DeliveryQuerySet":
        """Those that nothing more will happen to by itself."""
        return self.exclude(state__in=Delivery.OPEN)


class Delivery(models.Model):
    """One mail to one person: a row of the outbox. `delivery.py` alone changes it."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", "Please confirm"
        GUIDE = "guide", "The guide"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        RETRY = "retry", "Will be tried again"
        FAILED = "failed", "Failed"
        SUPPRESSED = "suppressed", "Not sent: no longer wanted"
        UNKNOWN = "unknown", "Unsure whether it arrived"

    WAITING = [State.QUEUED, State.RETRY]
    OPEN = [*WAITING, State.SENDING]

    kind = models.CharField(max_length=10, choices=Kind)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker_token = models.CharField(max_length=32, blank=True)
    message_id = models.CharField("Message-ID", max_length=255, unique=True, default=new_message_id)
    smtp_reply = models.CharField("what the mail server said", max_length=200, blank=True)
    created_at = models.DateTimeField("asked for", default=timezone.now)
    changed_at = models.DateTimeField("last change", default=timezone.now)
    sent_at = models.DateTimeField("sent", null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["kind", "subscriber"], name="one_mail_of_a_kind_per_person")]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state__in=["queued", "retry"]), name="waiting_mail"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="mail_being_sent"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class Heartbeat(models.Model):
    """One row: when the worker last ran, and what stopped it if something did."""

    at = models.DateTimeField(default=timezone.now)
    trouble = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"Heartbeat at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, trouble: str = "") -> None:
        """Note that the worker is running now, or why it stops."""
        cls.objects.update_or_create(pk=1, defaults={"at": timezone.now(), "trouble": trouble})

    @classmethod
    def last(cls) -> datetime | None:
        """Return when the worker last ran."""
        return cls.objects.filter(pk=1).values_list("at", flat=True).first()

    @classmethod
    def is_late(cls) -> bool:
        """Whether the worker has missed two beats, or never ran."""
        last = cls.last()
        return last is None or timezone.now() - last > 2 * HEARTBEAT_EVERY
