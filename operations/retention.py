"""Retention: erases what is past its time, and says what is overdue. retention_table.py says what is kept."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from analytics import models as analytics
from newsletter.outbox import retention as newsletter
from operations import error_log
from operations.backups import store
from operations.retention_table import ADMIN_LOG, LOGS, TABLE
from trustsite.desk import trash
from trustsite.desk.writing import presence


def enforce() -> dict[str, int]:
    """Erase what is past its time, and return how much of each sort went. Twice is harmless."""
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now).count()
    call_command("clearsessions", verbosity=0)
    return {
        **newsletter.prune(),
        "sessions": sessions,
        "presence": presence.forget_old(),
        "desk log": LogEntry.objects.filter(action_time__lt=now - ADMIN_LOG).delete()[0],
        "trash": trash.empty(),
        "daily sums": analytics.prune(),
        "errors": error_log.prune(now - LOGS),
        "backups": len(store.rotate()),
    }


def overdue() -> list[str]:
    """Return what is older than its time, with an hour's grace for the next run."""
    grace = timedelta(hours=26)
    now = timezone.now()
    found = []
    for kept in TABLE:
        at = kept.oldest()
        if kept.limit is not None and at is not None and now - at > kept.limit + grace:
            found.append(kept.what)
    return found


def places() -> set[str]:
    """Return every model and file that the table names."""
    return {place for kept in TABLE for place in kept.places}
