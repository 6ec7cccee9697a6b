"""The page "Numbers", its files and its command: the same figures, none under ten, by keyboard and for who may see them."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.utils import timezone

from analytics import charts, models, report
from analytics.models import Key

pytestmark = pytest.mark.django_db
PAGE = "/admin/analytics/dailysum/"


@pytest.fixture
def owner(client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("owner"))
    return client


@pytest.fixture
def month():
    """Eight weeks of made-up numbers, with small ones among them."""
    today = timezone.now().date()
    sums = {}
    for back in range(56):
        day = today - timedelta(back)
        sums |= {
            Key(day, "read", "/"): 40 + back % 7,
            Key(day, "read", "/articles/fawn-response/"): 30,
            Key(day, "read", "/quiz/"): 20,
            Key(day, "quiz", "short finished"): 12 + back % 3,
            Key(day, "search", "all"): 3,
            Key(day, "letters", "sent"): 15,
            Key(day, "guide", "asked"): 2,
        }
    sums |= {
        Key(today, "read", "/contact/"): 7,
        Key(today, "outcome", "short-v2 fawn"): 14,
        Key(today, "outcome", "short-v2 flight-fawn"): 11,
        Key(today, "outcome", "short-v2 freeze"): 3,
        Key(today, "source", "/articles/fawn-response/"): 28,
        Key(today, "guide", "returned"): 9,
        Key(today, "search", "found nothing"): 8,
        Key(today, "offer", "partner"): 9,
        Key(today, "missing", "/=cmd/"): 31,
    }
    models.add(sums)


def figures(tables):
    return {(t.key, row.label): row.figures for t in tables for row in t.rows}


def test_the_page_holds_every_table_behind_its_chart(owner, month, parse):
    response = owner.get(f"{PAGE}?days=28")
    document = parse(response)
    tables = report.make(28)
    sections = document.findall(".//section[@aria-labelledby]")
    named = {section.get("aria-labelledby") for section in sections}
    assert {table.key for table in tables} <= named
    for section in sections:
        for drawing in section.findall(".//svg"):
            assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")
            assert section.findall(".//table")
            assert section.findall(".//summary")
    assert "style=" not in response.content.decode()


def test_the_queries_of_the_page_are_bounded(owner, month, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        owner.get(f"{PAGE}?days=365")


@pytest.mark.parametrize("days", report.WINDOWS)
def test_no_figure_under_ten_is_on_the_page_or_in_a_file(month, days):
    tables = report.make(days)
    shown = [number for table in tables for row in table.rows for number in row.figures]
    assert any(shown)
    assert [number for number in shown if number is not None and number < 10] == []
    found = figures(tables)
    assert found["offers", "partner"] == [None]
    assert found["mails", "Came back"] == [None, None]
    # “freeze” is small, and the total would tell it: its neighbour isn't shown either.
    assert found["outcomes", "freeze (short-v2)"] == [None]
    assert found["outcomes", "flight-fawn (short-v2)"] == [None]
    assert found["outcomes", "fawn (short-v2)"] == [14]


def test_a_sum_of_some_pages_tells_nothing_of_one_that_isnt_shown(month):
    models.add({Key(timezone.now().date(), "read", "/articles/quiet/"): 5})
    found = figures(report.make(7))
    assert found["pages", "/articles/quiet/"] == [None]
    assert found["steps", "An article read"] == [210]
    every = report.make(7)
    by_day, by_page = every[0], every[1]
    # Two small pages, 12 reads: together they are large enough to be in the sum.
    assert "12 together" in by_page.sentence
    models.DailySum.objects.filter(name="/articles/quiet/").delete()
    by_day, by_page = report.make(7)[:2]
    assert sum(row.figures[0] for row in by_day.rows) == sum(
        r.figures[0] or 0 for r in by_page.rows
    )


def test_steps_and_conversion(month):
    found = figures(report.make(28))
    assert found["steps", "The quiz opened"] == [560]
    assert found["steps", "The guide asked for"] == [56]
    [row] = [figure for (key, _), figure in found.items() if key == "sources"]
    assert row == [840, 28, 333]


def test_a_year_is_drawn_week_by_week(month):
    [reads] = [table for table in report.make(365) if table.key == "reads"]
    assert reads.columns[0] == "Week of"
    assert 50 < len(reads.rows) < 55
    [reads] = [table for table in report.make(28) if table.key == "reads"]
    assert len(reads.rows) == 28


def test_files_and_command_say_what_the_page_says(owner, month, capsys):
    tables = report.make(7)
    data = json.loads(owner.get(f"{PAGE}numbers.json?days=7").content)
    assert [table["rows"] for table in data["tables"]] == [
        [[row.label, *row.figures] for row in table.rows] for table in tables
    ]
    response = owner.get(f"{PAGE}numbers.csv?days=7")
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert len(rows) == 1 + sum(len(row.figures) for table in tables for row in table.rows)
    assert ["Adverts shown", "partner", "Number", "not shown"] in rows
    call_command("numbers", days=7)
    out = capsys.readouterr().out
    for table in tables:
        assert table.title in out
    for form, start in (("csv", "table,row"), ("json", "{")):
        call_command("numbers", days=7, format=form)
        assert capsys.readouterr().out.startswith(start)


def test_no_line_of_the_csv_is_a_formula(month):
    from analytics.export import as_csv

    table = report.Table("a", "A", "", ["Page", "Number"], [report.Row("=1+1", [10])])
    assert "'=1+1" in as_csv([table])


@pytest.mark.parametrize("asked", ["", "0", "-1", "abc", "999999999999", "28&days=7"])
def test_other_days_than_those_offered_are_the_usual_ones(owner, asked):
    assert owner.get(f"{PAGE}?days={asked}").status_code == 200


def test_an_empty_site_has_a_page_too(owner, parse):
    text = " ".join("".join(parse(owner.get(PAGE)).itertext()).split())
    assert "Nothing yet." in text
    assert "Fewer than 10 reads so far: not shown." in text


def test_no_page_shows_a_single_sum(owner, month):
    pk = models.DailySum.objects.first().pk
    for path in (f"{PAGE}{pk}/change/", f"{PAGE}{pk}/history/", f"{PAGE}add/", f"{PAGE}{pk}/"):
        assert owner.get(path).status_code == 404


def test_writers_see_nothing_of_it_unless_the_owner_says_so(client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    call_command("sync_roles")
    writer = User.objects.create_user("writer", is_staff=True)
    writer.groups.add(Group.objects.get(name="Writers"))
    client.force_login(writer)
    for path in (PAGE, f"{PAGE}numbers.csv", f"{PAGE}numbers.json"):
        assert client.get(path).status_code == 403
    assert b"dailysum" not in client.get("/admin/").content
    writer.user_permissions.add(Permission.objects.get(codename="view_dailysum"))
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 405
    assert b"/admin/analytics/dailysum/" in client.get("/admin/").content


@pytest.mark.parametrize(
    ("number", "top"), [(10, 10), (11, 20), (305, 400), (999, 1000), (1001, 2000)]
)
def test_a_scale_ends_at_a_round_number(number, top):
    assert charts.ceiling(number) == top


def test_what_isnt_shown_is_a_gap_in_a_chart():
    rows = [report.Row(str(n), [number]) for n, number in enumerate([20, None, 30, 40])]
    days = charts.draw(report.Table("a", "A", "", ["Day", "Reads"], rows, "days"))
    assert len(days.bars) == 3
    lines = charts.draw(report.Table("a", "A", "", ["Day", "Reads"], rows, "lines"))
    assert lines.paths[0].count("M") == 2
