"""How fast mail leaves, for whom it waits, and the hand on the tap."""

import itertools
import signal
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from newsletter.models import Delivery, Heartbeat
from newsletter.outbox import queue, sender
from newsletter.outbox.send_rate import (
    MAX_DOMAINS,
    Bucket,
    RateLimiter,
    is_paused,
    pause_sending,
    resume_sending,
)
from newsletter.worker import Worker
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.outbox.test_worker import fill_queue, states
from tests.waiting import PATIENCE, wait_until

HIGH, BULK = Delivery.HIGH, Delivery.BULK


@pytest.fixture
def now(monkeypatch):
    """A clock that only a test moves; sleeping moves it too."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def moments(now, bucket, priority, seconds):
    """Return when mails go that are sent as fast as the bucket lets them."""
    end, sent = now[0] + seconds, []
    while now[0] + bucket.wait(priority) < end:
        now[0] += bucket.wait(priority)
        bucket.count()
        sent.append(now[0])
    return sent


def busiest(sent, seconds):
    """Return how many went in the busiest stretch of so many seconds."""
    return max(sum(start <= moment < start + seconds - 1e-6 for moment in sent) for start in sent)


@pytest.mark.parametrize(("most", "seconds"), [(14, 1), (500, 3600), (1, 1), (0.5, 1), (25, 1)])
@pytest.mark.parametrize("priority", [HIGH, BULK])
def test_no_stretch_of_time_has_more_mails_than_allowed(now, most, seconds, priority):
    sent = moments(now, Bucket(most, seconds), priority, seconds * 3)
    assert busiest(sent, seconds) <= max(most, 1)
    assert len(sent) >= 0.9 * most * 3


def test_letters_are_spaced_evenly_and_confirmations_may_run_ahead(now):
    bucket = Bucket(500, 3600)
    sent = moments(now, bucket, BULK, 600)
    assert len({round(after - before, 3) for before, after in itertools.pairwise(sent)}) == 1
    at_once = 0
    while not bucket.wait(HIGH):
        bucket.count()
        at_once += 1
    assert at_once >= 45
    assert bucket.wait(BULK) > 300  # what went ahead is made up for


def test_a_minute_to_one_domain_holds_about_what_is_allowed(now):
    limiter, sent, waiting = RateLimiter(per_domain=10), [], []
    row = Delivery(priority=BULK, subscriber=make_unsaved("a@gmail.com"))
    waiting = [now[0]] * 100
    while waiting:  # the worker: looks once a second at what is due
        due, waiting = [at for at in waiting if at <= now[0]], [at for at in waiting if at > now[0]]
        for _ in due:
            if pause := limiter.delay_for(row):
                waiting.append(now[0] + pause)
            else:
                limiter.count(row)
                sent.append(now[0])
        now[0] += 1
    assert len(sent) == 100
    assert busiest(sent, 60) <= 12
    assert sent[-1] - sent[0] < 660


def make_unsaved(address):
    from newsletter.models import Subscriber

    return Subscriber(address=address)


def test_each_put_off_mail_has_a_moment_of_its_own_and_a_confirmation_the_next(now):
    limiter = RateLimiter(per_domain=60)
    letter = Delivery(priority=BULK, subscriber=make_unsaved("a@gmail.com"))
    confirmation = Delivery(priority=HIGH, subscriber=make_unsaved("b@GMAIL.com"))
    assert not limiter.delay_for(letter)
    for _ in range(10):
        limiter.count(letter)
    slots = [round(limiter.delay_for(letter)) for _ in range(100)]
    assert slots == list(range(slots[0], slots[0] + 100))
    assert limiter.delay_for(confirmation) < slots[0]
    assert not limiter.delay_for(
        Delivery(priority=BULK, subscriber=make_unsaved("c@other.example"))
    )


def test_the_memory_for_domains_is_bounded(now):
    limiter = RateLimiter(per_domain=60)
    for number in range(3 * MAX_DOMAINS):
        limiter.count(
            Delivery(priority=BULK, subscriber=make_unsaved(f"a@domain-{number}.example"))
        )
        now[0] += 0.1
    assert len(limiter.domains) <= MAX_DOMAINS


def test_without_settings_there_is_no_limit():
    limiter = RateLimiter.from_settings()
    assert (
        limiter.wait(BULK)
        == limiter.delay_for(Delivery(subscriber=make_unsaved("a@b.example")))
        == 0
    )
    limiter.count(Delivery(subscriber=make_unsaved("a@b.example")))
    assert limiter.wait(BULK) == 0


# the worker


def worker(**limits):
    made = Worker()
    made.shared.limiter = RateLimiter(**limits)
    return made


@pytest.mark.django_db
def test_a_worker_keeps_to_its_rate_limit_and_holds_nothing_while_it_waits(
    now, monkeypatch, mailoutbox
):
    for _ in range(5):
        make_delivery()
    held = []
    real = time.sleep
    monkeypatch.setattr(
        time,
        "sleep",
        lambda s: (held.append(Delivery.objects.filter(state="sending").count()), real(s)),
    )
    began = now[0]
    worker(per_second=2).send_due()
    assert len(mailoutbox) == 5
    assert now[0] - began == pytest.approx(
        2.5, abs=0.1
    )  # it waits once more before it sees that there is no sixth
    assert set(held) == {0}


@pytest.mark.django_db
def test_a_domain_that_has_had_enough_holds_nobody_else_up(now, mailoutbox):
    crowd = [
        make_delivery(subscriber=make_subscriber(address=f"r{n}@gmail.com"), priority=BULK)
        for n in range(5)
    ]
    other = make_delivery(subscriber=make_subscriber(address="a@other.example"), priority=BULK)
    worker(per_domain=1).send_due()
    went = [*crowd[:2], other]  # a moment unused before counts too
    assert {message.to[0] for message in mailoutbox} == {row.subscriber.address for row in went}
    waiting = Delivery.objects.filter(state="queued").order_by("not_before")
    assert waiting.count() == 3
    assert all(row.attempts == row.crashes == 0 and not row.worker_token for row in waiting)
    gaps = [b.not_before - a.not_before for a, b in itertools.pairwise(waiting)]
    assert all(timedelta(seconds=59) < gap < timedelta(seconds=61) for gap in gaps)


@pytest.mark.django_db
def test_a_mail_that_was_tried_before_is_put_off_as_one_that_was(now):
    row = make_delivery(state="retry", attempts=2, priority=BULK)
    taken, limiter = queue.claim(), RateLimiter(per_domain=1)
    limiter.count(taken)
    limiter.count(taken)
    sender.deliver(taken, mail.get_connection(), limiter)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("retry", 2)


@pytest.mark.django_db
def test_confirmations_do_not_wait_behind_letters(now, mailoutbox, monkeypatch):
    patient = [make_delivery(priority=BULK) for _ in range(10)]
    one = worker(per_second=100)
    one.shared.limiter.buckets[0].free_at = now[0] + 0.05  # letters have run ahead a little
    row = make_delivery(kind="confirm")
    one.send_due()
    assert mailoutbox[0].to == [row.subscriber.address]
    assert len(mailoutbox) == 1 + len(patient)


def test_a_signal_ends_a_worker_that_waits_for_its_rate_limit(site, sink):
    fill_queue(site, 5)
    process = site.start("manage.py", "run_mail_worker", MAIL_PER_HOUR="4")
    wait_until(lambda: states(site) == {"sent": 1, "queued": 4})
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0  # the next mail would be due in fifteen minutes
    assert states(site) == {"sent": 1, "queued": 4}


# a person's pause


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["welcome-1", "welcome-4"])
def test_welcome_emails_wait_for_the_end_of_a_persons_pause_and_lose_no_try(
    kind, mailoutbox, clock
):
    until_then = timezone.now() + timedelta(days=10)
    person = make_subscriber(wants_letters=True, paused_until=until_then)
    row = make_delivery(kind=kind, subscriber=person, attempts=1, state="retry")
    sender.deliver(queue.claim(), mail.get_connection())
    row.refresh_from_db()
    assert (row.state, row.attempts, row.not_before, mailoutbox) == ("retry", 1, until_then, [])
    clock(days=10, minutes=1)
    sender.deliver(queue.claim(), mail.get_connection())
    assert [message.to for message in mailoutbox] == [[person.address]]


@pytest.mark.django_db
def test_what_a_paused_person_asked_for_still_comes(mailoutbox):
    person = make_subscriber(paused_until=timezone.now() + timedelta(days=10))
    make_delivery(kind="guide", subscriber=person)
    sender.deliver(queue.claim(), mail.get_connection())
    assert len(mailoutbox) == 1


# everybody's pause


@pytest.mark.django_db
def test_a_pause_is_remembered_from_its_beginning_and_ends():
    assert not is_paused()
    pause_sending()
    began = Heartbeat.objects.get().paused_at
    pause_sending()
    assert (is_paused(), Heartbeat.objects.get().paused_at) == (True, began)
    Heartbeat.beat()
    assert is_paused()
    resume_sending()
    assert not is_paused()


@pytest.mark.django_db
def test_a_pause_does_not_look_like_a_worker():
    pause_sending()
    assert Heartbeat.is_late()


@pytest.mark.django_db
def test_paused_nothing_is_taken_and_the_heart_goes_on(work, mailoutbox):
    make_delivery()
    pause_sending()
    work()
    assert (Delivery.objects.get().state, mailoutbox) == ("queued", [])
    assert not Heartbeat.is_late()
    resume_sending()
    work()
    assert len(mailoutbox) == 1


def test_a_running_worker_stops_when_told_and_goes_on(site, sink):
    fill_queue(site, 400)
    process = site.start("manage.py", "run_mail_worker", MAIL_PER_SECOND="5")
    try:
        wait_until(lambda: len(sink.envelopes) > 5)
        site.script("from newsletter.outbox.send_rate import pause_sending; pause_sending()")
        site.script("")  # takes far longer than the worker to see the pause, however slow all is
        sent = len(sink.envelopes)
        site.script("")
        assert len(sink.envelopes) == sent < 400
        assert states(site) == {"sent": sent, "queued": 400 - sent}
        site.script("from newsletter.outbox.send_rate import resume_sending; resume_sending()")
        wait_until(lambda: len(sink.envelopes) > sent + 5)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    assert set(states(site)) == {"sent", "queued"}
