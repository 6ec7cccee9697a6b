"""`make run`: what it prepares anew, and what its processes do without."""

import subprocess
import sys
import threading

import pytest
from django.core.management import CommandError

from tests.servers import ROOT
from trustsite.management.commands import dev

NEEDED_SELDOM = """
    typst css_inline boto3 anymail.webhooks.brevo redis cryptography fido2 qrcode dns crawleruseragents
    snowballstemmer.french_stemmer
""".split()


@pytest.fixture
def place(tmp_path, settings):
    """A site's folder, prepared; returns its database."""
    settings.BASE_DIR, settings.STATIC_MANIFEST = tmp_path, tmp_path / "manifest.json"
    for name in ("manifest.json", "site.sqlite3", "content/a.md", "quiz/views.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("as it was")
    return tmp_path / "site.sqlite3"


@pytest.mark.parametrize("name", ["content/a.md", "content/b.md", "quiz/views.py"])
def test_what_changed_is_prepared_anew(place, name):
    before = dev.Command.prepared_for(place)
    assert before == dev.Command.prepared_for(place) != ""
    (place.parent / name).write_text("other words")
    assert dev.Command.prepared_for(place) != before


def test_another_database_is_prepared_anew(place):
    before = dev.Command.prepared_for(place)
    other = place.with_name("other")
    other.write_text("as it was")
    other.replace(place)  # as a restored backup is
    assert dev.Command.prepared_for(place) != before


@pytest.mark.parametrize("name", ["manifest.json", "site.sqlite3"])
def test_what_is_missing_is_prepared(place, name):
    (place.parent / name).unlink()
    assert dev.Command.prepared_for(place) == ""


def run_beside(folder, monkeypatch):
    """Make something in `folder` for a while; return what another one found that came meanwhile."""
    made, found, inside = threading.Event(), [], threading.Event()

    def other():
        inside.wait()
        with dev.alone(folder):
            found.append(made.is_set())

    thread = threading.Thread(target=other)
    thread.start()
    tried = threading.Event()
    monkeypatch.setattr(dev.time, "sleep", lambda seconds: tried.set())
    with dev.alone(folder):
        inside.set()
        tried.wait(1)  # it came, and has to wait; without the lock it never does
        made.set()
    thread.join()
    return found


def test_of_two_that_prepare_at_once_one_finds_what_the_other_made(tmp_path, monkeypatch):
    assert run_beside(tmp_path / "build", monkeypatch) == [True]


def test_without_the_lock_it_would_find_half_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(dev.fcntl, "flock", lambda *args: None)
    assert run_beside(tmp_path / "build", monkeypatch) == [False]


def test_nothing_is_written_for_it(tmp_path):
    with dev.alone(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_who_waits_for_too_long_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "MADE_WITHIN", 0)
    with (
        dev.alone(tmp_path),
        pytest.raises(CommandError, match="for too long"),
        dev.alone(tmp_path),
    ):
        pass


def test_the_web_server_has_nothing_in_memory_that_few_processes_need():
    code = (
        "import sys, trustsite.rsgi; from django.urls import resolve; resolve('/');"
        f"print([name for name in {NEEDED_SELDOM} if name in sys.modules])"
    )
    environment = {"MODE": "development", "DATA": "build/check", "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.stdout == "[]\n", run.stderr
