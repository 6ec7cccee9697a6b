"""The doctor: each look, on a site that is well and on one that isn't; never a secret in its words."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter.issues import dns_lookup, sender_domain
from newsletter.issues.sender_domain import Fact, Verdict
from newsletter.models import Heartbeat
from operations import verdicts
from operations.backups import store
from operations.doctor import examination, host_checks, mail_checks, site_checks
from operations.doctor.findings import FAIL, OK, WARN
from tests.factories import make_form_request
from tests.servers import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.SUPPRESSION_JOURNAL = tmp_path / "journal"
    settings.BACKUP_DIR.mkdir(mode=0o700)
    tmp_path.chmod(0o700)


def statuses(look, **options):
    return [finding.status for finding in look(options)]


def test_the_worker():
    assert statuses(site_checks.worker) == [FAIL]
    Heartbeat.beat()
    assert statuses(site_checks.worker) == [OK]
    Heartbeat.beat("The mail server does not let us in.")
    assert statuses(site_checks.worker) == [FAIL]


def test_what_forms_took_and_nobody_decided():
    make_form_request(asked_at=timezone.now() - timedelta(minutes=10))
    assert statuses(site_checks.intake) == [OK]
    make_form_request(asked_at=timezone.now() - timedelta(minutes=20))
    assert statuses(site_checks.intake) == [FAIL]


def lay(settings, age):
    name = store.new_name("backup", timezone.now() - age)
    (settings.BACKUP_DIR / f"{name}.tar.gz.age").write_bytes(b"x")


def test_backups_by_their_age(settings):
    assert statuses(site_checks.backups)[0] == FAIL
    lay(settings, timedelta(days=3))
    assert statuses(site_checks.backups)[0] == FAIL
    lay(settings, timedelta(hours=2))
    assert statuses(site_checks.backups) == [OK, WARN]  # none was tried
    now = datetime.now(UTC)
    verdicts.keep("drill", {"at": now.isoformat(), "ok": True, "s": 3.2})
    assert statuses(site_checks.backups) == [OK, OK]
    verdicts.keep("drill", {"at": now.isoformat(), "ok": False})
    assert statuses(site_checks.backups) == [OK, FAIL]
    lay(settings, timedelta(days=50))
    assert statuses(site_checks.backups) == [OK, FAIL, FAIL]


def test_files_that_others_can_read(tmp_path):
    (tmp_path / "site.sqlite3").touch(0o600)
    assert statuses(host_checks.file_modes) == [OK]
    (tmp_path / "site.sqlite3").chmod(0o644)
    [finding] = host_checks.file_modes({})
    assert (finding.status, "site.sqlite3" in finding.words) == (FAIL, True)


def test_a_full_disk(monkeypatch):
    assert set(statuses(host_checks.disk)) <= {OK, FAIL}
    usage = type("Usage", (), {"free": 1, "total": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    assert set(statuses(host_checks.disk)) == {FAIL}


LINES = {
    "2026-11-26T03:00:00+00:00 GET /articles/freeze-response/ 200 0.002": OK,
    "203.0.113.9 - - [26/Nov/2026] GET / 200": FAIL,
    "2001:db8:1:2::9 GET / 200": FAIL,
    "2026-11-26T03:00:00+00:00 GET /search/?q=my+husband 200": FAIL,
    f"2026-11-26T03:00:00+00:00 GET /newsletter/confirm/{'a1' * 20}/ 200": FAIL,
}


@pytest.mark.parametrize("line", LINES)
def test_what_an_access_log_may_hold(tmp_path, line):
    log = tmp_path / "access.log"
    log.write_text(f"{line}\n")
    [finding] = host_checks.access_log({"access_log": log})
    assert finding.status == LINES[line]


def test_a_log_that_isnt_there_or_is_too_old(tmp_path):
    import os

    log = tmp_path / "access.log"
    assert statuses(host_checks.access_log, access_log=log) == [WARN]
    log.write_text("GET / 200\n")
    old = tmp_path / "access.log.9"
    old.write_text("GET / 200\n")
    month_ago = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    os.utime(old, (month_ago, month_ago))
    assert statuses(host_checks.access_log, access_log=log) == [OK, FAIL]


def test_the_senders_domain(monkeypatch):
    facts = [
        Fact(verdict.value, verdict, "It is so.", "Mend it.")
        for verdict in (Verdict.GOOD, Verdict.HINT, Verdict.UNKNOWN, Verdict.FAULT)
    ]
    monkeypatch.setattr(sender_domain, "examine", lambda: facts)
    assert statuses(mail_checks.sender) == [OK, WARN, WARN, FAIL]


class Inbox:
    """A mail server that keeps what it takes."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox(settings):
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield inbox
    controller.stop()


def test_the_mail_server_and_a_test_mail(inbox, settings):
    assert statuses(mail_checks.mail_server) == [OK]
    assert statuses(mail_checks.mail_server, test_mail="owner@site.example") == [OK, OK]
    assert [mail.rcpt_tos for mail in inbox.mails] == [["owner@site.example"]]
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "a-login", "hunter2"
    [finding] = mail_checks.mail_server({})
    assert finding.status == FAIL
    assert "hunter2" not in str(finding)


def test_a_mail_server_that_isnt_there(settings, inbox):
    settings.EMAIL_PORT = free_port()
    assert statuses(mail_checks.mail_server) == [FAIL]


def test_a_site_that_doesnt_answer(settings):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    assert statuses(host_checks.site_address) == [FAIL]


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch):
    def broken(options):
        raise RuntimeError("postgres://user:hunter2@db")
        yield

    monkeypatch.setattr(examination, "CHECKS", {"database": broken, "worker": site_checks.worker})
    found = list(examination.examine({}))
    assert [finding.status for finding in found] == [FAIL, FAIL]
    assert "hunter2" not in str(found)


def test_the_verdict_is_kept_with_its_time_and_says_nothing_secret(
    settings, tmp_path, capsys, monkeypatch
):
    settings.OWNER_EMAIL, settings.READY_TOKEN = "owner@private.example", "t" * 60
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(dns_lookup.Lookup, "_query", lambda *question: [])
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    kept = (tmp_path / "doctor.json").read_text()
    assert json.loads(printed) == json.loads(kept)
    assert json.loads(kept)["ok"] is False
    for secret in (settings.SECRET_KEY, settings.SUPPRESSION_KEY, "t" * 60, "owner@private"):
        assert secret not in printed
    assert (tmp_path / "doctor.json").stat().st_mode & 0o077 == 0


def test_every_line_that_isnt_ok_says_how_to_mend_it(settings, monkeypatch):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(dns_lookup.Lookup, "_query", lambda *question: [])
    found = list(examination.examine({}))
    assert {finding.check for finding in found} >= {
        "settings",
        "worker",
        "backups",
        "site",
        "sender",
    }
    assert all(finding.mend for finding in found if finding.status != OK)


def test_a_wrong_address_for_the_test_mail_is_refused():
    with pytest.raises(CommandError, match="mail address"):
        call_command("doctor", test_mail="nonsense")
