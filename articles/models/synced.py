"""What every row of the library has in common, and when something was looked up too long ago."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone

from trustsite.models import CachedPageModel

STALE_AFTER = timedelta(days=180)


class SyncedModel(CachedPageModel):
    """A row that also travels as a file.

    What it said when it was last loaded or exported, and when it changed since.
    """

    changed_at = models.DateTimeField(auto_now=True)
    synced_at = models.DateTimeField(null=True, editable=False)
    synced_digest = models.CharField(max_length=64, blank=True, editable=False)

    # Set at the desk on a row that gets another name, when the texts that use it get that too.
    carries_its_uses = False

    class Meta:
        abstract = True


def is_stale(checked_on: date | None) -> bool:
    """Whether nobody has checked this within the last 180 days."""
    return checked_on is None or timezone.localdate() - checked_on > STALE_AFTER
