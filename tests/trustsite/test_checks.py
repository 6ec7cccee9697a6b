"""Our system checks, and the data folder they look at."""

import os
import sqlite3
import stat
import subprocess
import sys

import pytest
from django.core.checks import run_checks

from tests.servers import ROOT
from trustsite import checks, data_folder


def start(folder, before=""):
    """Start the site in a folder, as any command does; return what the folder then holds, with its
    modes.
    """
    script = f"import os; os.umask(0o022); {before}\nimport django; django.setup()\n"
    script += "from django.db import connection; connection.ensure_connection()\n"
    script += "connection.cursor().execute('CREATE TABLE IF NOT EXISTS a (b)')\n"
    script += "from trustsite.web.rate_limit.limit import Limit; Limit('a', 1, 1).increment('a')\n"
    script += "from pathlib import Path; from django.conf import settings\n"
    script += "for path in (settings.DATA_DIR, *settings.DATA_DIR.glob('*.sqlite3*')):\n"
    script += "    print(path.name, oct(path.stat().st_mode & 0o777))\n"
    environment = {
        "PATH": os.environ["PATH"],
        "MODE": "development",
        "DATA": str(folder),
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    }
    command = [sys.executable, "-c", script]
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout
    return dict(line.split() for line in printed.splitlines())


def test_the_data_folder_and_its_databases_are_closed_to_others(tmp_path):
    modes = start(tmp_path / "data")
    assert modes.pop("data") == "0o700"
    assert {"site.sqlite3", "limits.sqlite3"} <= set(modes)
    assert set(modes.values()) == {"0o600"}


def test_what_an_earlier_release_left_open_is_closed(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)  # whatever this machine's umask takes away
    with sqlite3.connect(folder / "site.sqlite3") as connection:
        connection.execute("CREATE TABLE a (b)")
    (folder / "site.sqlite3").chmod(0o644)
    modes = start(folder)
    assert modes["data"] == "0o700"
    assert modes["site.sqlite3"] == "0o600"


def test_without_closing_it_others_could_read(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)  # whatever this machine's umask takes away
    careless = "import pathlib; pathlib.Path.chmod = lambda *a, **k: None"
    assert start(folder, careless)["data"] == "0o755"


def test_a_shared_folder_is_left_alone_and_told(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "shared"
    settings.DATA_DIR.mkdir()
    settings.DATA_DIR.chmod(0o1777)
    data_folder.close()
    assert stat.S_IMODE(settings.DATA_DIR.stat().st_mode) == 0o1777
    [error] = checks.data_folder_permissions()
    assert error.id == "trustsite.E004"
    assert "chmod 700" in error.hint


@pytest.mark.parametrize("name", ["no.such.Backend", "django.core.mail.NoBackend", "os.path.join"])
def test_a_mail_backend_that_is_not_there_is_an_error(settings, name):
    settings.EMAIL_BACKEND = name
    assert "trustsite.E003" in [message.id for message in run_checks(tags=["security"])]


def test_the_backends_we_have_are_fine(settings):
    for name in (
        "newsletter.outbox.smtp_backend.Backend",
        "newsletter.emails.dev_mailbox.FolderBackend",
        "anymail.backends.postmark.EmailBackend",
    ):
        settings.EMAIL_BACKEND = name
        assert checks.email_backend() == []


@pytest.mark.parametrize(
    ("proxies", "header", "number"),
    [(0, "X-Forwarded-For", 0), (1, "X-Forwarded-For", 1), (1, "Clientaddress", 0)],
)
def test_a_header_that_can_be_forged_is_warned_of(settings, proxies, header, number):
    settings.TRUSTED_PROXIES, settings.PROXY_ADDRESS_HEADER = proxies, header
    assert len(checks.proxy_address_header()) == number
