"""How often the door may be tried, and that nobody is kept out by somebody else."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts import login_throttle
from tests.accounts.login import PASSWORD, log_in
from trustsite.models import Tries

pytestmark = pytest.mark.django_db
WRONG = "not this one at all"


@pytest.fixture(autouse=True)
def empty_memory():
    login_throttle._memory.clear()


@pytest.fixture
def elsewhere():
    return Client(REMOTE_ADDR="198.51.100.9")


def fail(client, times, name="editor"):
    return [log_in(client, name=name, password=WRONG).status_code for _ in range(times)]


def test_the_sixth_try_is_asked_to_wait_even_with_the_right_password(client, editor, parse):
    assert fail(client, 5) == [200] * 5
    response = log_in(client)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "try again in 15 minutes" in "".join(parse(response).itertext())
    assert client.get("/admin/").status_code == 302


def test_another_spelling_is_the_same_count(client, editor):
    assert [
        log_in(client, name=name, password=WRONG).status_code
        for name in ("editor", "EDITOR", " Editor", "ｅditor")
    ]
    assert fail(client, 1) == [200]
    assert log_in(client).status_code == 429


def test_it_ends_after_a_quarter_of_an_hour(client, editor, monkeypatch):
    fail(client, 6)
    later = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr(login_throttle.timezone, "now", lambda: later)
    assert log_in(client).status_code == 302


def test_waiting_does_not_grow_by_trying(client, editor):
    fail(client, 6)
    until = Tries.objects.values_list("until", flat=True)
    before = list(until)
    fail(client, 10)
    assert list(until) == before


def test_a_right_password_gives_the_count_back(client, editor):
    for _ in range(4):
        assert fail(client, 4) == [200] * 4
        assert log_in(client).status_code == 302
        client.post("/admin/logout/")


def test_one_network_may_not_try_many_names(client, editor, elsewhere):
    assert [fail(client, 1, name=f"name-{number}") for number in range(20)] == [[200]] * 20
    assert log_in(client).status_code == 429
    assert log_in(elsewhere).status_code == 302


def test_a_right_password_of_ones_own_does_not_buy_more_tries_at_others(
    client, editor, django_user_model
):
    django_user_model.objects.create_user("insider", password=PASSWORD, is_staff=True)
    asked = []
    for number in range(25):
        asked += fail(client, 1, name=f"name-{number}")
        log_in(client, name="insider")
        client.post("/admin/logout/")
        client.cookies.pop("door", None)
    assert 429 in asked


def test_a_stranger_keeps_nobody_out_who_logged_in_before(client, editor):
    log_in(client)
    client.post("/admin/logout/")
    stranger = Client()  # on the same network
    fail(stranger, 5)
    assert log_in(stranger).status_code == 429
    assert log_in(client).status_code == 302


def test_without_its_cookie_the_same_browser_would_have_to_wait(client, editor):
    log_in(client)
    client.post("/admin/logout/")
    fail(Client(), 5)
    del client.cookies["door"]
    assert log_in(client).status_code == 429


def test_a_known_browser_has_five_tries_as_well_and_only_for_its_account(
    client, editor, django_user_model
):
    log_in(client)
    client.post("/admin/logout/")
    assert fail(client, 6) == [200] * 5 + [429]
    django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
    assert fail(client, 6, name="other") == [200] * 5 + [429]


def test_tries_from_everywhere_slow_strangers_for_a_quarter_of_an_hour_and_the_owner_never(
    client, editor
):
    log_in(client)
    client.post("/admin/logout/")
    for number in range(20):
        fail(Client(REMOTE_ADDR=f"198.51.100.{number}"), 5)
    assert log_in(Client(REMOTE_ADDR="203.0.113.5")).status_code == 429
    assert log_in(client).status_code == 302


def test_a_link_from_the_server_gets_in_past_the_wait(client, editor, capsys):
    fail(client, 6)
    assert log_in(client).status_code == 429
    call_command("reset_login", "editor")
    path = capsys.readouterr().out.split()[0].partition("8000")[2]
    new = "another way round the lake"
    client.post(path, {"new_password1": new, "new_password2": new})
    assert log_in(client, password=new).status_code == 302


def test_the_count_is_kept_in_memory_when_the_database_takes_none(
    client, editor, monkeypatch, caplog
):
    def refuse(*args):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(login_throttle, "_take_from_database", refuse)
    assert fail(client, 6) == [200] * 5 + [429]
    assert log_in(client).status_code == 429
    assert "this process counts" in caplog.text


def test_a_cache_that_does_not_answer_changes_nothing(client, editor, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/1",
        }
    }
    assert fail(client, 6) == [200] * 5 + [429]


def test_the_counts_say_nothing_about_who_or_where(client, editor):
    fail(client, 2)
    stored = str(list(Tries.objects.values()))
    assert "editor" not in stored
    assert "127.0.0.1" not in stored


def test_old_counts_are_erased_by_the_next(client, editor, monkeypatch):
    fail(client, 1)
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(login_throttle.timezone, "now", lambda: later)
    fail(client, 1, name="nobody")
    assert not Tries.objects.filter(until__lt=later).exists()


def test_the_password_change_counts_wrong_passwords_too(client, editor):
    log_in(client)
    new = "another way round the lake"
    form = {"old_password": WRONG, "new_password1": new, "new_password2": new}
    assert [client.post("/admin/password_change/", form).status_code for _ in range(6)] == [
        200
    ] * 5 + [429]


AT_ONCE = """
import time
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from accounts import login_throttle as throttle

def careless(bucket, now):
    row, _ = throttle.Tries.objects.get_or_create(pk=bucket.key, defaults={"until": now + bucket.window})
    if row.count >= bucket.most:
        return 1
    time.sleep(0.01)
    row.count += 1
    row.save()
    return 0

def taken(name):
    with ThreadPoolExecutor(8) as pool:
        return sum(wait == 0 for wait in pool.map(throttle._take, [throttle.Bucket(name, "one", 10)] * 60))

with connection.schema_editor() as editor:
    editor.create_model(throttle.Tries)
careful = taken("careful")
throttle._take_from_database = careless
print(careful, taken("careless"))
"""


def test_tries_at_the_same_moment_all_count_and_without_care_some_would_not(tmp_path):
    around = os.environ | {
        "MODE": "development",
        "DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "trustsite.settings",
    }
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", AT_ONCE]
    printed = subprocess.run(command, env=around, check=True, capture_output=True, text=True).stdout
    careful, careless = map(int, printed.split())
    assert careful == 10
    assert careless > 10
