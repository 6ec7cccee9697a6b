"""The outbox: one row for every mail to one person, and the pulse of the worker that sends them."""

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

HEARTBEAT_EVERY = timedelta(seconds=20)
MAILBOX_READ_WITHIN = timedelta(minutes=10)


def new_message_id() -> str:
    """Return a Message-ID on our own mail domain that says nothing about this machine."""
    return f"<{secrets.token_hex(16)}@{settings.FROM_EMAIL.rpartition('@')[2]}>"


class Waits(Func):
    """Whether a state is one of a mail that waits.

    Written out: SQLite matches a partial index to no parameter.
    """

    template = "%(expressions)s IN ('queued', 'retry')"
    output_field = models.BooleanField()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries by what may be done with them."""

    def due(self) -> "DeliveryQuerySet":
        """Those a worker may take now."""
        return self.filter(Waits("state"), not_before__lte=timezone.now())

    def finished(self) -> "DeliveryQuerySet":
        """Those that nothing more will happen to by itself."""
        return self.exclude(state__in=Delivery.OPEN)


class Delivery(models.Model):
    """One mail to one person: a row of the outbox. The package `outbox` alone changes it."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", "Please confirm"
        GUIDE = "guide", "The guide"
        LISTED = "listed", "The guide again: already on the list"
        WELCOME_1 = "welcome-1", "First note"
        WELCOME_2 = "welcome-2", "Second note"
        WELCOME_3 = "welcome-3", "Third note"
        WELCOME_4 = "welcome-4", "Fourth note"
        LETTER = "letter", "A letter"
        SETTINGS = "settings", "A link to see, change or erase what we hold"
        MOVE = "move", "Please confirm the new address"
        GOODBYE = "goodbye", "Goodbye"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        RETRY = "retry", "Will be tried again"
        FAILED = "failed", "Failed"
        SUPPRESSED = "suppressed", "Not sent: no longer wanted"
        UNKNOWN = "unknown", "Unsure whether it arrived"
        HELD = "held", "Held back: its letter is paused"

    WAITING = [State.QUEUED, State.RETRY]
    OPEN = [*WAITING, State.SENDING, State.HELD]
    # Priorities: mails that somebody waits for go first, so that twenty thousand letters never hold
    # up a confirmation.
    HIGH, BULK = 0, 1

    kind = models.CharField(max_length=10, choices=Kind)
    subscriber = models.ForeignKey(
        "newsletter.Subscriber",
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # an index below begins with it
    )
    letter = models.ForeignKey(
        "newsletter.Letter",
        on_delete=models.PROTECT,
        related_name="deliveries",
        null=True,
        blank=True,
        db_index=False,  # the indexes below begin with it
    )
    priority = models.PositiveSmallIntegerField(default=HIGH, editable=False, db_column="rank")
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

    is_counted = False  # by the rate limit; of this object alone

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subscriber"],
                condition=Q(letter=None),
                name="one_mail_of_a_kind_per_person",
            ),
            models.UniqueConstraint(
                fields=["letter", "subscriber"], name="one_copy_of_a_letter_per_person"
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "not_before", "id"],
                condition=Q(state__in=["queued", "retry"]),
                name="waiting_mail",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="mail_being_sent"
            ),
            # Newest first by what the admin filters by, without sorting or counting the rest.
            models.Index(fields=["state", "id"], name="mail_by_state"),
            models.Index(fields=["letter", "state", "id"], name="mail_by_letter_and_state"),
            models.Index(fields=["letter", "id"], name="mail_by_letter"),
            models.Index(fields=["kind", "id"], name="mail_by_kind"),
            models.Index(fields=["subscriber", "id"], name="mail_by_person"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class Heartbeat(models.Model):
    """One row: when the worker last ran, and what stopped it if something did."""

    at = models.DateTimeField(default=timezone.now)
    trouble = models.CharField(max_length=200, blank=True)
    # When a person stopped all sending, until they let it go on.
    paused_at = models.DateTimeField(null=True, blank=True)
    # When and why letters and notes were held back, and when a person last let them go on.
    bulk_paused_at = models.DateTimeField(null=True, blank=True)
    bulk_trouble = models.CharField(max_length=200, blank=True, db_default="")
    bulk_resumed_at = models.DateTimeField(null=True, blank=True)

    # When the mailbox for returned mail was last read, and what stands in the way if something does.
    mailbox_read_at = models.DateTimeField(null=True, blank=True)
    mailbox_trouble = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return f"Heartbeat at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, trouble: str = "") -> None:
        """Record that the worker is running now, or why it stops."""
        cls.objects.update_or_create(pk=1, defaults={"at": timezone.now(), "trouble": trouble})

    @classmethod
    def last(cls) -> datetime | None:
        """Return when the worker last ran."""
        return cls.objects.filter(pk=1).values_list("at", flat=True).first()

    @classmethod
    def is_late(cls) -> bool:
        """Whether the worker has missed two beats, or never ran.

        A beat from the future is none: a clock had jumped.
        """
        last = cls.last()
        return last is None or abs(timezone.now() - last) > 2 * HEARTBEAT_EVERY

    @classmethod
    def mailbox_was_read(cls) -> None:
        """Record that the mailbox for returned mail has just been read."""
        cls._of_mailbox(mailbox_read_at=timezone.now(), mailbox_trouble="")

    @classmethod
    def mailbox_failed(cls, trouble: str) -> None:
        """Record why it can't be read."""
        cls._of_mailbox(mailbox_trouble=trouble[:200])

    @classmethod
    def _of_mailbox(cls, **values: object) -> None:
        # The worker's own pulse is another matter: a row made here shows none.
        never = datetime(2000, 1, 1, tzinfo=UTC)
        cls.objects.update_or_create(pk=1, defaults=values, create_defaults={"at": never, **values})

    @classmethod
    def mailbox_is_read(cls) -> bool:
        """Whether it has been read within the last ten minutes, by a clock that is right."""
        at = cls.objects.filter(pk=1).values_list("mailbox_read_at", flat=True).first()
        return at is not None and abs(timezone.now() - at) < MAILBOX_READ_WITHIN
