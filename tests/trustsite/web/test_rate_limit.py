"""The rate limiter: exact over processes, bounded in time and size, and silent about who and where."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest

from tests.servers import ROOT, redis
from trustsite.web.rate_limit import file_store, memory_store
from trustsite.web.rate_limit.file_store import FileStore, file_store_at
from trustsite.web.rate_limit.limit import Limit
from trustsite.web.rate_limit.memory_store import MemoryStore
from trustsite.web.rate_limit.redis_store import RedisStore, redis_store_at
from trustsite.web.rate_limit.store import (
    KEY_LIFETIME,
    MAX_WINDOW,
    TIMEOUT,
    RateLimitUnavailableError,
    Usage,
    whole_seconds,
)

FIVE = Limit("tests", 5, 600)
TRY = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(LIMITS_FILE=Path(sys.argv[1]), CACHE_URL=sys.argv[2])
from concurrent.futures import ThreadPoolExecutor
from trustsite.web.rate_limit import store
store.TIMEOUT = 60  # what counts here is that all are counted, also on a busy machine
from trustsite.web.rate_limit.limit import Limit

limit = Limit("tests", 10, 600)
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(4) as pool:
    usages = list(pool.map(lambda _: limit.increment("203.0.113.7"), range(25)))
print(sum(not usage.is_exceeded for usage in usages))
"""


def passed(files, cache_url=""):
    """Return how many of 50 tries pass in two processes of 25 each, at the same time."""
    processes = []
    for file in files:
        command = [sys.executable, "-c", TRY, str(file), cache_url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, cwd=ROOT, **pipes))
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return sum(int(process.communicate(timeout=60)[0]) for process in processes)


@pytest.fixture(autouse=True)
def _counted_in_the_file(settings):
    """Redis, where the suite has one, has tests of its own here."""
    settings.CACHE_URL = ""


@pytest.fixture
def pass_time(monkeypatch):
    """Return a function that lets seconds pass."""
    ahead = [0.0]
    clock = SimpleNamespace(
        time=lambda: time.time() + ahead[0], monotonic=time.monotonic, sleep=time.sleep
    )
    monkeypatch.setattr(file_store, "time", clock)

    def pass_time(seconds):
        ahead[0] += seconds

    return pass_time


@pytest.fixture
def hasty_store(settings):
    """The file's store with the bound it has in production, where the tests' is generous."""
    store = file_store_at(settings.LIMITS_FILE)
    store.close()
    store.timeout = FileStore(settings.LIMITS_FILE).timeout
    assert store.timeout == TIMEOUT <= 0.1
    return store


def count(value="a", times=6, limit=FIVE):
    return [limit.increment(value).is_exceeded for _ in range(times)]


def test_over_two_processes_exactly_ten_of_fifty_pass(tmp_path):
    file = tmp_path / "limits.sqlite3"
    assert passed([file, file]) == 10


def test_with_a_count_for_each_process_more_would(tmp_path):
    assert passed([tmp_path / "one.sqlite3", tmp_path / "two.sqlite3"]) == 20


def test_with_redis_machines_without_a_common_file_count_together(tmp_path):
    with redis() as server:
        if server is None:
            pytest.skip("needs redis-server")
        files = [tmp_path / "one.sqlite3", tmp_path / "two.sqlite3"]
        assert passed(files, server) == 10


def test_a_limit_is_per_value_and_name_and_ends_with_its_window(pass_time):
    assert count() == [False] * 5 + [True]
    assert count("b", 1) == [False]
    assert count("a", 1, Limit("others", 5, 600)) == [False]
    assert 590 <= FIVE.increment("a").retry_after <= 600
    pass_time(601)
    assert count("a", 1) == [False]


def test_asking_while_waiting_does_not_lengthen_the_wait(pass_time):
    count("a", 6)
    pass_time(590)
    count("a", 20)
    assert FIVE.increment("a").retry_after <= 10


def test_what_is_given_back_can_be_used_again():
    count("a", 5)
    FIVE.decrement("a")
    assert count("a", 2) == [False, True]
    FIVE.reset("a")
    assert count("a", 6) == [False] * 5 + [True]
    FIVE.decrement("never counted")
    assert count("never counted", 6) == [False] * 5 + [True]


