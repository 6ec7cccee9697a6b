"""Counting: what is written when, what waits for company, and what a stop or a kill costs."""

import stat
from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest
from django.db import OperationalError, connection

from analytics import counting as module
from analytics import kinds, models
from analytics.counting import Counting
from analytics.models import DailySum, Key
from tests.analytics.conftest import sums

pytestmark = pytest.mark.django_db


def test_many_counts_are_one_statement(counting, django_assert_num_queries):
    for number in range(50):
        counting.add("read", f"/{number}/")
    with django_assert_num_queries(3):  # the two ends of a savepoint, and the one
        counting.tick()
    with django_assert_num_queries(0):
        counting.tick()
    counting.add("read", "/1/")
    counting.tick()
    assert sums()["read", "/1/"] == 2


def test_no_row_says_when_or_in_which_order(counting):
    fields = {field.name for field in DailySum._meta.get_fields()}
    assert fields == {"id", "day", "kind", "name", "count"}
    orders = []
    for paths in ("abcdef", "fedcba"):
        DailySum.objects.all().delete()
        for path in paths:
            counting.add("read", f"/{path}/")
            counting.tick()
        with connection.cursor() as cursor:
            place = "rowid" if connection.vendor == "sqlite" else "id"
            stored = f"SELECT {place}, * FROM analytics_dailysum ORDER BY {place}"
            orders.append(cursor.execute(stored).fetchall())
    assert orders[0] == orders[1]


def test_sums_of_the_newsletter_are_written_when_their_day_is_over(counting, on_day):
    on_day(2026, 11, 26)
    counting.add("guide", "asked")
    counting.add("letters", "sent")
    counting.add("read", "/")
    counting.tick()
    assert sums() == {("read", "/"): 1}
    on_day(2026, 11, 27)
    counting.tick()
    assert sums() == {("read", "/"): 1, ("guide", "asked"): 1, ("letters", "sent"): 1}
    assert {f"{row.day}" for row in DailySum.objects.all()} == {"2026-11-26"}


def test_without_that_rule_they_would_be_written_at_the_moment(counting, monkeypatch):
    """The twin."""
    monkeypatch.setattr(kinds, "ONCE_A_DAY", frozenset())
    counting.add("guide", "asked")
    counting.tick()
    assert sums() == {("guide", "asked"): 1}


def test_a_stop_leaves_the_day_to_the_next_process_and_nobody_reads_it(counting, on_day, tmp_path):
    on_day(2026, 11, 26)
    counting.add("guide", "asked")
    counting.add("read", "/")
    counting.stop()
    assert sums() == {("read", "/"): 1}
    [file] = (tmp_path / "daily-sums").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    following, third = Counting(), Counting()
    following.tick()
    third.tick()  # one of them alone takes it
    assert not list((tmp_path / "daily-sums").iterdir())
    following.add("guide", "asked")
    following.tick()
    on_day(2026, 11, 27)
    for each in (following, third):
        each.tick()
    assert sums()["guide", "asked"] == 2


def test_a_file_that_cant_be_read_stops_nothing(counting, tmp_path):
    (tmp_path / "daily-sums").mkdir()
    (tmp_path / "daily-sums/a.json").write_text("[[")
    (tmp_path / "daily-sums/b.json").write_text('[["2026-11-26", "guide"]]')
    counting.add("read", "/")
    counting.tick()
    assert sums() == {("read", "/"): 1}
    assert not list((tmp_path / "daily-sums").iterdir())


def test_results_wait_until_twenty_are_together_of_whatever_days(counting, on_day):
    for day in range(1, 20):
        on_day(2026, 11, day)
        counting.add("outcome", "short-v2 fawn" if day % 2 else "short-v2 freeze")
        counting.tick()
    assert sums() == {}
    on_day(2026, 11, 20)
    counting.add("outcome", "short-v2 flight")
    counting.tick()
    assert sums() == {
        ("outcome", "short-v2 fawn"): 10,
        ("outcome", "short-v2 freeze"): 9,
        ("outcome", "short-v2 flight"): 1,
    }
    assert {f"{row.day}" for row in DailySum.objects.all()} == {"2026-11-20"}


def test_results_of_another_version_wait_by_themselves(counting):
    for _ in range(19):
        counting.add("outcome", "short-v2 fawn")
    counting.add("outcome", "full-v1 freeze")
    counting.tick()
    assert sums() == {}


def test_the_pages_that_led_to_a_sign_up_wait_too(counting):
    for _ in range(19):
        counting.add("source", "/quiz/")
    counting.tick()
    assert sums() == {}
    counting.add("source", "/")
    counting.tick()
    assert sums() == {("source", "/quiz/"): 19, ("source", "/"): 1}


def test_without_the_pool_one_sign_up_would_tell_its_page(counting, monkeypatch):
    """The twin: on a day with one sign-up, the row of the newsletter and the sum are of one person."""
    monkeypatch.setattr(kinds, "POOL", 1)
    counting.add("source", "/articles/fawn-response/")
    counting.tick()
    assert sums() == {("source", "/articles/fawn-response/"): 1}


def test_a_restart_forgets_what_waits_for_company(counting, tmp_path):
    counting.add("outcome", "short-v2 fawn")
    counting.add("source", "/")
    counting.stop()
    assert not (tmp_path / "daily-sums").exists()
    assert sums() == {}


def test_a_database_that_is_away_gets_its_counts_later_and_once(counting, monkeypatch):
    counting.add("read", "/")

    def away(sums):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(models, "add", away)
        counting.tick()
        counting.tick()
    counting.add("read", "/")
    counting.tick()
    counting.tick()
    assert sums() == {("read", "/"): 2}


def test_what_waits_has_a_bound(counting, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 10)
    monkeypatch.setattr(counting, "_write", lambda today: None)
    for number in range(30):
        counting.add("read", f"/{number}/")
    counting.add("read", "/0/")
    counting.tick()
    assert len(counting.waiting) == 10


def test_after_25_months_sums_are_gone(on_day):
    today = on_day(2026, 11, 27)
    ages = (0, 700, 761, 762, 900)
    models.add({Key(today - timedelta(days=age), "read", "/"): 1 for age in ages})
    assert models.prune() == 2
    assert DailySum.objects.count() == 3


def test_counts_of_several_threads_are_all_there(counting, monkeypatch):
    written = Counter()
    monkeypatch.setattr(models, "add", lambda due: written.update(due))

    def count():
        for _ in range(500):
            counting.add("read", "/")

    threads = [Thread(target=count) for _ in range(4)] + [
        Thread(target=lambda: [counting.tick() for _ in range(50)]) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counting.tick()
    assert sum(written.values()) == 2_000
