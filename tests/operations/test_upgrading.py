"""Upgrades: the newer schema takes what the last release's code writes; a migration that would end that is refused."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader

from operations.upgrading import migration_rules, released
from tests.operations.freeze_release import STATEMENTS
from tests.servers import ROOT


def frozen():
    return [line for line in STATEMENTS.read_text().splitlines() if line.startswith("INSERT")]


def write_all():
    """Write a row of each table as the last release does; return the tables that refuse."""
    refused = []
    with connection.constraint_checks_disabled():
        for statement in frozen():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement.replace("%", "%%"))
            except DatabaseError as error:
                refused.append(f"{statement.split()[2]}: {error}")
    return refused


@pytest.fixture
def emptied(transactional_db):
    """A database without the rows that migrations make, whose keys the frozen ones have; emptied again afterwards."""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for statement in reversed(frozen()):
            cursor.execute(f"DELETE FROM {statement.split()[2]}")
    yield
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for statement in reversed(frozen()):
            cursor.execute(f"DELETE FROM {statement.split()[2]}")


def test_what_the_last_release_writes_is_taken(emptied):
    assert write_all() == []


def test_a_column_that_is_renamed_too_early_is_seen(emptied):
    """The twin."""
    rename = "ALTER TABLE newsletter_subscriber RENAME COLUMN {} TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename.format("wording", "words"))
    try:
        refused = write_all()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename.format("words", "wording"))
    assert [line.split(":")[0] for line in refused] == ['"newsletter_subscriber"']


def test_every_table_of_the_last_release_is_written():
    assert len(frozen()) > 25
    assert released.version() in STATEMENTS.read_text().splitlines()[0]


def problems(*operations):
    """Return what the rules say of a migration with these operations, after the last release."""
    loader = MigrationLoader(None)
    before = sorted(released.migrations() & set(loader.graph.nodes))
    state = loader.project_state(before)
    migration = migrations.Migration("next", "newsletter")
    migration.operations = list(operations)
    return list(migration_rules.broken(migration, state.clone(), state.apps))


TEXT = models.CharField(max_length=20)
TOO_EARLY = {
    "a column taken away": migrations.RemoveField("subscriber", "wording"),
    "a column renamed": migrations.RenameField("subscriber", "wording", "words"),
    "a column that nobody fills": migrations.AddField("subscriber", "new", TEXT),
    "a default of the code alone": migrations.AddField(
        "subscriber", "new", models.CharField(max_length=20, default="")
    ),
    "a table taken away": migrations.DeleteModel("Bounce"),
    "a table renamed": migrations.RenameModel("Bounce", "Return"),
    "a table with another name": migrations.AlterModelTable("bounce", "returns"),
    "a shorter column": migrations.AlterField(
        "subscriber", "wording", models.CharField(max_length=1)
    ),
    "another type": migrations.AlterField("subscriber", "wording", models.IntegerField()),
    "another column": migrations.AlterField(
        "subscriber", "wording", models.CharField(max_length=200, db_column="words")
    ),
    "not empty any more": migrations.AlterField(
        "subscriber", "confirmed_at", models.DateTimeField()
    ),
    "a new constraint": migrations.AddConstraint(
        "subscriber", models.CheckConstraint(condition=~models.Q(wording=""), name="words")
    ),
}
IN_TIME = {
    "a column that may be empty": [
        migrations.AddField("subscriber", "new", models.CharField(max_length=20, null=True))
    ],
    "a column that the database fills": [
        migrations.AddField("subscriber", "new", models.CharField(max_length=20, db_default=""))
    ],
    "a new table, renamed and cut down": [
        migrations.CreateModel("New", [("id", models.AutoField(primary_key=True)), ("a", TEXT)]),
        migrations.RenameModel("New", "Newer"),
        migrations.RemoveField("newer", "a"),
        migrations.DeleteModel("Newer"),
    ],
    "a column taken out of the models alone": [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("subscriber", "wording")]
        )
    ],
    "a longer column": [
        migrations.AlterField("subscriber", "wording", models.CharField(max_length=400))
    ],
    "an index": [migrations.AddIndex("subscriber", models.Index(fields=["wording"], name="words"))],
}


@pytest.mark.parametrize("name", TOO_EARLY)
def test_what_comes_too_early_is_refused(name):
    assert len(problems(TOO_EARLY[name])) >= 1


@pytest.mark.parametrize("name", IN_TIME)
def test_what_the_last_release_can_live_with_passes(name):
    assert problems(*IN_TIME[name]) == []


def test_the_migrations_since_the_last_release_pass_and_make_check_looks(db):
    call_command("check_migrations")
    assert "manage.py check_migrations" in (ROOT / "Makefile").read_text()
