"""What a restored database needs before it is used: migrations, leavers out, nothing sent twice."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from newsletter import suppression_replay
from newsletter.models import Delivery, FormRequest, Heartbeat, Letter
from newsletter.outbox import retention
from operations.backups import databases, version
from quiz.models import Version

BY_RESTORE = datetime.fromtimestamp(0, UTC)  # the pause that restoring.py puts in the database
PAGES = ("/", "/get-help/", "/articles/", "/privacy/", "/healthz")
QUIZ = "/quiz/"


def finish(made: datetime) -> dict[str, Any]:
    """Bring a database that was backed up at `made` to now; return what was done.

    A mail that waited then, and was due since, has most likely gone out: it becomes one of those of
    which nobody knows, which a person at the desk may send again. A request by a form was most likely
    decided within the second, and goes.
    """
    pending = version.pending_migrations()
    rows = databases.row_counts()
    if pending:
        call_command("migrate", verbosity=0, interactive=False)
    replayed = suppression_replay.reconcile()
    unsure = _settle_outbox(made)
    pruned = sum(retention.prune().values())
    Heartbeat.objects.filter(pk=1, paused_at=BY_RESTORE).update(paused_at=None)
    return {
        "migrated": len(pending),
        "rows": rows,
        "replayed": replayed,
        "unsure": unsure,
        "pruned": pruned,
    }


@transaction.atomic
def _settle_outbox(made: datetime) -> int:
    now = timezone.now()
    FormRequest.objects.filter(asked_at__lte=made).delete()
    states = Delivery.State
    was_due = Q(state=states.SENDING) | Q(state__in=Delivery.WAITING, not_before__lte=now)
    number = Delivery.objects.filter(was_due, created_at__lte=made).update(
        state=states.UNKNOWN, changed_at=now, lease_until=None, worker_token=""
    )
    # A letter that fell due since has most likely gone out: it waits for a person, as a late one does.
    Letter.objects.filter(state=Letter.State.SCHEDULED, send_at__lte=now).update(
        state=Letter.State.DRAFT, changed_at=now
    )
    return number


def open_pages() -> dict[str, int]:
    """Return the status of some pages, as a reader would get them from this database.

    Without a live quiz its page says so with a 503, which is no fault of the backup's: it is left out.
    """
    parts = urlsplit(settings.SITE_URL)
    client = Client(raise_request_exception=False, headers={"host": parts.netloc})
    is_secure = parts.scheme == "https"
    has_quiz = Version.objects.live().filter(quiz__slug="short").exists()
    paths = (*PAGES, QUIZ) if has_quiz else PAGES
    return {path: client.get(path, secure=is_secure).status_code for path in paths}
