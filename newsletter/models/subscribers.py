"""Subscribers: an address, what they agreed to, and who must not be written to."""

import secrets
from typing import Any

from django.db import models
from django.utils import timezone

from newsletter.hashing import fingerprint
from trustsite.characters import Texts


def new_public_id() -> str:
    """Return 128 random bits as text."""
    return secrets.token_urlsafe(16)


class Subscriber(Texts):
    """An address that asked for the guide, and perhaps for the letters.

    No name, no IP address, no result.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Asked, not yet confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        LEAVING = "leaving", "Has left; a last mail says so"
        RETURNED = "returned", "Mail came back; rests for 30 days"

    address = models.EmailField(unique=True)
    # The address's keyed hash: the same for all ways of writing its capitals, and what unsubscribe
    # links carry, so that a link in any old mail still works for somebody who left and came back.
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    wants_letters = models.BooleanField("wants the letters", default=False)
    # Asked for since, by whoever filled in the form: nothing until its page is answered.
    letters_asked = models.BooleanField(default=False, db_default=False, editable=False)
    letters_agreed_at = models.DateTimeField("agreed to the letters", null=True, blank=True)
    wording = models.CharField("wording agreed to", max_length=20)
    basis = models.CharField("consent given elsewhere", max_length=200, blank=True)
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    guide_sent_at = models.DateTimeField("guide sent", null=True, blank=True)
    paused_until = models.DateTimeField("paused until", null=True, blank=True)
    returned_at = models.DateTimeField("mail came back", null=True, blank=True, db_index=True)
    # A new address of somebody who is on the list already: confirming it moves everything over and
    # erases the old one.
    replaces = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replacement"
    )

    class Meta:
        indexes = [
            # Who gets the letters, counted without looking at anybody.
            models.Index(fields=["state", "wants_letters", "paused_until"], name="audience"),
            models.Index(fields=["state", "id"], name="person_by_state"),
        ]

    def __str__(self) -> str:
        return f"Subscriber {self.pk}"  # never the address: the admin's history would keep it

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fingerprint = fingerprint(self.address)
        super().save(*args, **kwargs)


class Suppression(models.Model):
    """An address that must not be written to, as a keyed hash."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        ERASED = "erased", "Asked to be erased"
        BOUNCED = "bounced", "Mail came back: the address did not exist"
        COMPLAINED = "complained", "Marked a mail as unwanted"

    fingerprint = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    since = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return f"Suppression {self.pk}"


class Bounce(models.Model):
    """A report of a mail service about one address, kept for 90 days.

    A keyed hash, a class and a time.
    """

    class Kind(models.TextChoices):
        HARD = "hard", "Does not exist"
        SOFT = "soft", "Did not take the mail for now"
        COMPLAINT = "complaint", "Marked as unwanted"
        ABOUT_US = "about-us", "Refused because of the sender"

    fingerprint = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    event = models.CharField("the service's name for the event", max_length=64, unique=True)

    def __str__(self) -> str:
        return f"Bounce {self.pk}"


class FormMailCount(models.Model):
    """A count of mails that forms made us send: a keyed hash and a time each, kept for 30 days.

    It limits how often a stranger can make us write to one person, also after the person's row has
    gone.
    """

    hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "newsletter_formmail"

    def __str__(self) -> str:
        return f"Form mail {self.pk}"
