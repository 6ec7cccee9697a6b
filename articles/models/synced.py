"""What every row of the library has in common, when something was looked up too long ago, and the
texts that show it.
"""

from datetime import date, timedelta
from typing import Any, cast

from django.apps import apps
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


def articles() -> Any:
    """Return the manager of articles."""
    return cast(Any, apps.get_model("articles", "Article"))._default_manager.all()


def text_models() -> list[Any]:
    """Return the models of what readers read: articles, pages, responses."""
    return [apps.get_model("articles", name) for name in ("Article", "Page", "Response")]
