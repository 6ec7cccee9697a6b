"""The outbox when the world misbehaves: a full disk, a clock that jumps, a sweep in the middle of it, a very long queue."""

from collections import Counter

import pytest
from django.core import mail

from newsletter.models import Delivery, Heartbeat, Subscriber
from newsletter.outbox import failpoints, queue, retention, sender
from newsletter.worker import Worker
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.outbox.test_worker import fill_queue, states

# a disk that fills up and has room again


FULL = """
    import resource, threading, time
    from django.conf import settings
    from django.core.management import call_command
    from newsletter import worker as work
    from newsletter.outbox import mail_connection

    work.AFTER_DATABASE_ERROR = work.LONGEST_PAUSE = 0.3
    taken, failed = [], []
    real_deliver, real_wait = mail_connection.sender.deliver, work.Worker.wait

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def deliver(*args):
        taken.append(1)
        if len(taken) in {5, 12}:  # from here on, no file grows
            limit((settings.DATA_DIR / "site.sqlite3-wal").stat().st_size)
        return real_deliver(*args)

    def wait(worker, seconds):
        if seconds == work.AFTER_DATABASE_ERROR:
            failed.append(len(taken))
            if len(failed) % 3 == 0:  # somebody has made room
                limit(resource.RLIM_INFINITY)
        elif len(taken) >= 20:
            worker.shared.stopping = True
        real_wait(worker, seconds)

    mail_connection.sender.deliver, work.Worker.wait = deliver, wait
    call_command("run_mail_worker")
    print(failed)
"""


def test_a_full_disk_makes_it_wait_and_nobody_gets_two(site, sink):
    fill_queue(site, 20)
    failed = site.script(FULL).strip()
    assert (
        failed == "[5, 5, 5, 12, 12, 12]"
    )  # while the disk is full nothing more is taken up or sent
    assert states(site) == {"sent": 20}
    assert set(Counter(sink.recipients).values()) == {
        1
    }  # what the disk couldn't note was noted later, not sent again


@pytest.mark.django_db
def test_a_mail_the_database_could_not_record_is_recorded_first(monkeypatch, mailoutbox):
    from django.db import OperationalError

    row, real = make_delivery(), queue.queue_sql._mark
    worker = Worker()

    def fail(sent, now):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(queue.queue_sql, "_mark", fail)
    with pytest.raises(OperationalError):
        worker.round()
    with pytest.raises(OperationalError):
        worker.round()
    monkeypatch.setattr(queue.queue_sql, "_mark", real)
    worker.round()
    row.refresh_from_db()
    assert (row.state, len(mailoutbox), worker.connections[0].unmarked) == ("sent", 1, None)


# a clock that jumps


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, -1])
def test_a_jump_of_the_clock_sends_nothing_twice(days, clock, work, mailoutbox):
    rows = [make_delivery() for _ in range(3)]
    work()
    clock(days=days)
    work()
    assert sorted(message.to[0] for message in mailoutbox) == sorted(
        row.subscriber.address for row in rows
    )
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, -1])
def test_a_jump_while_a_mail_is_in_hand_costs_nothing(days, clock, mailoutbox, monkeypatch):
    make_delivery()
    monkeypatch.setattr(
        failpoints,
        "hit",
        lambda stage: clock(days=days) if stage == "after-connect" and not mailoutbox else None,
    )
    Worker().round()
    Worker().round()
    assert len(mailoutbox) == 1
    assert Delivery.objects.get().state == "sent"


@pytest.mark.django_db
def test_a_lease_from_before_the_clock_went_back_ends_all_the_same(clock):
    make_delivery()
    queue.claim()
    clock(days=-1)
    assert queue.release_expired() == 0
    clock(days=1, minutes=6)
    assert queue.release_expired() == 1
    assert queue.claim()


@pytest.mark.django_db
def test_the_rate_limit_does_not_care_for_the_clock(clock, settings):
    from newsletter.outbox.send_rate import Bucket

    bucket = Bucket(1, 3600)
    bucket.count()
    for days in (2, -4):
        clock(days=days)
        assert 3500 < bucket.wait(Delivery.BULK) <= 3600


# retention runs while mail goes out


@pytest.mark.django_db
def test_who_is_erased_while_others_are_sent_gets_nothing(clock, work, mailoutbox, monkeypatch):
    people = [make_subscriber(state="pending") for _ in range(10)]
    for person in people:
        make_delivery(kind="confirm", subscriber=person)
    clock(hours=71)

    def reached(stage):
        if stage == "after-commit" and len(mailoutbox) == 3:
            clock(hours=2)
            retention.prune()

    monkeypatch.setattr(failpoints, "hit", reached)
    work()
    assert len(mailoutbox) <= 4  # three, and the one that was in hand
    assert not Delivery.objects.exists()
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
def test_erasing_a_person_whose_mail_is_being_sent_costs_no_error(clock, monkeypatch, mailoutbox):
    row = make_delivery(kind="confirm")
    clock(hours=73)
    monkeypatch.setattr(
        failpoints, "hit", lambda stage: retention.prune() if stage == "after-connect" else None
    )
    assert sender.deliver(queue.claim(), mail.get_connection()) is None
    assert not Delivery.objects.filter(pk=row.pk).exists()


# a very long queue


LONG = """
    import resource
    from newsletter.outbox import queue, sender
    from newsletter.outbox.mail_connection import MailConnection
    from newsletter.worker import Worker
    from newsletter.models import Delivery, Letter, Subscriber
    from newsletter.hashing import fingerprint

    letter = Letter.objects.create(subject="A letter", body="…", state="sending", sent_html="<p>Words.</p>" * 500)
    names = (f"reader-{{n}}@example.org" for n in range({number}))
    rows = [Subscriber(address=a, fingerprint=fingerprint(a), state="confirmed", wants_letters=True) for a in names]
    rows = Subscriber.objects.bulk_create(rows)
    Delivery.objects.bulk_create([Delivery(kind="letter", letter=letter, subscriber=one, priority=1) for one in rows])
    del rows
    sizes, real, sent = [], MailConnection.mark_sent, []

    def mark_sent(worker, row):
        sent.append(1)
        if len(sent) % ({number} // 4) == 0:
            with open("/proc/self/statm") as file:
                sizes.append(int(file.read().split()[1]) * resource.getpagesize() // 1024)
        real(worker, row)

    MailConnection.mark_sent = mark_sent
    Worker().round()
    print(*sizes)
"""


def test_a_long_queue_takes_no_more_memory_than_a_short_one(site, tmp_path):
    from tests.servers import sink

    with sink(tmp_path / "received") as port:
        site.environment["EMAIL_PORT"] = str(port)
        sizes = [int(size) for size in site.script(LONG.format(number=4000)).split()]
    assert states(site) == {"sent": 4000}
    assert len(sizes) == 4
    assert sizes[-1] - sizes[0] < 4096  # KB


@pytest.mark.django_db
def test_while_it_sends_it_says_that_it_lives(monkeypatch, clock, mailoutbox):
    for _ in range(3):
        make_delivery()
    worker, beats = Worker(), []
    monkeypatch.setattr(Heartbeat, "beat", lambda trouble="": beats.append(len(mailoutbox)))
    real = sender.deliver

    def slow(*args):
        worker.next_beat = worker.next_poll = (
            0  # each mail takes longer than the pause between two beats
        )
        return real(*args)

    monkeypatch.setattr(sender, "deliver", slow)
    worker.round()
    assert beats == [0, 1, 2, 3]
