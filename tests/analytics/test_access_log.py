"""The access log: reads of readers alone, each once, however often and from wherever the log is read."""

import gzip
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from analytics import access_log, models
from analytics.models import DailySum, LogPosition
from tests.analytics.conftest import sums
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(on_day):
    on_day(2026, 11, 27)


def line(path="/", letter="r", status=200, method="GET", at="2026-11-26T23:30:00+00:00"):
    return f"{at} {method} {path} {status} 0.002 {letter}\n"


def by_path(path):
    return [("read", path)] if path in {"/", "/quiz/"} else []


def count(log):
    return access_log.Run(by_path).count(log)


@pytest.fixture
def log(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(line() + line("/quiz/"))
    return log


def append(log, *lines):
    with log.open("a") as file:
        file.writelines(lines)


def test_a_log_is_counted_once_however_often_it_is_read(log):
    for _ in range(3):
        count(log)
    assert sums() == {("read", "/"): 1, ("read", "/quiz/"): 1}
    append(log, line(), line())
    count(log)
    assert sums()["read", "/"] == 3


def test_renamed_copied_or_packed_it_is_still_the_same(log, tmp_path):
    count(log)
    append(log, line())
    renamed = log.rename(tmp_path / "access.log-20261126")
    count(renamed)
    packed = tmp_path / "access.log-20261126.gz"
    packed.write_bytes(gzip.compress(renamed.read_bytes()))
    assert count(packed).lines == 0
    assert sums()["read", "/"] == 2


def test_without_the_place_remembered_it_would_double(log):
    """The twin."""
    count(log)
    LogPosition.objects.all().delete()
    count(log)
    assert sums()["read", "/"] == 2


def test_a_run_that_fails_halfway_has_counted_nothing_of_its_part(log, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(LogPosition, "save", fails)
        with pytest.raises(RuntimeError):
            count(log)
    assert sums() == {}
    count(log)
    assert sums()["read", "/"] == 1


def test_of_two_runs_at_once_one_counts(log, monkeypatch):
    read = access_log.Run._read

    def while_another_runs(self, file):
        monkeypatch.setattr(access_log.Run, "_read", read)
        count(log)
        return read(self, file)

    monkeypatch.setattr(access_log.Run, "_read", while_another_runs)
    assert count(log).lines == 0
    assert sums()["read", "/"] == 1


def test_a_long_log_is_taken_in_parts(log, monkeypatch):
    monkeypatch.setattr(access_log, "LINES", 7)
    append(log, *[line()] * 40)
    assert count(log).lines == 42
    assert sums()["read", "/"] == 41


def test_a_line_that_is_still_being_written_waits(log):
    append(log, line().rstrip("\n")[:-10])
    count(log)
    append(log, line().rstrip("\n")[-10:] + "\n")
    count(log)
    assert sums()["read", "/"] == 2


def test_another_log_with_the_same_first_line_is_refused(log):
    count(log)
    log.write_text(line() + line("/about/") + line())
    with pytest.raises(access_log.OtherLogError):
        count(log)
    assert sums()["read", "/"] == 1


OTHERS = [
    line(letter="b"),
    line(letter="o"),
    line(method="POST"),
    line(method="HEAD"),
    line(status=301),
    line(status=500),
    line("/search/"),
    line("/newsletter/confirm/..."),
    "2026-11-26T23:30:00+00:00 GET / 200 0.002\n",  # a log from before there were letters
    line(at="2024-01-01T00:00:00+00:00"),
    line(at="2031-01-01T00:00:00+00:00"),
    line(at="nonsense"),
    "{\n",
    '{"request": 3}\n',
    "x" * 20_000 + "\n",
    "\n",
]


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_reader_or_no_page_isnt_counted(log, other):
    append(log, other, line())
    assert count(log).lines == 4
    assert sums() == {("read", "/"): 2, ("read", "/quiz/"): 1}


def test_bytes_that_are_no_text_stop_nothing(log):
    with log.open("ab") as file:
        file.write(b"\xff\xfe\x00 GET / 200 0.002 r\n")
    append(log, line())
    count(log)
    assert sums()["read", "/"] == 2


def test_a_day_is_a_day_in_utc_whatever_the_servers_clock_says(log):
    log.write_text(line(at="2026-11-26T00:30:00+05:30") + line(at="2026-11-26T20:30:00-05:00"))
    count(log)
    assert Counter(f"{row.day}" for row in DailySum.objects.all()) == {
        "2026-11-25": 1,
        "2026-11-27": 1,
    }


def test_caddys_lines_count_the_same(tmp_path):
    def caddys(letter, uri="/"):
        request = {"method": "GET", "uri": uri}
        data = {"ts": 1795736000.5, "request": request, "status": 200, "user_id": letter}
        return json.dumps(data) + "\n"

    log = tmp_path / "access.log"
    log.write_text(caddys("r") + caddys("b") + caddys("o") + caddys("r", "/quiz/") + caddys(""))
    count(log)
    assert sums() == {("read", "/"): 1, ("read", "/quiz/"): 1}


def test_missing_addresses_are_kept_by_the_same_rule(log):
    append(log, *[line("/gone/", status=404)] * 10, *[line("/ann/", status=404)] * 9)
    append(log, *[line("/bob@example.org", status=404)] * 12)
    count(log)
    assert {name for kind, name in sums() if kind == "missing"} == {"/gone/", "/..."}


def test_memory_has_a_bound(log, monkeypatch):
    monkeypatch.setattr(access_log, "MAX_PAGES", 20)
    run = access_log.Run(by_path)
    append(log, *[line(f"/{number}/") for number in range(200)])
    run.count(log)
    assert len(run.pages) == 20


def test_the_command_asks_the_pages_what_they_count_as(log, settings, capsys):
    settings.COUNT_VISITS = "log"
    make_article(slug="one")
    make_page(slug="about")
    paths = (
        "/articles/one/",
        "/about/",
        "/articles/none/",
        "/admin/",
        "/static/x.css",
        "/robots.txt",
    )
    log.write_text("".join(map(line, paths)))
    call_command("count_log", log)
    assert sums() == {("read", "/articles/one/"): 1, ("read", "/about/"): 1}
    assert "6 new lines, 2 reads counted." in capsys.readouterr().out


def test_the_command_says_kindly_what_is_wrong(log, settings, tmp_path):
    with pytest.raises(CommandError, match="each would count twice"):
        call_command("count_log", log)
    settings.COUNT_VISITS = "log"
    with pytest.raises(CommandError, match="can’t be read"):
        call_command("count_log", tmp_path / "none")
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    with pytest.raises(CommandError, match="can’t be read"):
        call_command("count_log", tmp_path / "bad.gz")
    count(log)
    log.write_text(line() + line())
    with pytest.raises(CommandError, match="Nothing was counted"):
        call_command("count_log", log)


def test_places_in_logs_go_with_the_sums(log, on_day):
    count(log)
    assert LogPosition.objects.count() == 1
    on_day(2029, 1, 1)
    models.prune()
    assert LogPosition.objects.count() == 0
