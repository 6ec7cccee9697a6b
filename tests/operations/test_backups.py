"""Backups: whole under load, closed to others, refused when they are broken, and never in the way of the earlier ones."""

import io
import json
import os
import resource
import shutil
import sqlite3
import stat
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pyrage
import pytest

from operations.backups import archive, store
from tests.operations.harm import garble

# Two rows in one transaction, again and again: a copy of one moment has both or neither.
WRITER = """
    import itertools
    run = {run}
    from django.db import transaction
    from newsletter.models import Bounce, FormMailCount
    print("writing", flush=True)
    for number in itertools.count():
        with transaction.atomic():
            Bounce.objects.create(fingerprint="a" * 64, kind="soft", event=f"{{run}}-{{number}}")
            FormMailCount.objects.create(hash="b" * 64)
"""
BACKUPS = """
    from django.core.management import call_command
    from newsletter.models import Bounce
    from tests.waiting import wait_until
    for _ in range(3):
        before = Bounce.objects.count()
        call_command("backup")
        wait_until(lambda: Bounce.objects.count() > before)
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def manifest_of(path):
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile("manifest.json"))


def test_a_backup_is_one_closed_file_without_secrets_or_names(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    assert mode(site.backups) == 0o700
    assert {mode(path) for path in site.backups.iterdir()} == {0o600}
    assert store.NAME.fullmatch(file.name)
    with tarfile.open(file) as tar:
        names = tar.getnames()
        text = b"".join(tar.extractfile(name).read() for name in names)
    assert names == ["database.sqlite3", "media/pictures/a.jpg", "manifest.json"]
    for name in ("SECRET_KEY", "SUPPRESSION_KEY"):
        assert site.environment[name].encode() not in text
    manifest = manifest_of(file)
    assert "articles.0001_content" in manifest["migrations"]
    assert manifest["rows"]["auth_permission"] > 30


def test_every_backup_made_under_load_is_of_one_moment(any_site_in, settings):
    site = any_site_in("migrated")
    writers = [site.start_script(WRITER.format(run=run)) for run in (1, 2)]
    try:
        for writer in writers:
            assert writer.stdout.readline()
        site.script(BACKUPS)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    settings.BACKUP_DIR = site.backups
    rows = sorted(
        (store.verify(backup)["rows"] for backup in store.stored()),
        key=lambda found: found["newsletter_bounce"],
    )
    assert len(rows) == 3
    for found in rows:
        assert found["newsletter_bounce"] == found["newsletter_formmail"]
    assert rows[0]["newsletter_bounce"] < rows[-1]["newsletter_bounce"]
    assert "can be restored" in site.manage("drill")


def test_a_plain_copy_misses_what_was_written(site, tmp_path):
    """The twin: what `cp` makes of a database that is in use, beside what the backup makes."""
    with closing(sqlite3.connect(site.folder / "site.sqlite3")) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("INSERT INTO newsletter_formmail (hash, at) VALUES ('x', '2026-01-01')")
        live.commit()
        copy = shutil.copy(site.folder / "site.sqlite3", tmp_path / "copy.sqlite3")
        rows = manifest_of(site.backup())["rows"]
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT count(*) FROM newsletter_formmail").fetchone() == (0,)
    assert rows["newsletter_formmail"] == 1


def truncate(file):
    os.truncate(file, file.stat().st_size // 2)


def lose_the_end(file):
    os.truncate(file, file.stat().st_size - 20)


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def flip_gzips_own_sum(file):
    data = bytearray(file.read_bytes())
    data[-6] ^= 0xFF
    file.write_bytes(data)


def empty(file):
    file.write_bytes(b"")


def other(file):
    file.write_bytes(b"SQLite format 3\0" + os.urandom(5000))


def rewritten(**changes):
    """Pack the archive anew, with other members: whole for gzip and tar, and not what the manifest says."""

    def change(file):
        with tarfile.open(file) as tar:
            found = {name: tar.extractfile(name).read() for name in tar.getnames()}
        found |= {name.replace("__", "/"): data for name, data in changes.items()}
        with tarfile.open(file, "w:gz") as tar:
            for name, data in found.items():
                if data is not None:
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))

    return change


BROKEN = {
    "half of it": truncate,
    "the end gone": lose_the_end,
    "a byte changed": flip,
    "a byte of the sum changed": flip_gzips_own_sum,
    "empty": empty,
    "something else": other,
    "another database": rewritten(**{"database.sqlite3": b"SQLite format 3\0"}),
    "no manifest": rewritten(**{"manifest.json": None}),
    "a manifest that isn't one": rewritten(**{"manifest.json": b"[]"}),
    "no JSON": rewritten(**{"manifest.json": b"{"}),
    "another format": rewritten(**{"manifest.json": b'{"format": 2, "files": {}}'}),
    "a file more": rewritten(media__x=b"x"),
    "a way out": rewritten(media__________outside=b"x"),
    "a path from the root": rewritten(__tmp__outside=b"x"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """An archive of a small database, made in this process."""
    folder = tmp_path_factory.mktemp("sound")
    with closing(sqlite3.connect(folder / "database.sqlite3")) as database:
        database.execute("CREATE TABLE lines (words)")
        database.executemany("INSERT INTO lines VALUES (?)", [(os.urandom(900),)] * 300)
        database.commit()
    file = folder / "archive.tar.gz"
    archive.write(file, [("database.sqlite3", folder / "database.sqlite3")], {"format": 1})
    return file


@pytest.mark.parametrize("harm", BROKEN)
def test_a_broken_archive_is_refused_in_words(sound, tmp_path, harm):
    file = shutil.copy(sound, tmp_path / "backup-20260101T000000Z-00000000.tar.gz")
    BROKEN[harm](file)
    with pytest.raises(archive.ArchiveError) as refusal:
        archive.extract(file, tmp_path / "out")
    assert str(refusal.value)[0].isupper()
    assert not (tmp_path / "outside").exists()


def test_a_sound_archive_comes_out_as_it_went_in(sound, tmp_path):
    archive.extract(sound, tmp_path / "out")
    taken = (tmp_path / "out/database.sqlite3").read_bytes()
    assert taken == (sound.parent / "database.sqlite3").read_bytes()


@pytest.mark.parametrize("harm", ["half of it", "empty", "a byte changed"])
def test_verify_and_restore_refuse_a_broken_archive_and_change_nothing(site_in, harm):
    site = site_in("backed-up")
    [file] = site.archives()
    BROKEN[harm](file)
    before = (site.folder / "site.sqlite3").read_bytes()
    assert file.name in site.refuses("backup", "--verify", file.name)
    site.refuses("restore", file.name, "--force")
    site.refuses("drill", file.name)
    assert (site.folder / "site.sqlite3").read_bytes() == before


def test_a_damaged_database_is_told_and_costs_no_earlier_backup(site_in):
    site = site_in("backed-up")
    [file] = site.archives()
    kept = file.read_bytes()
    garble(site.folder / "site.sqlite3")
    assert "damaged" in site.refuses("backup")
    assert site.archives() == [file]
    assert file.read_bytes() == kept


def limited(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [300_000, 20_000])
def test_a_full_disk_leaves_no_half_backup_and_keeps_the_earlier_one(site_in, size):
    site = site_in("backed-up")
    [file] = site.archives()
    kept = file.read_bytes()
    site.refuses("backup", preexec=limited(size))
    assert site.archives() == [file]
    assert file.read_bytes() == kept
    assert not list(site.backups.glob(".partial-*"))


def test_what_a_killed_backup_left_is_swept_by_the_next(site):
    site.backups.mkdir()
    (site.backups / ".partial-killed").mkdir()
    (site.backups / ".partial-killed/database.sqlite3").write_bytes(b"addresses")
    site.backup()
    assert not list(site.backups.glob(".partial-*"))


def test_two_backups_at_once_dont_meet(site, monkeypatch, settings, tmp_path):
    settings.BACKUP_DIR = site.backups
    with store.working_folder():
        assert "Another backup" in site.refuses("backup")
    site.backup()


def test_an_encrypted_backup_opens_with_its_key_alone(site, tmp_path):
    key, other_key = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    right, wrong, none = tmp_path / "right", tmp_path / "wrong", tmp_path / "none"
    right.write_text(f"# a comment\n{key}\n")
    wrong.write_text(str(other_key))
    none.write_text("nothing")
    file = site.backup(BACKUP_RECIPIENTS=str(key.to_public()))
    assert file.name.endswith(".tar.gz.age")
    assert b"SQLite format 3" not in file.read_bytes()
    assert "unchanged" in site.manage("backup", "--verify")
    assert "sound" in site.manage("backup", "--verify", "--identity", str(right))
    assert "key" in site.refuses("backup", "--verify", "--identity", str(wrong))
    assert "no private key" in site.refuses("backup", "--verify", "--identity", str(none))
    assert "--identity" in site.refuses("drill")
    assert "can be restored" in site.manage("drill", "--identity", str(right))
    flip(file)
    assert "sum" in site.refuses("backup", "--verify")
    file.with_name(f"{file.name}.sha256").unlink()
    assert "broken" in site.refuses("backup", "--verify", "--identity", str(right))


def test_nonsense_for_a_key_stops_the_backup(site):
    assert "age1" in site.refuses("backup", BACKUP_RECIPIENTS="nonsense")
    assert not site.archives()


@pytest.fixture
def folder(settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.SUPPRESSION_JOURNAL = tmp_path / "journal"
    settings.BACKUP_DAYS = 35
    settings.BACKUP_DIR.mkdir()
    return settings.BACKUP_DIR


def lay(folder, *ages, kind="backup"):
    """Lay files of so many days of age into the folder."""
    for age in ages:
        name = store.new_name(kind, datetime.now(UTC) - timedelta(days=age))
        (folder / f"{name}.tar.gz").write_bytes(b"x")
        (folder / f"{name}.tar.gz.sha256").write_bytes(b"x")


def ages(kind="backup"):
    return [(datetime.now(UTC) - found.at).days for found in store.stored(kind)]


def test_a_backup_is_gone_before_it_is_as_old_as_promised(folder):
    lay(folder, 0, 1, 33, 34.5, 35, 90)
    lay(folder, 3, 60, kind="replaced")
    store.rotate()
    assert ages() == [0, 1, 33]
    assert ages("replaced") == [3]
    assert len(list(folder.glob("*.sha256"))) == 4


def test_a_clock_that_jumps_ahead_deletes_nothing_at_first(folder):
    lay(folder, 0, 400, 401, 402)
    assert store.rotate() == []
    assert len(ages()) == 4
    lay(folder, -1)  # the next day's
    store.rotate()
    assert len(ages()) == 2


def test_strange_files_in_the_folder_stay(folder):
    lay(folder, 0, 1, 60)
    (folder / "notes.txt").write_text("mine")
    store.rotate()
    assert (folder / "notes.txt").exists()
