"""Issues of the newsletter: mails written by an editor for everybody who asked for them.

The model is called Letter, as its table, permissions and history are; the code around it says
issue.
"""

from django.db import models
from django.utils import timezone

from trustsite.characters import Texts


class Letter(Texts):
    """One issue of the newsletter. `issues.lifecycle` alone changes its state."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Being sent"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        WITHDRAWN = "withdrawn", "Withdrawn"

    subject = models.CharField(max_length=150)
    body = models.TextField("text", help_text="Markdown, as in articles.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    send_at = models.DateTimeField("to be sent", null=True, blank=True, editable=False)
    # The words as they were when sending began: a change made meanwhile never splits the list into
    # two readings.
    sent_subject = models.CharField(max_length=150, blank=True, editable=False)
    sent_html = models.TextField(blank=True, editable=False)
    sent_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField("begun", default=timezone.now, editable=False)
    changed_at = models.DateTimeField("last change", auto_now=True)
    started_at = models.DateTimeField("sending began", null=True, blank=True, editable=False)
    finished_at = models.DateTimeField("sending ended", null=True, blank=True, editable=False)
    # The server's words (without addresses) when refusals, not a person, have paused it.
    trouble = models.CharField("why it was paused", max_length=200, blank=True, editable=False)
    # Its mails follow its state in batches (issues.copies). Copies are still to be enqueued for the
    # people whose key is lower than this; null: for nobody.
    enqueue_below = models.BigIntegerField(null=True, blank=True, editable=False)
    is_settling = models.BooleanField(
        "its mails follow its state", default=False, db_default=False, editable=False
    )
    in_archive = models.BooleanField(
        "in the public archive",
        default=False,
        db_default=False,
        help_text="Once it has gone out, anybody can read it at /newsletter/issues/. "
        "Offers are left out there.",
    )
    # Kept for longer than its deliveries are.
    copies = models.PositiveIntegerField("copies enqueued", default=0, db_default=0, editable=False)
    reached = models.PositiveIntegerField("copies sent", default=0, db_default=0, editable=False)

    class Meta:
        permissions = [("send_letter", "Can send letters")]

    def __str__(self) -> str:
        return self.subject
