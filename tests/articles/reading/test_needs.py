"""What people call a line for, and what a country has no line for."""

from dataclasses import dataclass, field
from importlib import import_module

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from articles import content_files
from articles.content_files.file_types import HELPLINES, digest
from articles.models import Helpline
from prose import helpline_needs as needs
from tests.factories import make_helpline

MIGRATION = import_module("articles.migrations.0007_help_by_need_and_nation")
COUNTRIES = ["gb", "ie", "us", "ca", "au", "nz"]
# Looked for, and no line of the whole country found that could be confirmed.
KNOWN_HOLES = {
    "gb": [],
    "ie": ["stalking", "child", "own-behaviour"],
    "us": ["men"],
    "ca": ["sexual-violence", "stalking", "older", "men", "own-behaviour"],
    "au": ["stalking", "child"],
    "nz": ["stalking", "childhood", "men"],
}


@dataclass
class Line:
    """A helpline as far as needs are concerned."""

    country: str = "gb"
    region: str = ""
    needs: list[str] = field(default_factory=list)


def test_every_need_has_a_heading_and_no_heading_an_unknown_need():
    assert {need for those in needs.GROUPS.values() for need in those} == set(needs.NEEDS)
    assert all(needs.group_of([need]) for need in needs.NEEDS)


def test_a_line_for_one_nation_leaves_a_hole_in_the_others():
    lines = [Line(region="England and Wales", needs=list(needs.GRID))]
    assert needs.grid(lines, "gb")["violence"] == ["Scotland", "Northern Ireland"]
    assert needs.holes(lines, "gb")[0] == "for a crisis in Scotland or Northern Ireland"


def test_a_line_for_the_whole_country_serves_every_nation():
    assert needs.holes([Line(needs=list(needs.GRID))], "gb") == []


def test_a_need_that_nobody_answers_is_said_without_a_place():
    lines = [Line("ca", needs=[need for need in needs.GRID if need != "stalking"])]
    assert needs.holes(lines, "ca") == ["for stalking"]
    assert needs.holes([Line(needs=[need for need in needs.GRID if need != "stalking"])], "gb") == [
        "for stalking"
    ]


def test_a_line_abroad_answers_nothing_here():
    assert not needs.has([Line("us", needs=["crisis"])], "crisis", "ca")


def test_what_is_in_no_country_has_no_holes():
    assert needs.holes([], needs.ANYWHERE) == []


@pytest.mark.django_db
def test_the_grid_of_the_launch_content_is_as_it_was_looked_up(content):
    lines = list(Helpline.objects.all())
    found = {
        country: [need for need, places in needs.grid(lines, country).items() if places]
        for country in COUNTRIES
    }
    assert found == KNOWN_HOLES


@pytest.mark.django_db
def test_the_guide_prints_only_what_was_confirmed_and_abuse_in_every_nation(content):
    said = content_files.files.tables_of(settings.CONTENT_DIR / "helplines.toml")["helpline"]
    printed = [line for line in said if line.get("in_guide")]
    assert {line["confidence"] for line in printed} == {"A"}
    lines = [Line(line["country"], line.get("region", ""), line["needs"]) for line in printed]
    for country in COUNTRIES:
        for place in needs.REGIONS.get(country, [""]):
            for need in ("crisis", "violence"):
                assert needs.has(lines, need, country, place), (country, place, need)


# -- what was filed under one kind -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_lines_of_one_kind_get_their_needs_and_do_not_look_edited():
    executor = MigrationExecutor(connection)
    executor.migrate([("articles", "0006_crisis_words")])
    old = executor.loader.project_state([("articles", "0006_crisis_words")]).apps.get_model(
        "articles", "Helpline"
    )
    common = {
        "country": "gb",
        "country_name": "UK",
        "name": "A",
        "phone": "1",
        "url": "https://line.example",
    }
    before = MIGRATION.digest
    for key, kind in [("in-step", "urgent"), ("edited", "violence"), ("uk-silent-999", "urgent")]:
        line = old.objects.create(key=key, kind=kind, **common)
        old.objects.filter(pk=line.pk).update(synced_digest="" if key == "edited" else before(line))
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
        lines = {line.key: line for line in Helpline.objects.all()}
        assert {key: line.needs for key, line in lines.items()} == {
            "in-step": ["crisis"],
            "edited": ["violence"],
        }
        assert lines["in-step"].synced_digest == digest(HELPLINES, lines["in-step"])
        assert lines["edited"].synced_digest == ""
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db
def test_the_migration_knows_a_line_by_the_same_fingerprint():
    line = make_helpline(region="Wales", chat="https://chat.example", needs=["crisis", "men"])
    assert MIGRATION.digest(line) == digest(HELPLINES, line)
