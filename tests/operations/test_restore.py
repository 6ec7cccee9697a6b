"""Restoring: who left stays out, nothing is sent twice, and what was here is kept."""

import os
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from newsletter import suppression_journal
from newsletter.models import FormRequest
from operations.backups import drill, finishing, store
from operations.backups.archive import ArchiveError
from quiz import content_files as quiz_files
from tests.factories import make_form_request
from tests.operations.conftest import LEAVE, PEOPLE
from tests.operations.harm import garble
from tests.waiting import PATIENCE


def who(site):
    found = site.rows("SELECT address FROM newsletter_subscriber")
    return sorted(address.partition("@")[0] for (address,) in found)


def test_who_left_after_the_backup_is_out_after_the_restore(any_site_in):
    site = any_site_in("left")
    [file] = site.archives()
    said = site.manage("restore", file.name, "--force")
    assert "taken out again, for they had left: 2" in said
    # Who came back was on the list when the backup was made, and is again.
    assert who(site) == ["returns", "stays"]
    site.manage("backup")
    assert who(site) == ["returns", "stays"]


@pytest.mark.django_db
def test_what_a_form_took_before_the_backup_is_not_answered_again(settings, tmp_path):
    settings.SUPPRESSION_JOURNAL = tmp_path / "journal"
    made = timezone.now()
    make_form_request(asked_at=made - timedelta(seconds=1))
    later = make_form_request(asked_at=made + timedelta(seconds=1))
    finishing.finish(made)
    assert list(FormRequest.objects.all()) == [later]


def test_without_the_journal_a_leaver_is_back(site_in):
    """The twin: a restore without the replay."""
    site = site_in("left")
    [file] = site.archives()
    assert "leaves" not in who(site)
    site.journal.unlink()
    shutil.rmtree(site.folder / "media", ignore_errors=True)
    (site.folder / "site.sqlite3").unlink()
    assert "isn’t there" in site.refuses("restore", file.name)
    site.manage("restore", file.name, "--without-journal")
    assert "leaves" in who(site)


