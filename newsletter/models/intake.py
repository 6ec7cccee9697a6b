"""The intake: what the public forms took, until the worker has decided it."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from newsletter.models.subscribers import Subscriber
from trustsite.characters import Texts

LATE = timedelta(minutes=15)  # that a request waits, until somebody must look


class FormRequestQuerySet(models.QuerySet["FormRequest"]):
    """Requests by whose they are, and how long they wait."""

    def about(self, fingerprint: str) -> "FormRequestQuerySet":
        """Those that name an address, or that its person made."""
        persons = Subscriber.objects.filter(fingerprint=fingerprint).values("public_id")
        return self.filter(models.Q(fingerprint=fingerprint) | models.Q(asked_by__in=persons))

    def waiting(self) -> "FormRequestQuerySet":
        """Those that the worker may still decide by itself."""
        return self.filter(is_stuck=False)

    def late(self) -> "FormRequestQuerySet":
        """Those that the worker should long have decided."""
        return self.filter(asked_at__lt=timezone.now() - LATE)


class FormRequest(Texts):
    """A request by a public form, as it was sent, with no sign of who sent it.

    It goes in the transaction that decides it (`subscribing/intake.py`).
    """

    class Kind(models.TextChoices):
        GUIDE = "guide", "Asks for the guide"
        SETTINGS = "settings", "Asks for the link to what we hold"
        MOVE = "move", "Names a new address"

    kind = models.CharField(max_length=10, choices=Kind)
    address = models.EmailField()
    # The address's keyed hash, so that who leaves meanwhile takes what waits along.
    fingerprint = models.CharField(max_length=64, db_index=True, editable=False)
    wants_letters = models.BooleanField("wants the letters", default=False)
    wording = models.CharField("wording agreed to", max_length=20, blank=True)
    # The public id of who names a new address. No foreign key: a row that is locked to be decided
    # must not wait for its person's, nor the other way round.
    asked_by = models.CharField(max_length=22, blank=True, editable=False)
    asked_at = models.DateTimeField("asked")
    # It broke when it was decided, and waits for the next worker: perhaps with mended code.
    is_stuck = models.BooleanField(default=False, editable=False)

    objects = FormRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Request {self.pk}"
