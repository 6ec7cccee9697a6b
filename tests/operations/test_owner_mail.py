"""What its owner is told: at once what can't wait, once a day the rest, and nothing of anybody."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from django.utils import timezone

from newsletter.models import Heartbeat
from operations import error_log, owner_mail, verdicts
from operations.backups import store
from operations.doctor import site_checks
from tests.factories import make_delivery, make_form_request, make_helpline
from trustsite.web.log_redaction import Redact

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 27, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def well(settings, tmp_path, monkeypatch):
    """A site of which all is well."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: MORNING)
    settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, tmp_path / "backups"
    settings.SUPPRESSION_JOURNAL = tmp_path / "journal"
    settings.OWNER_EMAIL = "owner@private.example"
    # The tests' database is in memory.
    looks = (site_checks.worker, site_checks.intake, site_checks.backups)
    assert set(looks) < set(owner_mail.URGENT_CHECKS)
    monkeypatch.setattr(owner_mail, "URGENT_CHECKS", looks)
    monkeypatch.setattr(owner_mail, "DAILY_CHECKS", (*looks, site_checks.helplines))
    settings.BACKUP_DIR.mkdir()
    lay(settings, MORNING)
    Heartbeat.beat()
    make_helpline(checked_on=timezone.localdate(), url="https://samaritans.example")


def lay(settings, at):
    for old in settings.BACKUP_DIR.iterdir():
        old.unlink()
    (settings.BACKUP_DIR / f"{store.new_name('backup', at)}.tar.gz.age").write_bytes(b"x")


def at(monkeypatch, moment):
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def subjects():
    return [message.subject for message in mail.outbox]


def drilled(settings):
    verdicts.keep("drill", {"at": MORNING.isoformat(), "ok": True, "s": 1})


def test_when_all_is_well_nobody_is_written_to(settings):
    drilled(settings)
    call_command("tell_owner")
    assert mail.outbox == []


def test_a_late_worker_is_told_at_once_and_once_a_day_while_it_lasts(settings, monkeypatch):
    drilled(settings)
    night = MORNING.replace(hour=2)
    at(monkeypatch, night)
    Heartbeat.objects.update(at=night - timedelta(minutes=10))
    lay(settings, night)
    for _ in range(3):
        call_command("tell_owner")
    assert subjects() == ["Your site needs you"]
    assert "worker isn’t running" in mail.outbox[0].body
    assert mail.outbox[0].to == ["owner@private.example"]
    at(monkeypatch, night + timedelta(days=1))
    lay(settings, night + timedelta(days=1))
    call_command("tell_owner")
    assert subjects() == ["Your site needs you"] * 2
    Heartbeat.beat()
    call_command("tell_owner")
    Heartbeat.objects.update(at=night)
    call_command("tell_owner")  # back again: new
    assert subjects() == ["Your site needs you"] * 3


def test_requests_that_nobody_decides_cant_wait(settings):
    drilled(settings)
    make_form_request(asked_at=timezone.now() - timedelta(hours=1))
    call_command("tell_owner")
    assert "Requests by forms wait (1)" in mail.outbox[0].body
    assert "ann@" not in mail.outbox[0].body


def test_old_backups_cant_wait(settings):
    lay(settings, MORNING - timedelta(days=2))
    call_command("tell_owner")
    assert "backups: The newest is 2 days old." in mail.outbox[0].body


def test_many_failed_mails_cant_wait_and_few_come_with_the_digest(settings):
    drilled(settings)
    for _ in range(3):
        make_delivery(state="failed", changed_at=MORNING - timedelta(minutes=5))
    call_command("tell_owner")
    assert subjects() == ["Your site: the last day"]
    assert "3 of 3 mails failed" in mail.outbox[0].body
    for _ in range(8):
        make_delivery(state="failed", changed_at=MORNING - timedelta(minutes=5))
    call_command("tell_owner")
    assert subjects() == ["Your site: the last day", "Your site needs you"]


def test_due_helplines_come_with_the_digest_once_a_day(settings, monkeypatch):
    drilled(settings)
    make_helpline()
    for _ in range(3):
        call_command("tell_owner")
    assert subjects() == ["Your site: the last day"]
    assert "1 of 2 are to be looked up" in mail.outbox[0].body
    at(monkeypatch, MORNING + timedelta(hours=20))
    Heartbeat.beat()
    call_command("tell_owner")
    assert len(mail.outbox) == 1


@pytest.fixture
def errors(settings):
    """A logger whose errors go where the site's go."""
    handler = error_log.Handler(settings.DATA_DIR / "errors.jsonl")
    handler.addFilter(Redact())
    logger = logging.getLogger("operations.test")
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def boom(secret):
    raise ValueError(secret)


def test_errors_are_told_by_kind_and_place_and_nothing_that_was_typed(
    settings, errors, monkeypatch
):
    drilled(settings)
    monkeypatch.setattr("time.time", MORNING.timestamp)
    for _ in range(3):
        try:
            boom("reader@example.org typed CANARY")
        except ValueError:
            errors.exception(
                "Internal Server Error: %s", "/newsletter/unsubscribe/" + "aB3" * 20 + "/?q=CANARY"
            )
    errors.error("Nothing for %s", "reader@example.org")
    call_command("tell_owner")
    body = mail.outbox[0].body
    assert "3 × Internal Server Error: /newsletter/unsubscribe/" in body
    assert "ValueError in test_owner_mail.py:" in body
    text = body + (settings.DATA_DIR / "errors.jsonl").read_text()
    for secret in ("reader@", "CANARY", "aB3aB3"):
        assert secret not in text
    assert (settings.DATA_DIR / "errors.jsonl").stat().st_mode & 0o077 == 0


def test_the_error_log_grows_no_further_than_its_limit(settings, errors):
    for _ in range(3000):
        errors.error("x" * 300)
    size = (settings.DATA_DIR / "errors.jsonl").stat().st_size
    assert error_log.MAX_SIZE < size < error_log.MAX_SIZE + 1000


def test_old_errors_go(settings, errors):
    errors.error("one")
    assert error_log.prune(datetime.now(UTC) - timedelta(days=14)) == 0
    assert error_log.prune(datetime.now(UTC) + timedelta(days=14)) == 1
    assert error_log.entries() == []


def test_a_mail_that_couldnt_be_sent_is_due_again(settings, monkeypatch):
    drilled(settings)
    make_helpline()

    def broken(self):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", broken)
        with pytest.raises(CommandError, match="tried again"):
            call_command("tell_owner")
    call_command("tell_owner")
    assert subjects() == ["Your site: the last day"]


def test_without_an_owner_nobody_is_written_to(settings, capsys):
    settings.OWNER_EMAIL = ""
    lay(settings, MORNING - timedelta(days=9))
    call_command("tell_owner")
    assert "OWNER_EMAIL" in capsys.readouterr().out
    assert mail.outbox == []


def test_a_database_that_is_away_is_told(settings, monkeypatch):
    def away(options):
        raise OSError("host=db.internal password=hunter2")

    monkeypatch.setattr(owner_mail, "URGENT_CHECKS", (away,))
    monkeypatch.setattr(owner_mail, "DAILY_CHECKS", ())
    call_command("tell_owner")
    assert "away: It can’t be looked at (OSError)." in mail.outbox[0].body
    assert "hunter2" not in mail.outbox[0].body


def test_the_error_page_says_only_what_is_so(client):
    page = render_to_string("500.html")
    assert "have been told" not in page
