"""What the owner is told by mail: at once what can't wait, once a day the rest. Redacted, of nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.digest import sending as digests
from newsletter.models import Delivery
from operations import error_log, verdicts
from operations.doctor import host_checks, site_checks
from operations.doctor.findings import FAIL, OK, Check, Finding
from trustsite.web.log_redaction import redact

DAY = timedelta(days=1)
DIGEST_HOUR = 6  # of the site’s time
FAILED_MANY, FAILED_SHARE = 10, 0.05  # mails of an hour that failed, from where it can't wait
ERRORS_MANY = 20  # errors within an hour
URGENT_CHECKS: tuple[Check, ...] = (
    site_checks.database,
    site_checks.worker,
    site_checks.intake,
    site_checks.backups,
    host_checks.disk,
)
DAILY_CHECKS: tuple[Check, ...] = (*URGENT_CHECKS, site_checks.migrations, site_checks.helplines)


@dataclass(frozen=True)
class Told:
    """What was sent: how many urgent lines, and whether the digest."""

    urgent: int
    digest: bool


def tell(now: datetime | None = None) -> Told:
    """Send what is due to OWNER_EMAIL. Raises what the mail backend raises; then it is due again."""
    now = now or timezone.now()
    state = verdicts.latest("owner_told")
    before = state.get("urgent", {})
    urgent = list(_urgent(now))
    due = [line for line in urgent if _is_due(before.get(line.key), now)]
    if due:
        _send("Your site needs you", [line.text for line in due])
    told = {line.key: now.isoformat() if line in due else before[line.key] for line in urgent}
    state |= {"urgent": told}
    verdicts.keep("owner_told", state)
    has_digest = _digest_is_due(state.get("digest"), now)
    if has_digest:
        lines = list(_digest(now))
        if lines:
            _send("Your site: the last day", lines)
        verdicts.keep("owner_told", state | {"digest": timezone.localtime(now).date().isoformat()})
    return Told(len(due), has_digest)


@dataclass(frozen=True)
class Line:
    """One thing to tell, and by what it is known again: its words may count up."""

    key: str
    text: str


def _urgent(now: datetime) -> Iterator[Line]:
    for look in URGENT_CHECKS:
        for number, finding in enumerate(_found(look)):
            if finding.status == FAIL:
                yield Line(f"{finding.check}-{number}", _words(finding))
    hour = now - timedelta(hours=1)
    failed, sent = _mails(hour)
    if failed >= FAILED_MANY and failed >= FAILED_SHARE * (failed + sent):
        yield Line("mails", f"{failed} of {failed + sent} mails of the last hour failed.")
    errors = sum(number for _, number in error_log.summary(hour))
    if errors >= ERRORS_MANY:
        yield Line("errors", f"{errors} errors within the last hour; the digest names them.")


def _digest(now: datetime) -> Iterator[str]:
    """Yield the lines of a day: nothing when all was well."""
    for look in DAILY_CHECKS:
        yield from (_words(finding) for finding in _found(look) if finding.status != OK)
    failed, sent = _mails(now - DAY)
    if failed:
        yield f"{failed} of {failed + sent} mails failed. The desk lists them, under deliveries."
    yield from _desk_mail()
    for words, number in error_log.summary(now - DAY):
        yield f"{number} × {words}"


def _desk_mail() -> Iterator[str]:
    """Say how many people's morning mails failed; the desk says whose."""
    try:
        number = digests.failed().count()
    except Exception:  # the database’s own line tells
        return
    if number:
        yield f"{number} of the morning mails to people at the desk could not be sent. Its first page says why."


def _found(look: Check) -> list[Finding]:
    try:
        return list(look({}))
    except Exception as error:  # such as a database that is away: that is what to tell
        name = look.__name__.replace("_", " ")
        return [Finding(name, FAIL, f"It can’t be looked at ({type(error).__name__}).", "")]


def _words(finding: Finding) -> str:
    return f"{finding.check}: {finding.words} {finding.mend}".strip()


def _mails(since: datetime) -> tuple[int, int]:
    try:
        recent = Delivery.objects.filter(changed_at__gt=since)
        failed = recent.filter(state=Delivery.State.FAILED).count()
        return failed, recent.filter(state=Delivery.State.SENT).count()
    except Exception:  # the database’s own line tells
        return 0, 0


def _is_due(told: str | None, now: datetime) -> bool:
    """Whether something is new, or was told a day ago and still is."""
    return told is None or now - datetime.fromisoformat(told) >= DAY


def _digest_is_due(last: str | None, now: datetime) -> bool:
    today = timezone.localtime(now)
    return last != today.date().isoformat() and today.hour >= DIGEST_HOUR


def _send(subject: str, lines: list[str]) -> None:
    words = "\n\n".join(redact(line) for line in lines)
    body = f"{words}\n\n{settings.SITE_URL}/admin/ has more; “manage.py doctor” says how all is.\n"
    EmailMessage(subject, body, settings.FROM_EMAIL, [settings.OWNER_EMAIL]).send()