def test_a_count_outlives_the_day_of_its_hash_key_and_the_key_then_goes(pass_time, settings):
    store = file_store_at(settings.LIMITS_FILE)
    count("today's key is there", 1)
    made_at, old_key = store.open().execute("SELECT made_at, key FROM hash_keys").fetchone()
    pass_time(made_at + KEY_LIFETIME - 60 - time.time())
    assert count("a", 5) == [False] * 5
    pass_time(120)
    assert count("a", 1) == [True]
    pass_time(MAX_WINDOW)
    count("b", 1)
    keys = [key for (key,) in store.open().execute("SELECT key FROM hash_keys")]
    assert old_key not in keys
    assert len(keys) == 1


def test_the_file_says_nothing_about_who_and_is_closed_to_others(settings):
    count("203.0.113.7", 3)
    content = b""
    for file in settings.LIMITS_FILE.parent.glob(f"{settings.LIMITS_FILE.name}*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        content += file.read_bytes()
    assert content
    assert b"203.0.113" not in content


def test_the_file_does_not_grow_without_a_limit(monkeypatch, settings):
    monkeypatch.setattr(file_store, "MAX_ROWS", 50)
    for number in range(600):
        FIVE.increment(str(number))
    connection = file_store_at(settings.LIMITS_FILE).open()
    assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] <= 50 + 256


def test_who_holds_the_file_costs_no_more_than_the_timeout(settings, hasty_store):
    count("a", 1)
    holder = FileStore(settings.LIMITS_FILE)
    connection = holder.open()
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(RateLimitUnavailableError):
        FIVE.increment("a")
    connection.execute("ROLLBACK")
    assert FIVE.increment("a").count == 2  # a file that was busy loses nothing
    holder.close()


class OpenedByOthers(sqlite3.Connection):
    """A connection to a new file that another process opens too: two tries at it are refused, at
    once, as SQLite does where waiting might never end.
    """

    refusals, code = 2, sqlite3.SQLITE_BUSY

    def execute(self, statement, *parameters):
        if "journal_mode" in statement and self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self.code
            raise error
        return super().execute(statement, *parameters)


@pytest.fixture
def opened_by_others(monkeypatch):
    connect = partial(sqlite3.connect, factory=OpenedByOthers)
    names = vars(sqlite3) | {"connect": connect}
    monkeypatch.setattr(file_store, "sqlite3", SimpleNamespace(**names))


@pytest.mark.usefixtures("opened_by_others")
def test_a_new_file_that_another_process_opens_too_is_tried_again(tmp_path):
    store = FileStore(tmp_path / "new.sqlite3", timeout=60)
    assert store.increment("a", 5, 600).count == 1


@pytest.mark.usefixtures("opened_by_others")
def test_a_file_that_is_not_just_busy_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(OpenedByOthers, "code", sqlite3.SQLITE_FULL)
    with pytest.raises(RateLimitUnavailableError):
        FileStore(tmp_path / "new.sqlite3", timeout=60).increment("a", 5, 600)


@pytest.mark.usefixtures("opened_by_others")
def test_a_new_file_is_not_waited_for_beyond_the_timeout(tmp_path):
    with pytest.raises(RateLimitUnavailableError):
        FileStore(tmp_path / "new.sqlite3", timeout=0).increment("a", 5, 600)


def test_a_thread_that_hangs_in_the_file_holds_no_other(hasty_store):
    with hasty_store.turn, ThreadPoolExecutor(1) as pool, pytest.raises(RateLimitUnavailableError):
        pool.submit(FIVE.increment, "a").result()
    assert count("a", 1) == [False]


@pytest.mark.parametrize("damage", ["garbage", "gone", "emptied"])
def test_a_damaged_file_never_fails_a_request(settings, tmp_path, damage):
    settings.LIMITS_FILE = tmp_path / "limits.sqlite3"
    limit = Limit("tests", 5, 600, falls_back_to_memory=True)
    limit.increment("a")
    file_store_at(settings.LIMITS_FILE).close()
    for file in tmp_path.glob("limits.sqlite3*"):
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(b"no database" * 500 if damage == "garbage" else b"")
    assert count("b", 6, limit) == [False] * 5 + [True]
    if damage != "gone":  # made anew, and counted in again
        assert file_store_at(settings.LIMITS_FILE).increment("c", 1, 600).count == 1


def test_a_redis_that_is_away_is_asked_once_and_the_file_counts(settings, monkeypatch):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    redis_store_at.cache_clear()
    assert count("a") == [False] * 5 + [True]
    asked = []
    store = redis_store_at(settings.CACHE_URL)
    monkeypatch.setattr(store, "_hash_key", lambda: asked.append(1))
    count("a", 3)
    assert not asked


