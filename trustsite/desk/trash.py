"""Trash: what is deleted at the desk can be brought back for 30 days; then the worker erases it."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.serializers.base import DeserializationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, models, router, transaction
from django.utils import timezone

from trustsite.models import TrashedRow

KEPT_FOR = timedelta(days=30)
EVERY = 3600  # seconds from one look of the worker to the next
_looked_at = -float(EVERY)


class ExactEncoder(DjangoJSONEncoder):
    """An encoder that keeps a moment to the microsecond."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class NotRestoredError(Exception):
    """A row can’t come back; the message says why."""


def keep(row: models.Model, user: Any) -> TrashedRow | None:
    """Keep a row that is about to be deleted, and what goes with it. A file doesn’t come back, so its row isn’t kept."""
    if any(isinstance(field, models.FileField) for field in row._meta.fields):
        return None
    collector = NestedObjects(using=router.db_for_write(type(row)))
    collector.collect([row])
    rows: list[Any] = [row]
    for model, instances in reversed(list(collector.data.items())):
        rows += [one for one in instances if model is not type(row) or one.pk != row.pk]
    return TrashedRow.objects.create(
        label=row._meta.label_lower,
        title=str(row)[:200],
        data=serializers.serialize("json", rows, cls=ExactEncoder),
        deleted_by=user,
    )


@transaction.atomic
def restore(trashed: TrashedRow) -> Any:
    """Bring a row back with what went with it, and return it.

    Raises NotRestoredError when something else has taken its place, or what it needs is gone.
    """
    try:
        found = list(serializers.deserialize("json", trashed.data, ignorenonexistent=True))
        row: Any = found[0].object
        if type(row)._base_manager.filter(pk=row.pk).exists():
            raise NotRestoredError("It is there already.")
        row.full_clean()
        for one in found:
            one.save()
        row.save()  # as any save: its history, addresses, index and pages follow
    except ValidationError as error:
        raise NotRestoredError(" ".join(error.messages)) from error
    except (DeserializationError, DatabaseError) as error:
        raise NotRestoredError("What it belonged to isn’t there any more.") from error
    trashed.delete()
    return row


def empty() -> int:
    """Erase what has lain there for 30 days, and return how much."""
    old = TrashedRow.objects.filter(deleted_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]


def empty_each_hour() -> None:
    """Part of the worker’s round: look once an hour."""
    global _looked_at
    if time.monotonic() - _looked_at >= EVERY:
        _looked_at = time.monotonic()
        empty()
