"""What the proxy shows while the site is away: whole in itself, with people to call."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from tests.factories import make_helpline, make_page


def write(folder):
    call_command("collect_error_pages", folder)
    return {path.stem: path.read_text() for path in folder.iterdir()}


@pytest.mark.django_db
def test_the_pages_load_nothing_and_name_people_to_call(content, tmp_path, parse):
    pages = write(tmp_path / "errors")
    assert set(pages) == {"trustsite-502", "trustsite-503"}
    for page in pages.values():
        parse(page)
        assert not re.search(r"<(?:script|img|link|iframe|form)", page)
        assert not re.search(r'(?:src|href)="/', page)
        for told in ("tel:999", "tel:911", "tel:116123", "sms:85258", "It isn’t anything you did."):
            assert told in page
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (tmp_path / "errors").iterdir())


def test_without_a_database_they_are_made_from_the_files(monkeypatch, tmp_path):
    def away(*arguments, **named):
        raise DatabaseError

    monkeypatch.setattr("articles.reading.helplines._from_database", away)
    assert "tel:116123" in write(tmp_path)["trustsite-502"]


@pytest.mark.django_db
def test_numbers_that_nobody_has_checked_are_said_to_be_so(tmp_path):
    make_page(slug="get-help")
    make_helpline()
    assert "been checked by a person" in write(tmp_path)["trustsite-502"]


@pytest.mark.django_db
def test_a_folder_that_cant_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Can’t write"):
        call_command("collect_error_pages", tmp_path / "file")
