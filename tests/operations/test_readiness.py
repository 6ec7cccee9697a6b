"""/readyz: what isn't ready, by name, to who may ask."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Heartbeat
from operations import readiness
from operations.backups import store
from tests.factories import make_delivery, make_form_request

pytestmark = pytest.mark.django_db
TOKEN = "t" * 50
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def ready(settings, tmp_path):
    """A site of which all is well."""
    settings.BACKUP_DIR, settings.READY_TOKEN = tmp_path, TOKEN
    (tmp_path / f"{store.new_name('backup', timezone.now())}.tar.gz").write_bytes(b"x")
    Heartbeat.beat()


def ask(client, **options):
    answer = client.get("/readyz", **options)
    return answer.status_code, json.loads(answer.content)


def test_a_site_that_is_well_is_ready(client):
    status, body = ask(client, headers={"host": "whatever.internal"})
    assert (status, body["not_ready"]) == (200, [])


def late_worker(settings):
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=5))


def no_backup(settings):
    settings.BACKUP_DIR = settings.BACKUP_DIR / "nowhere"


def old_mail(settings):
    make_delivery(not_before=timezone.now() - timedelta(hours=1))


def late_intake(settings):
    make_form_request(asked_at=timezone.now() - timedelta(minutes=20))


def broken_cache(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }


TROUBLES = {
    "worker": late_worker,
    "backup": no_backup,
    "intake": late_intake,
    "outbox": old_mail,
    "cache": broken_cache,
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_isnt_ready_is_named(client, settings, name):
    TROUBLES[name](settings)
    status, body = ask(client)
    assert (status, body["not_ready"]) == (503, [name])


def test_a_database_that_is_away_is_named_and_nothing_of_it(client, monkeypatch):
    def away():
        raise OSError("password=hunter2 host=db.internal")

    monkeypatch.setitem(readiness.CHECKS, "database", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert b"hunter2" not in answer.content
    assert json.loads(answer.content)["not_ready"] == ["database"]


def test_nobody_else_may_ask(client):
    assert client.get("/readyz", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert client.get("/readyz", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 404
    wrong = {"authorization": "Bearer wrong", "x-forwarded-for": "203.0.113.9"}
    assert client.get("/readyz", headers=wrong).status_code == 404
    right = BEARER | {"x-forwarded-for": "203.0.113.9"}
    assert client.get("/readyz", headers=right, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_without_a_token_set_an_empty_one_opens_nothing(client, settings):
    settings.READY_TOKEN = ""
    headers = {"authorization": "Bearer ", "x-forwarded-for": "203.0.113.9"}
    assert client.get("/readyz", headers=headers).status_code == 404


def test_how_a_request_arrives_is_told_without_its_address(client, settings):
    arriving = {"REMOTE_ADDR": "203.0.113.9", "wsgi.url_scheme": "https"}
    _, body = ask(client, headers=BEARER, **arriving)
    assert body["arrives"] == {"https": True, "address": True, "forged": False}
    _, body = ask(client, headers=BEARER, REMOTE_ADDR=readiness.FORGED)
    assert body["arrives"] == {"https": False, "address": True, "forged": True}
    _, body = ask(client, headers=BEARER, REMOTE_ADDR="")
    assert body["arrives"] == {"https": False, "address": False, "forged": False}
