"""What doctor looks up inside the site: settings, database, worker, backups, helplines."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils import timezone

from articles.models import Helpline
from newsletter import suppression_journal
from newsletter.models import FormRequest, Heartbeat
from operations import verdicts
from operations.backups import databases, store, version
from operations.doctor.findings import Finding, fail, ok, warn

BACKUP_WITHIN = timedelta(hours=26)
DRILL_WITHIN = timedelta(days=35)


def settings_hold(options: dict[str, Any]) -> Iterator[Finding]:
    """Run the system checks, those of a public site among them."""
    deploy = not settings.DEVELOPMENT
    found = [
        message
        for message in checks.run_checks(include_deployment_checks=deploy, databases=["default"])
        if not message.is_silenced() and message.id != "articles.W002"  # helplines have their own
    ]
    for message in found:
        make = fail if message.level >= checks.ERROR else warn
        yield make("settings", str(message.msg), str(message.hint or f"See {message.id}."))
    if settings.DEVELOPMENT:
        yield warn("settings", "MODE is development.", "Leave MODE out on a public site.")
    if not settings.OWNER_EMAIL:
        yield warn("settings", "Nobody is told when something fails.", "Set OWNER_EMAIL.")
    if not found:
        yield ok("settings", "All system checks pass.")


def database(options: dict[str, Any]) -> Iterator[Finding]:
    """Ask the database, and look whether SQLite’s file is sound."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if connection.vendor == "sqlite":
        file = databases.sqlite_files()[0]
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as opened:
            found = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            mend = "Stop the site and restore the newest backup: docs/operators.md, “Restoring”."
            yield fail("database", "The database is damaged.", mend)
            return
    yield ok("database", f"{connection.vendor} answers and is sound.")


def migrations(options: dict[str, Any]) -> Iterator[Finding]:
    """Compare the database with the code."""
    pending = version.pending_migrations()
    if pending:
        yield fail("migrations", f"{len(pending)} aren’t run.", "Run “manage.py release”.")
    else:
        yield ok("migrations", "All are run.")


def worker(options: dict[str, Any]) -> Iterator[Finding]:
    """Look at the worker’s heartbeat."""
    heart = Heartbeat.objects.filter(pk=1).first()
    if Heartbeat.is_late():
        last = f"It was last seen {heart.at:%d %B %H:%M} UTC." if heart else "It never ran."
        yield fail("worker", f"The mail worker isn’t running. {last}", "Start it and read its log.")
    elif heart and heart.trouble:
        yield fail("worker", heart.trouble, "Mend that; the worker tries again by itself.")
    else:
        yield ok("worker", "The mail worker is running.")
    if heart and heart.paused_at:
        yield warn(
            "worker", "All sending is paused.", "Let it go on at the desk, under deliveries."
        )


def intake(options: dict[str, Any]) -> Iterator[Finding]:
    """Look at what forms took and the worker hasn’t decided."""
    waiting = FormRequest.objects.count()
    if FormRequest.objects.late().exists():
        words = f"Requests by forms wait ({waiting}), some for more than 15 minutes."
        mend = "Start the mail worker and read its log. After six hours the forms take no more."
        yield fail("intake", words, mend)
    else:
        yield ok("intake", "What forms take is decided within minutes.")


def backups(options: dict[str, Any]) -> Iterator[Finding]:
    """Look at the age of backups, of the last drill, and at the journal of who left."""
    found = store.stored()
    now = timezone.now()
    if not found:
        yield fail("backups", "There is none.", "Run “manage.py backup”, and its timer every day.")
    elif now - found[0].at > BACKUP_WITHIN:
        days = (now - found[0].at).days
        yield fail(
            "backups", f"The newest is {days or 1} days old.", "Look at the backup timer’s log."
        )
    elif found[0].at > now + timedelta(hours=1):
        yield warn("backups", "The newest is from the future.", "Set the clock, and make another.")
    else:
        yield ok("backups", f"{len(found)}, the newest of {found[0].at:%d %B %H:%M} UTC.")
    old = [backup for backup in found if (now - backup.at).days > settings.BACKUP_DAYS]
    if old:
        mend = "Delete them, or run “manage.py backup”: the privacy page promises it."
        yield fail("backups", f"{len(old)} are older than {settings.BACKUP_DAYS} days.", mend)
    if found and not found[0].is_encrypted:
        mend = "Set BACKUP_RECIPIENTS before they leave this machine."
        yield warn("backups", "They aren’t encrypted.", mend)
    yield from _drill(now)
    if suppression_journal.read().torn:
        mend = "See whether the disk is failing; the next backup goes on by itself."
        yield warn("backups", "The suppression journal has unreadable lines.", mend)


def _drill(now: datetime) -> Iterator[Finding]:
    last = verdicts.latest("drill")
    if not last:
        yield warn("drill", "No backup has been tried yet.", "Run “manage.py drill”.")
    elif not last.get("ok"):
        yield fail("drill", "The last one failed.", "Run “manage.py drill” and do as it says.")
    elif now - datetime.fromisoformat(last["at"]) > DRILL_WITHIN:
        yield warn("drill", "The last one is more than 35 days ago.", "Run “manage.py drill”.")
    else:
        yield ok("drill", f"A backup was restored beside the site in {last['s']} seconds.")


def helplines(options: dict[str, Any]) -> Iterator[Finding]:
    """Count the helplines that nobody has looked up of late."""
    lines = list(Helpline.objects.all())
    doubtful = sum(bool(line.doubt) for line in lines)
    if not lines:
        yield fail("helplines", "There are none.", "Run “manage.py release”.")
    elif doubtful:
        mend = "Look them up and tick them at the desk: “manage.py check_helplines” names them."
        yield warn("helplines", f"{doubtful} of {len(lines)} are to be looked up.", mend)
    else:
        yield ok("helplines", f"All {len(lines)} were looked up within 180 days.")
