"""The retention table: all that is kept of a person or a visitor, why, for how long, and by whose hand it goes.

The privacy pages show it (`:::retention` in their text); `manage.py retention` enforces and reports it.
A table or field that isn't here fails a test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Min, Model

from analytics import models as analytics
from articles.models import Redirect, SlugRedirect
from newsletter.models import Bounce, Delivery, FormMailCount, FormRequest, Subscriber
from newsletter.outbox import retention as newsletter
from operations import error_log
from operations.backups import store
from trustsite.desk import trash
from trustsite.desk.writing import presence
from trustsite.models import Presence, TrashedRow

LOGS = timedelta(days=14)
ADMIN_LOG = timedelta(days=365)
SESSIONS = timedelta(seconds=settings.SESSION_COOKIE_AGE)


@dataclass(frozen=True)
class Kept:
    """One row of the table. `places` are models, as "app.Model", or files."""

    what: str
    why: str
    places: tuple[str, ...]
    how_long: str
    limit: timedelta | None  # None: until something else ends it, which `how_long` says
    hand: str
    page: tuple[str, str, str] | None = None  # what, why and how long, as the privacy pages say it
    oldest: Callable[[], datetime | None] = lambda: None
    doctor: tuple[str, ...] = ()  # its looks that must find it so, for the pages to say it plainly


def _oldest(model: type[Model], field: str, **only: object) -> Callable[[], datetime | None]:
    def ask() -> datetime | None:
        found: datetime | None = model._default_manager.filter(**only).aggregate(at=Min(field))[
            "at"
        ]
        return found

    return ask


def _oldest_sum() -> datetime | None:
    day = analytics.DailySum.objects.aggregate(at=Min("day"))["at"]
    return datetime.combine(day, time(), UTC) if day else None


def _oldest_use() -> datetime | None:
    days = [
        model._default_manager.aggregate(at=Min("last_used_on"))["at"]
        for model in (Redirect, SlugRedirect)
    ]
    return min((datetime.combine(day, time(), UTC) for day in days if day), default=None)


def _oldest_backup() -> datetime | None:
    found = [*store.stored(), *store.stored("replaced")]
    return min((backup.at for backup in found), default=None)


WORKER = "the mail worker, each hour"
COMMAND = "manage.py retention, each night"
TABLE = (
    Kept(
        "what a form sent: an address, what was asked for and when",
        "to do what was asked",
        ("newsletter.FormRequest",),
        "72 hours; mostly a second",
        newsletter.PENDING,
        WORKER,
        (
            "What you send by a form of ours, until our mail program has read it",
            "To do as you asked",
            "Mostly a second, 72 hours at most",
        ),
        _oldest(FormRequest, "asked_at"),
    ),
    Kept(
        "answers to the quiz, and results",
        "to make the page that shows the result",
        (),
        "not kept",
        None,
        "nobody’s: they are never written",
        (
            "Your quiz answers, and the result they lead to",
            "To make the page that shows your result",
            "Not kept",
        ),
    ),
    Kept(
        "words typed into the search box",
        "to find pages",
        (),
        "not kept",
        None,
        "nobody’s: they are never written",
        ("Words you type into our search box", "To find the pages you see next", "Not kept"),
    ),
    Kept(
        "an address not yet confirmed",
        "to ask whether it is theirs",
        ("newsletter.Subscriber",),
        "72 hours",
        newsletter.PENDING,
        WORKER,
        ("An address not yet confirmed", "To ask if it’s yours", "72 hours"),
        _oldest(Subscriber, "asked_at", state=Subscriber.State.PENDING),
    ),
    Kept(
        "an address for the guide alone",
        "to send the guide",
        ("newsletter.Subscriber",),
        "7 days after delivery",
        newsletter.GUIDE_ONLY,
        WORKER,
        ("An address for the guide alone", "To send the guide", "7 days after delivery"),
        _oldest(Subscriber, "guide_sent_at", state=Subscriber.State.CONFIRMED, wants_letters=False),
    ),
    Kept(
        "an address for the letters, with what was agreed to and when",
        "to send the letters, and to show that they were asked for",
        ("newsletter.Subscriber",),
        "until its person stops them",
        None,
        "its person, by a link in every mail",
        ("An address for the letters", "To send the letters", "Until you stop them"),
    ),
    Kept(
        "a new address that somebody wants to move to",
        "to ask whether it is theirs",
        ("newsletter.Subscriber",),
        "72 hours",
        newsletter.PENDING,
        WORKER,
        (
            "A new address you want to move to",
            "To ask if it’s yours",
            "72 hours, or until you confirm it",
        ),
    ),
    Kept(
        "what belongs to an address: wishes, wording, moments, codes",
        "to show that it was asked for, and do as its person wishes",
        ("newsletter.Subscriber",),
        "as long as the address",
        None,
        "whatever ends the address",
        (
            "With each address: what you asked for, the wording, when you asked and confirmed, a pause, "
            "when an e-mail came back, two codes",
            "To show that you asked, and do as you wish",
            "As long as the address",
        ),
    ),
    Kept(
        "an address that waits for its last mail",
        "to say that it is done",
        ("newsletter.Subscriber",),
        "3 days",
        newsletter.LEAVING,
        WORKER,
        oldest=_oldest(Subscriber, "asked_at", state=Subscriber.State.LEAVING),
    ),
    Kept(
        "an address whose mail came back",
        "to rest it, in case that was a mistake",
        ("newsletter.Subscriber",),
        "30 days",
        newsletter.RETURNED,
        WORKER,
        (
            "An address whose e-mail came back because it doesn’t exist",
            "To rest it, in case that was a mistake",
            "30 days, or until you confirm again",
        ),
        _oldest(Subscriber, "returned_at", state=Subscriber.State.RETURNED),
    ),
    Kept(
        "delivery records",
        "to see that mails arrive",
        ("newsletter.Delivery",),
        "90 days",
        newsletter.DELIVERIES,
        WORKER,
        (
            "Delivery records: what was sent, when, how it went",
            "To see that e-mails arrive",
            "90 days",
        ),
        _oldest(Delivery, "changed_at", state__in=[Delivery.State.SENT, Delivery.State.FAILED]),
    ),
    Kept(
        "returned mails and complaints, by a keyed hash",
        "to stop writing where we aren't wanted",
        ("newsletter.Bounce",),
        "90 days",
        newsletter.BOUNCES,
        WORKER,
        (
            "Returned e-mails and complaints: a scrambled address, what it was and when",
            "To stop writing where we aren’t wanted",
            "90 days",
        ),
        _oldest(Bounce, "at"),
    ),
    Kept(
        "the suppression list: a keyed hash, the reason and the date",
        "never to write again",
        ("newsletter.Suppression",),
        "as long as the site exists, or until its person asks",
        None,
        "its person, by asking again and confirming",
        (
            "A do-not-write list: a scrambled address, the reason and the date",
            "So that we don’t write again",
            "As long as the site exists, or until you ask",
        ),
    ),
    Kept(
        "the suppression journal: the same, with the time",
        "to take leavers out again after a restore",
        ("suppressed.journal",),
        "a week longer than backups",
        timedelta(days=settings.BACKUP_DAYS + 7),
        "manage.py backup, each night",
    ),
    Kept(
        "mails that forms caused, counted by a keyed hash",
        "that nobody is flooded",
        ("newsletter.FormMailCount",),
        "30 days",
        newsletter.FORM_MAILS,
        WORKER,
        (
            "A count of e-mails that our forms caused, per scrambled address",
            "So that nobody is flooded",
            "30 days",
        ),
        _oldest(FormMailCount, "at"),
    ),
    Kept(
        "tries at the editors' login, counted by a keyed hash",
        "to keep guessers out",
        ("limits.sqlite3",),
        "two hours",
        timedelta(hours=2),
        WORKER,
    ),
    Kept(
        "counts of misuse of forms, by a keyed hash with a key of the day",
        "to slow down misuse",
        ("the cache", "limits.sqlite3"),
        "24 hours",
        timedelta(hours=24),
        "the cache itself",
        (
            "A code made from the IP address that sent a form, with a key that changes each day",
            "To slow down misuse",
            "24 hours at most, and in no backup",
        ),
    ),
    Kept(
        "a list that somebody brings in, encrypted, and how many of it came in",
        "to show what would become of it before anything changes",
        ("newsletter.ListJob", "list-files"),
        "the file until it is brought in, a day at most; the numbers for a week",
        None,
        WORKER,
    ),
    Kept(
        "another site's export and its pictures, without its comments and its people",
        "to show what would become of it before anything comes in",
        ("articles.ImportJob", "imports"),
        "the files until it is brought in, two days at most; what became of it for two weeks",
        None,
        WORKER,
    ),
    Kept(
        "editors' logins: name, address, second factor",
        "who may write here",
        (
            "auth.User",
            "mfa.Authenticator",
            "account.EmailAddress",
            "account.EmailConfirmation",
        ),
        "as long as they work here",
        None,
        "an owner, at the desk",
    ),
    Kept(
        "whether an editor wants the morning mail, and what became of the last one",
        "to send it once a day at most, and to those who want it",
        ("trustsite.DeskDigest",),
        "as long as they work here",
        None,
        "an owner, at the desk",
    ),
    Kept(
        "editors' sessions",
        "to stay logged in",
        ("sessions.Session",),
        "twelve hours",
        SESSIONS,
        COMMAND,
        oldest=_oldest(Session, "expire_date"),
    ),
    Kept(
        "what editors did at the desk",
        "who changed what",
        ("admin.LogEntry",),
        "a year",
        ADMIN_LOG,
        COMMAND,
        oldest=_oldest(LogEntry, "action_time"),
    ),
    Kept(
        "what editors deleted at the desk, and who deleted it",
        "so that a mistake can be undone",
        ("trustsite.TrashedRow",),
        "30 days",
        trash.KEPT_FOR,
        WORKER,
        (
            "Drafts and entries that our editors deleted",
            "So that a mistake can be undone",
            "30 days",
        ),
        _oldest(TrashedRow, "deleted_at"),
    ),
    Kept(
        "which editor wrote, checked or changed a text",
        "so that texts have somebody who answers for them",
        ("articles", "quiz", "newsletter.HistoricalEmailWords"),
        "as long as the text",
        None,
        "an editor, at the desk",
    ),
    Kept(
        "words that an editor typed and hasn't saved",
        "so that none are lost",
        ("trustsite.Autosave",),
        "until they save them or throw them away",
        None,
        "the editor, at the desk",
    ),
    Kept(
        "which editor has a text open at the desk",
        "so that two know of each other",
        ("trustsite.Presence",),
        "a minute",
        presence.FORGOTTEN_AFTER,
        f"the next page at the desk, and {COMMAND}",
        oldest=_oldest(Presence, "seen_at"),
    ),
    Kept(
        "the server's log: time, page, outcome, speed, one letter for the class of a visit",
        "to run the site",
        ("access.log",),
        "14 days",
        LOGS,
        "logrotate, each day",
        (
            "The server’s log: time, page, outcome, speed, one letter for the kind of visit",
            "To run the site",
            "14 days",
        ),
        doctor=("access log",),
    ),
    Kept(
        "daily sums: a day, a kind, a page or a step, and how often",
        "to see what helps",
        ("analytics.DailySum", "daily-sums"),
        "25 months",
        analytics.KEEP,
        COMMAND,
        (
            "Daily sums: a day, a kind, a page or a step, and how often",
            "To see what helps",
            "25 months",
        ),
        _oldest_sum,
    ),
    Kept(
        "of each old address how often it was used in 90 days, and on which day last",
        "to see which are still needed",
        ("articles.Redirect", "articles.SlugRedirect"),
        "25 months from the last use",
        analytics.KEEP,
        WORKER,
        (
            "Of each old address, how often it was used in 90 days and when last",
            "To see which are still needed",
            "25 months from the last use",
        ),
        _oldest_use,
    ),
    Kept(
        "errors of the site: where in the code, on which page, nothing typed",
        "to mend them",
        ("errors.jsonl",),
        "14 days",
        LOGS,
        COMMAND,
        oldest=error_log.oldest,
    ),
    Kept(
        "messages that readers write",
        "to answer them",
        (),
        "until somebody asks for it to be deleted",
        None,
        "the owner, in their own mailbox",
        ("A message you write to us", "To answer you", "Until you ask us to delete it"),
    ),
    Kept(
        "backups of all of this",
        "so that nothing is lost",
        ("backup-*", "replaced-*"),
        f"{settings.BACKUP_DAYS} days",
        timedelta(days=settings.BACKUP_DAYS),
        "manage.py backup, each night",
        oldest=_oldest_backup,
    ),
)
# Models of other packages and of ours that hold nothing of anybody, with the reason.
NOBODYS = {
    "analytics.LogPosition": "how far a log was counted",
    "newsletter.Heartbeat": "when the worker last ran",
    "newsletter.Letter": "letters to everybody, the same for all",
    "newsletter.EmailWords": "what mails say, the same to all",
    "trustsite.CacheVersion": "a number",
    "auth.Group": "roles",
    "auth.Permission": "names of permissions",
    "contenttypes.ContentType": "names of tables",
}
