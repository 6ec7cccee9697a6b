"""A worker dies at each stage of a mail: how many copies arrive, and that nobody is forgotten."""

import pytest
from django.core.management import call_command

from newsletter.models import Delivery
from newsletter.outbox import failpoints, smtp_backend
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db
COPIES = {
    "after-claim": 1,
    "after-render": 1,
    "after-connect": 1,
    "before-commit": 2,
    "after-commit": 1,
}


@pytest.fixture
def outbox(sink, settings):
    """The worker sends by SMTP, to the sink."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "newsletter.outbox.smtp_backend.Backend",
        "127.0.0.1",
        sink.port,
    )
    return sink


def work_and_die():
    with pytest.raises(SystemExit):
        call_command("run_mail_worker", "--once")


def work_again(clock):
    clock(minutes=6)
    call_command("run_mail_worker", "--once")


def die_at(monkeypatch, stage):
    def reached(name):
        if name == stage:
            raise SystemExit

    monkeypatch.setattr(failpoints, "hit", reached)


@pytest.mark.parametrize("stage", COPIES)
def test_a_crash_costs_one_copy_at_most_and_loses_nobody(outbox, clock, monkeypatch, stage):
    row = make_delivery()
    with monkeypatch.context() as patch:
        die_at(patch, stage)
        work_and_die()
    work_again(clock)
    row.refresh_from_db()
    assert row.state == "sent"
    assert [mail["Message-ID"] for mail in outbox.mails] == [row.message_id] * COPIES[stage]


def test_a_crash_before_the_servers_answer_is_read_costs_one_copy(outbox, clock, monkeypatch):
    row = make_delivery()
    with monkeypatch.context() as patch:
        real = smtp_backend.WatchedSMTP.getreply

        def getreply(connection):
            answer = real(connection)
            if connection.handed_over:
                raise SystemExit
            return answer

        patch.setattr(smtp_backend.WatchedSMTP, "getreply", getreply)
        work_and_die()
    work_again(clock)
    row.refresh_from_db()
    assert row.state == "sent"
    assert [mail["Message-ID"] for mail in outbox.mails] == [row.message_id] * 2


def test_three_crashes_end_it_until_a_person_looks(outbox, clock, monkeypatch):
    row, other = make_delivery(), make_delivery()
    with monkeypatch.context() as patch:
        die_at(patch, "before-commit")
        for _ in range(3):
            Delivery.objects.filter(pk=other.pk).update(state="sent")
            work_and_die()
            clock(minutes=6)
    Delivery.objects.filter(pk=other.pk).update(state="queued")
    work_again(clock)
    work_again(clock)
    row.refresh_from_db()
    assert row.state == "unknown"
    assert outbox.recipients.count(row.subscriber.address) == 3
    assert outbox.recipients.count(other.subscriber.address) == 1