def test_a_journal_that_began_later_is_told(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    text = site.journal.read_text()
    site.journal.unlink()
    begun, nobody = suppression_journal.BEGUN, suppression_journal.NOBODY
    later = suppression_journal.Entry(int(time.time()) + 90000, begun, nobody)
    suppression_journal.append([later], site.journal)
    assert "begins on" in site.refuses("restore", file.name, "--force")
    site.journal.write_text(text)
    site.manage("restore", file.name, "--force")


KILLED = """
    import os, signal
    from django.db import transaction
    from newsletter import suppression, suppression_journal
    from newsletter.models import Subscriber
    person = Subscriber.objects.get(address="leaves@example.org")
    real = suppression_journal.note
    def note(*entry):
        {before}
        real(*entry)
        {after}
    suppression_journal.note = note
    suppression.forget(person.fingerprint, "unsubscribed")
"""
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


def killed(site, **where):
    process = site.start_script(KILLED.format(**({"before": "pass", "after": "pass"} | where)))
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL


def test_a_crash_between_journal_and_row_loses_nobody(any_site_in):
    site = any_site_in("backed-up")
    site.journal.unlink()  # the first who leaves begins it
    killed(site, after=KILL)
    assert "leaves" in who(site)  # the row wasn't committed
    site.manage("backup")
    assert "leaves" not in who(site)


def test_a_crash_before_the_journal_leaves_all_as_it_was(site_in):
    site = site_in("backed-up")
    before = site.journal.read_text()
    killed(site, before=KILL)
    assert site.journal.read_text() == before
    assert "leaves" in who(site)


def test_who_left_while_the_journal_couldnt_be_written_is_noted_by_the_next_backup(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    site.journal.rename(site.folder / "kept")
    site.journal.mkdir()
    site.script(LEAVE)  # nobody is kept from leaving
    site.journal.rmdir()
    (site.folder / "kept").rename(site.journal)
    site.manage("backup")
    site.manage("restore", file.name, "--force")
    assert "leaves" not in who(site)


def test_a_restore_never_writes_over_a_site_unasked(any_site_in):
    site = any_site_in("backed-up")
    [file] = site.archives()
    site.rows(
        "UPDATE newsletter_subscriber SET address = 'newer@example.org'"
        " WHERE address = 'stays@example.org'"
    )
    assert "--force" in site.refuses("restore", file.name)
    assert who(site) == ["leaves", "moves", "newer", "returns"]
    site.manage("restore", file.name, "--force")
    assert who(site) == ["leaves", "moves", "returns", "stays"]
    [aside] = site.backups.glob("replaced-*")
    assert list(aside.glob("*.sqlite3")) or list(aside.glob("*.pgdump"))


def test_a_restore_brings_back_pictures_and_leaves_no_old_journal_beside_the_database(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    picture = site.folder / "media/pictures/a.jpg"
    picture.write_bytes(b"as it is")
    (picture.parent / "b.jpg").write_bytes(b"newer")
    (site.folder / "site.sqlite3-wal").write_bytes(os.urandom(9000))
    garble(site.folder / "site.sqlite3")
    site.manage("restore", file.name, "--force")
    assert picture.read_bytes() == b"as it was"
    assert not (picture.parent / "b.jpg").exists()
    assert not (site.folder / "site.sqlite3-wal").exists()
    site.manage("backup", "--verify", file.name)
    assert (site.folder / "site.sqlite3").stat().st_mode & 0o077 == 0


def test_a_restore_on_an_empty_machine(site_in, tmp_path):
    site = site_in("backed-up")
    [file] = site.archives()
    journal = site.journal.read_bytes()
    shutil.copy(file, tmp_path)
    shutil.rmtree(site.folder)
    site.folder.mkdir()
    site.journal.write_bytes(journal)
    site.manage("restore", str(tmp_path / file.name))
    assert len(who(site)) == 4


def test_a_mail_that_was_due_isnt_sent_again_by_itself(site):
    site.script(
        PEOPLE
        + """
    from datetime import timedelta
    from django.utils import timezone
    from newsletter.models import Delivery, Letter
    person = Subscriber.objects.get(address="stays@example.org")
    later = timezone.now() + timedelta(days=2)
    Delivery.objects.create(subscriber=person, kind="guide")
    Delivery.objects.create(subscriber=person, kind="confirm", state="sending")
    Delivery.objects.create(subscriber=person, kind="welcome-1", not_before=later)
    Letter.objects.create(subject="A", body="b", state="scheduled", send_at=timezone.now())
    from operations.backups import store
    store.make()  # in the same second
"""
    )
    [file] = site.archives()
    site.manage("restore", file.name, "--force")
    states = dict(site.rows("SELECT kind, state FROM newsletter_delivery"))
    assert states == {"guide": "unknown", "confirm": "unknown", "welcome-1": "queued"}
    assert site.rows("SELECT state FROM newsletter_letter") == [("draft",)]


def test_while_the_worker_runs_nothing_is_restored(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    # A little ahead, so that the beat is a fresh one however long the next command takes to start.
    ahead = f"{datetime.now(UTC) + timedelta(seconds=35):%Y-%m-%d %H:%M:%S}"
    site.rows(f"INSERT INTO newsletter_heartbeat (id, at, trouble) VALUES (1, '{ahead}', '')")
    assert "worker is running" in site.refuses("restore", file.name, "--force")


@pytest.mark.parametrize("name", ["SECRET_KEY", "SUPPRESSION_KEY"])
def test_a_backup_of_other_keys_is_refused_by_name(site_in, name):
    site = site_in("backed-up")
    [file] = site.archives()
    said = site.refuses("restore", file.name, "--force", **{name: "another" * 10})
    assert name in said
    site.manage("restore", file.name, "--force", "--other-keys", **{name: "another" * 10})


def test_a_backup_of_a_newer_release_is_refused(site):
    site.rows(
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('articles', '9999_later', '2026-01-01')"
    )
    file = site.backup()
    assert "newer release" in site.refuses("restore", file.name, "--force")


def test_the_drill_changes_nothing_of_the_site(any_site_in):
    site = any_site_in("left")
    before = site.journal.read_text(), who(site)
    said = site.manage("drill")
    assert "2 who had left taken out" in said
    assert (site.journal.read_text(), who(site)) == before
    assert not list(site.backups.glob(".partial-*"))


CUT_SHORT = """
    import os, pathlib, signal
    from operations.backups import store, restoring
    restoring.prepare = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
    restoring.restore(store.find("{name}"), restoring.Wish(is_forced=True))
"""
PAUSED = "SELECT id FROM newsletter_heartbeat WHERE paused_at IS NOT NULL"


def test_a_restore_that_is_killed_writes_to_nobody_who_had_left(any_site_in):
    site = any_site_in("left")
    [file] = site.archives()
    process = site.start_script(CUT_SHORT.format(name=file.name))
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    if "leaves" in who(site):  # PostgreSQL's is in place already, and sends nothing
        assert site.rows(PAUSED)
        site.manage("finish_restore", "--made", store.find(str(file)).at.isoformat())
        assert not site.rows(PAUSED)
    assert "leaves" not in who(site)


@pytest.mark.django_db
def test_the_drill_opens_the_quiz_where_there_is_one(settings, monkeypatch):
    """The twin: a quiz that has broken is seen; one that isn't there yet is no broken backup."""
    assert "/quiz/" not in finishing.open_pages()
    quiz_files.load(settings.CONTENT_DIR)
    assert finishing.open_pages()["/quiz/"] == 200
    monkeypatch.setattr("quiz.views.show_questions", lambda *arguments: 1 / 0)
    pages = finishing.open_pages()
    assert pages["/quiz/"] == 500
    with pytest.raises(ArchiveError, match="/quiz/ 500"):
        drill._refuse_broken(pages)
