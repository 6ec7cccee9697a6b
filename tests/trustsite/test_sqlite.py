"""SQLite where nothing can be written: the web server goes on reading."""

import sqlite3

import pytest
from django.db.backends.sqlite3 import base as of_django
from django.db.utils import OperationalError

from trustsite.sqlite.base import DatabaseWrapper

# What SQLite says in a read-only folder, or on a full disk, when the first connection is opened.
SAID = ["unable to open database file", "database or disk is full", "disk I/O error"]


def wrapper(kind, path):
    options = {"init_command": "PRAGMA journal_mode=WAL"}
    settings = {
        "NAME": path,
        "OPTIONS": options,
        "TIME_ZONE": None,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
    return kind(settings, "elsewhere")


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "site.sqlite3"
    made = sqlite3.connect(path)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE page (title TEXT)")
    made.execute("INSERT INTO page VALUES ('Kept')")
    made.commit()
    made.close()
    return path


@pytest.fixture(params=SAID)
def unwritable(request, monkeypatch):
    def refuse(self, params):
        raise sqlite3.OperationalError(request.param)

    monkeypatch.setattr(of_django.DatabaseWrapper, "get_new_connection", refuse)


@pytest.mark.django_db
def test_what_was_saved_is_read_and_nothing_is_written(database, unwritable):
    connection = wrapper(DatabaseWrapper, database)
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM page")
        assert cursor.fetchall() == [("Kept",)]
        with pytest.raises(OperationalError, match="readonly"):
            cursor.execute("INSERT INTO page VALUES ('New')")
    connection.close()


@pytest.mark.django_db
def test_without_the_guard_nothing_is_read(database, unwritable):
    connection = wrapper(of_django.DatabaseWrapper, database)
    with pytest.raises(OperationalError), connection.cursor():
        pass


@pytest.mark.django_db
def test_a_database_that_has_gone_or_is_locked_is_not_taken_for_a_read_only_one(
    tmp_path, database, monkeypatch
):
    def refuse(self, params):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(of_django.DatabaseWrapper, "get_new_connection", refuse)
    for path in (database, tmp_path / "gone.sqlite3"):
        with pytest.raises(OperationalError), wrapper(DatabaseWrapper, path).cursor():
            pass
