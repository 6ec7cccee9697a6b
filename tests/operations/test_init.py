"""`manage.py init`: keys of one's own, closed to others, never over those that are there."""

import os
import shlex
import stat
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.servers import ROOT

ANSWERS = {
    "SITE_URL": "https://site.test",
    "PUBLISHER": 'A "Publisher" & Co $HOME `id`',
    "POSTAL_ADDRESS": "1 Street,\nTown",
    "CONTACT_EMAIL": "hello@site.test",
    "FROM_EMAIL": "notes@site.test",
    "OWNER_EMAIL": "owner@site.test",
}


def init(tmp_path, **answers):
    call_command("init", file=tmp_path / ".env", data=tmp_path / "data", **answers)
    return tmp_path / ".env"


def values(file):
    """Return what a shell makes of the file, as systemd and compose do of such lines."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    code = "\n".join(f"export {line}" for line in lines) + "\nenv -0"
    done = subprocess.run(
        ["sh", "-c", code], capture_output=True, check=True, env={"PATH": os.defpath}
    )
    pairs = [pair.partition(b"=") for pair in done.stdout.split(b"\0") if pair]
    return {name.decode(): value.decode() for name, _, value in pairs}


def test_a_new_site_has_keys_of_its_own_that_nobody_else_can_read(tmp_path):
    file = init(tmp_path, **ANSWERS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in ("data", "data/media", "data/backups"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
    found = values(file)
    keys = [found[name] for name in ("SECRET_KEY", "SUPPRESSION_KEY", "READY_TOKEN")]
    assert len(set(keys)) == 3
    assert min(map(len, keys)) >= 50
    assert found["PUBLISHER"] == ANSWERS["PUBLISHER"]
    assert found["POSTAL_ADDRESS"] == "1 Street, Town"


def test_a_public_site_starts_on_what_was_written(tmp_path):
    found = values(init(tmp_path, **ANSWERS))
    done = subprocess.run(
        [sys.executable, "-c", "import trustsite.settings as s; print(s.SITE_URL, s.OWNER_EMAIL)"],
        env={"PATH": os.environ["PATH"], "MODE": "production"} | found,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["https://site.test", "owner@site.test"]


def test_keys_that_are_there_are_never_written_over(tmp_path):
    file = init(tmp_path)
    before = file.read_text()
    with pytest.raises(CommandError, match="there already"):
        init(tmp_path, **ANSWERS)
    assert file.read_text() == before


def test_what_is_left_to_fill_in_is_named(tmp_path, capsys):
    file = init(tmp_path, SITE_URL="https://site.test")
    assert "PUBLISHER" in capsys.readouterr().out
    assert "#PUBLISHER=" in file.read_text().splitlines()
    assert shlex.split(file.read_text(), comments=True)