def test_a_window_longer_than_hash_keys_live_is_refused():
    assert Limit("tests", 5, 3600).window == MAX_WINDOW
    with pytest.raises(ValueError, match="longer"):
        Limit("tests", 5, MAX_WINDOW + 1)


def test_a_count_that_cannot_be_given_back_in_time_stays(hasty_store):
    count("a", 5)
    with hasty_store.turn, ThreadPoolExecutor(1) as pool:
        pool.submit(FIVE.decrement, "a").result()
    assert count("a", 1) == [True]


def test_memory_gives_back_what_was_counted_and_no_more():
    store = MemoryStore()
    store.lower("a", 1)  # never counted, or counted by another process
    assert store.increment("a", 5, 600).count == 1
    store.increment("a", 5, 600)
    store.lower("a", 1)
    assert store.increment("a", 5, 600).count == 2
    store.lower("a", 9)
    assert store.increment("a", 5, 600).count == 1


def test_memory_starts_anew_with_each_window_and_says_how_long_it_lasts(monkeypatch):
    now = 1_000_000.0
    clock = SimpleNamespace(time=lambda: now)
    monkeypatch.setattr(memory_store, "time", clock)
    store = MemoryStore()
    assert [store.increment("a", 1, 600) for _ in range(2)] == [Usage(1), Usage(1, 600)]
    now += 600
    assert [store.increment("a", 1, 600) for _ in range(2)] == [Usage(1), Usage(1, 600)]


def test_a_folder_that_is_missing_is_made_for_us_alone(tmp_path):
    folder = tmp_path / "data"
    FileStore(folder / "limits.sqlite3", timeout=60).increment("a", 5, 600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("step", [-1, 1])
def test_a_connection_of_another_process_is_not_used(tmp_path, monkeypatch, step):
    store = FileStore(tmp_path / "limits.sqlite3", timeout=60)
    first = store.open()
    assert store.open() is first
    process = os.getpid()
    monkeypatch.setattr(file_store.os, "getpid", lambda: process + step)
    assert store.open() is not first
    first.close()


def test_memory_is_bounded_and_starts_anew_when_it_is_full(monkeypatch):
    monkeypatch.setattr(memory_store, "MAX_COUNTS", 2)
    store = MemoryStore()
    for value in "abc":
        store.increment(value, 5, 600)
    assert len(store.counts) == 3
    store.increment("d", 5, 600)
    assert len(store.counts) == 1


def test_a_wait_is_said_in_whole_seconds_and_never_too_short(monkeypatch):
    assert [whole_seconds(rest) for rest in (0.2, 1, 1.2, 600)] == [1, 1, 2, 600]
    store = RedisStore("redis://127.0.0.1:1/0")
    monkeypatch.setattr(store, "_run", lambda *arguments: [5, 1500])
    assert store.increment("a", 5, 600).retry_after == 2
    monkeypatch.setattr(store, "_run", lambda *arguments: [5, 0])
    assert not store.increment("a", 5, 600).is_exceeded


def test_redis_is_asked_once_for_a_count():
    assert RedisStore("redis://127.0.0.1:1/0").client.get_retry().get_retries() == 0


def test_the_folder_of_the_file_is_made_for_its_owner_alone(tmp_path):
    store = FileStore(tmp_path / "made" / "when needed" / "limits.sqlite3", timeout=60)
    assert store.increment("a", 5, 600).count == 1
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    store.close()


def test_a_new_hash_key_is_the_first_and_the_old_one_counts_on(tmp_path):
    store = FileStore(tmp_path / "limits.sqlite3", timeout=60)
    connection = store.open()
    [first] = store._hash_keys(connection, 1_000.0)
    second, before = store._hash_keys(connection, 1_000.0 + file_store.KEY_LIFETIME)
    assert (before, second != first) == (first, True)
    third, *older = store._hash_keys(connection, 1_000.0 + 2 * file_store.KEY_LIFETIME)
    assert third not in {first, second}
    assert older[0] == second
    assert len(store._hash_keys(connection, 1e9)) == 1  # none that no count can be under any more
    store.close()


def test_who_is_within_the_limit_waits_for_nothing(tmp_path):
    store = FileStore(tmp_path / "limits.sqlite3", timeout=60)
    assert store.increment("a", 1, 600).retry_after == 0
    assert store.increment("a", 1, 600).retry_after > 0
    store.close()
