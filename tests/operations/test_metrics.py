"""/metrics: figures of nobody, for who has the token."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Delivery, Heartbeat
from operations.backups import store
from tests.factories import make_delivery, make_subscriber
from trustsite.web.serving import traffic

pytestmark = pytest.mark.django_db
TOKEN = "m" * 50
BEARER = {"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7"}
LINE = re.compile(
    r'(trustsite_[a-z_]+)(?:\{((?:[a-z]+="[a-z0-9_]+",?)+)\})? (\d+(?:\.\d+)?(?:e\+\d+)?)'
)


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.METRICS_TOKEN = TOKEN
    settings.BACKUP_DIR, settings.TRAFFIC_DIR, settings.DATA_DIR = (
        tmp_path,
        tmp_path / "traffic",
        tmp_path,
    )


def figures(client):
    """Return every figure by its name and labels, and fail on a line of another form."""
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in answer.headers["Cache-Control"]
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {(match[1], match[2] or ""): float(match[3]) for match in found}


def test_figures_of_mails_worker_and_backups(client, tmp_path):
    subscriber = make_subscriber(address="somebody@example.org")
    make_delivery(subscriber=subscriber)
    make_delivery(state=Delivery.State.FAILED)
    Heartbeat.beat()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=2))
    name = store.new_name("backup", timezone.now() - timedelta(hours=3))
    (tmp_path / f"{name}.tar.gz").write_bytes(b"x")
    found = figures(client)
    assert found["trustsite_mails_due", ""] == 1
    assert found["trustsite_mails", 'state="failed"'] == 1
    assert found["trustsite_mails", 'state="sent"'] == 0
    assert 115 < found["trustsite_worker_heartbeat_age_seconds", ""] < 180
    assert 10_700 < found["trustsite_backup_age_seconds", ""] < 10_900
    assert found["trustsite_up", 'part="database"'] == 1


def test_workers_are_added_up_and_one_that_has_gone_is_forgotten(client, settings):
    ours, folder = traffic.Traffic(), settings.TRAFFIC_DIR
    ours.add("memory", 200, 1_000)
    ours.add("memory", 304, 0)
    ours.add("site", 500, 10)
    ours.write(folder)
    (folder / "999999999.json").write_text(json.dumps([["memory", 2, 4, 8]]))
    (folder / "1.json").write_text("torn")
    found = figures(client)
    assert found["trustsite_answers_total", 'by="memory",status="2xx"'] == 5
    assert found["trustsite_answer_bytes_total", 'by="memory",status="2xx"'] == 1_008
    assert found["trustsite_answers_total", 'by="site",status="5xx"'] == 1
    traffic.forget(folder)
    assert figures(client)["trustsite_answers_total", 'by="memory",status="2xx"'] == 1


def test_no_address_path_or_token_is_in_it(client):
    make_subscriber(address="somebody@example.org")
    text = client.get("/metrics", headers=BEARER).content.decode()
    assert "@" not in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer é"]
)
def test_nobody_else_may_ask(client, header):
    assert client.get("/metrics", headers={"authorization": header}).status_code == 404


def test_without_a_token_set_an_empty_one_opens_nothing(client, settings):
    settings.METRICS_TOKEN = ""
    for header in ("", "Bearer ", "Bearer"):
        assert client.get("/metrics", headers={"authorization": header}).status_code == 404


def test_what_cannot_be_asked_is_missing_and_said(client, monkeypatch):
    def away(*args):
        raise RuntimeError("postgres://secret")

    monkeypatch.setattr(Heartbeat, "last", away)
    found = figures(client)
    assert found["trustsite_up", 'part="database"'] == 0
    assert ("trustsite_worker_heartbeat_age_seconds", "") not in found
