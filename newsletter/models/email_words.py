"""Words of e-mails: an editor's own for one kind of mail, in place of the shipped ones."""

from django.db import models
from simple_history.models import HistoricalRecords

from newsletter.models.outbox import Delivery
from trustsite.characters import Texts


class EmailWords(Texts):
    """What one kind of mail says; for a note, also when it goes. Without a row: as shipped."""

    kind = models.CharField("mail", max_length=10, choices=Delivery.Kind, unique=True)
    subject = models.CharField(max_length=150)
    body = models.TextField("text", help_text="Markdown, as in letters.")
    # Of the body, when it was saved: a mail is made without reading Markdown.
    html = models.TextField(blank=True, editable=False)
    text = models.TextField(blank=True, editable=False)
    day = models.PositiveSmallIntegerField("days after the guide", null=True, blank=True)
    is_sent = models.BooleanField("belongs to the series", default=True)
    changed_at = models.DateTimeField("last change", auto_now=True)
    # What its file said when the two were last the same (issues/content_files/emails.py).
    synced_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    history = HistoricalRecords(excluded_fields=["html", "text", "synced_digest"])

    class Meta:
        verbose_name = verbose_name_plural = "words of e-mails"

    def __str__(self) -> str:
        return str(self.get_kind_display())
