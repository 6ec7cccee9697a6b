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


def texts_showing(target: str) -> list[Any]:
    """Return the texts that show `picture:key` or `snippet:key`, drafts too, without their words.

    What each shows was noted when it was saved, so no text is read for this.
    """
    shows = cast(Any, apps.get_model("articles", "TextUse"))._default_manager.filter(
        how="shows", target=target
    )
    found: list[Any] = []
    for model in text_models():
        keys = shows.filter(text_kind=model._meta.model_name).values("text_id")
        rows = model._default_manager.filter(pk__in=keys)
        found += rows.defer("body", "html", "contents", "citations")
    return found


def text_models() -> list[Any]:
    """Return the models of what readers read: articles, pages, responses."""
    return [apps.get_model("articles", name) for name in ("Article", "Page", "Response")]
