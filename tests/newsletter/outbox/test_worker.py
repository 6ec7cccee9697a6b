"""`manage.py run_mail_worker` as a process: drains, stops when told, and shares the outbox with a second one."""

import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from newsletter.models import Delivery, Heartbeat, Subscriber
from newsletter.outbox import queue, retention
from newsletter.worker import Worker
from tests.factories import make_delivery, make_subscriber
from tests.waiting import PATIENCE, wait_until

QUEUE = """
    from newsletter.models import Delivery, Subscriber
    for number in range({number}):
        person = Subscriber.objects.create(address=f"reader-{{number}}@example.org", state="confirmed", wording="test")
        Delivery.objects.create(kind="guide", subscriber=person)
"""


def fill_queue(site, number):
    site.script(QUEUE.format(number=number))


def states(site):
    return dict(site.rows("SELECT state, COUNT(*) FROM newsletter_delivery GROUP BY state"))


@pytest.mark.django_db
def test_once_sends_what_is_due_and_says_that_it_ran(work, mailoutbox):
    make_delivery()
    work()
    assert len(mailoutbox) == 1
    assert Heartbeat.last()
    assert not Heartbeat.is_late()


@pytest.mark.django_db
def test_a_heart_that_missed_two_beats_is_late(clock, work):
    assert Heartbeat.is_late()
    work()
    clock(seconds=39)
    assert not Heartbeat.is_late()
    clock(seconds=2)
    assert Heartbeat.is_late()


@pytest.mark.django_db
def test_a_beat_from_the_future_does_not_hide_a_dead_worker(clock, work):
    clock(days=1)
    work()
    assert not Heartbeat.is_late()
    clock(days=-1)
    assert Heartbeat.is_late()


@pytest.mark.django_db
def test_a_mail_taken_by_a_clock_that_had_jumped_comes_free_as_soon_as_any_other(
    clock, work, mailoutbox
):
    make_delivery()
    clock(days=1)
    assert queue.claim()
    clock(days=-1)
    work()
    assert mailoutbox == [], "its worker may be sending it"
    clock(minutes=6)
    work()
    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_a_lease_that_was_just_taken_stays_as_it_is(clock):
    make_delivery()
    row = queue.claim()
    clock(minutes=4)
    queue.release_expired()
    assert Delivery.objects.get().lease_until == row.lease_until


@pytest.mark.django_db
def test_while_the_mail_server_is_away_no_mail_is_tried(monkeypatch):
    make_delivery()
    worker = Worker()
    worker.shared.breaker.open_until = time.monotonic() + 60
    worker.round()
    assert Delivery.objects.get().state == "queued"


@pytest.mark.django_db
def test_a_database_that_fails_pauses_the_worker_and_does_not_end_it(monkeypatch):
    from django.db import OperationalError

    worker, rounds = Worker(), []

    def fail():
        rounds.append(1)
        worker.shared.stopping = len(rounds) == 3
        raise OperationalError("database or disk is full")

    waited = []
    monkeypatch.setattr(worker, "round", fail)
    monkeypatch.setattr(worker, "wait", waited.append)
    monkeypatch.setattr(signal, "signal", lambda *args: None)
    worker.run_until_stopped()
    assert waited == [1, 2, 4]


def test_it_drains_the_outbox_into_a_real_mail_server(site, sink):
    fill_queue(site, 20)
    site.manage("work", "--once")
    assert sorted(sink.recipients) == sorted(f"reader-{number}@example.org" for number in range(20))
    assert states(site) == {"sent": 20}


def test_a_signal_lets_it_finish_the_mail_in_hand_and_end_well(site, sink):
    fill_queue(site, 500)
    worker = site.start("manage.py", "run_mail_worker")
    wait_until(lambda: len(sink.envelopes) > 5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE) == 0
    sent = len(sink.envelopes)
    assert 5 < sent < 500
    assert states(site) == {"sent": sent, "queued": 500 - sent}


