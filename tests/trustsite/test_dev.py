"""`make run`: what it prepares anew, and what its processes do without."""

import subprocess
import sys

import pytest

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