def test_an_idle_worker_ends_at_once(site):
    worker = site.start("manage.py", "run_mail_worker")
    wait_until(lambda: site.rows("SELECT 1 FROM newsletter_heartbeat"))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE) == 0


def test_a_signal_while_the_mail_server_hangs_ends_it_in_time(site, sink):
    async def hang(server):
        import asyncio

        await asyncio.sleep(PATIENCE)

    sink.answer = {"reader-0@example.org": hang}
    fill_queue(site, 1)
    worker = site.start_script("""
        from django.conf import settings
        from django.core.management import call_command
        settings.EMAIL_TIMEOUT = 3
        call_command("run_mail_worker")
    """)
    wait_until(lambda: sink.envelopes)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE) == 0
    assert states(site) == {"unknown": 1}


def test_a_wrong_password_ends_it_with_three_and_says_why(site, serve):
    from aiosmtpd.smtp import AuthResult

    from tests.newsletter.conftest import Sink

    refuse = lambda server, session, envelope, mechanism, data: AuthResult(
        success=False, handled=False
    )
    port = serve(Sink(), authenticator=refuse, auth_require_tls=False)
    fill_queue(site, 3)
    login = {
        "EMAIL_PORT": str(port),
        "EMAIL_HOST_USER": "ann",
        "EMAIL_HOST_PASSWORD": "a-secret-word",
    }
    worker = site.start("manage.py", "run_mail_worker", **login)
    _, err = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 3
    assert "CRITICAL" in err
    assert "does not let us in" in err
    assert "a-secret-word" not in err
    assert states(site) == {"queued": 3}


# Two workers that take every mail up at the same moment.
TOGETHER = """
    import secrets, time
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone
    from newsletter.outbox import queue, sender
    from newsletter.outbox.mail_connection import MailConnection
    from newsletter.models import Delivery

    def meet(name):
        (settings.DATA_DIR / (name + "-{number}")).touch()
        end = time.monotonic() + 60
        while len(list(settings.DATA_DIR.glob(name + "-*"))) < 2 and time.monotonic() < end:
            time.sleep(0.001)

    def by_looking_first(**only):
        row = Delivery.objects.due().order_by("priority", "not_before", "pk").select_related("subscriber").first()
        meet("looked")
        if row:
            row.state, row.worker_token = "sending", secrets.token_hex(16)
            row.lease_until = timezone.now() + queue.LEASE
            row.save()
        return row

    as_it_is = queue.claim
    queue.claim = {claim}
    MailConnection.reserve_along = lambda one: None
    meet("began")
    call_command("run_mail_worker", "--once")
"""


def copies(site, sink, claim):
    """Have two workers drain the outbox at once; return how often each of 60 people was written to, at most."""
    fill_queue(site, 60)
    workers = [
        site.start_script(TOGETHER.format(claim=claim, number=number)) for number in range(2)
    ]
    for worker in workers:
        _, err = worker.communicate(timeout=5 * PATIENCE)
        assert worker.returncode == 0, err[-2000:]
    found = Counter(sink.recipients)
    assert len(found) == 60
    return max(found.values())


def test_two_workers_send_nothing_twice(site, sink):
    assert copies(site, sink, claim="as_it_is") == 1


def test_two_workers_without_compare_and_set_would(site, sink):
    assert copies(site, sink, claim="by_looking_first") == 2


@pytest.mark.django_db
def test_erasing_begins_anew_after_a_database_that_failed(monkeypatch, clock):
    make_subscriber(address="ann@example.org", state="pending")
    clock(days=4)
    worker, real = Worker(), retention._had_the_guide

    def fail(before):
        raise OperationalError("database is locked")

    monkeypatch.setattr(retention, "_had_the_guide", fail)
    with pytest.raises(OperationalError):
        worker.run_all()
    monkeypatch.setattr(retention, "_had_the_guide", real)
    make_subscriber(
        address="ben@example.org", state="pending", asked_at=timezone.now() - timedelta(days=4)
    )
    worker.run_all()
    assert not Subscriber.objects.exists()
