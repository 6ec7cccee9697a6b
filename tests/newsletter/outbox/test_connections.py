"""Several connections of one worker: as many as the mail asks for, within the same limits, each with one mail in hand."""

import threading
import time

import pytest
from django.db import OperationalError

from newsletter.models import Delivery, Subscriber
from newsletter.outbox import queue
from newsletter.outbox.circuit_breaker import MAX_FAILURES, CircuitBreaker
from newsletter.outbox.send_rate import RateLimiter
from newsletter.outbox.smtp_errors import Classification
from tests.factories import make_delivery
from tests.newsletter.outbox.test_worker import states

BULK = Delivery.BULK
CONFIRMATIONS = """
    from newsletter.models import Delivery, Subscriber
    for number in range({number}):
        person = Subscriber.objects.create(address=f"reader-{{number}}@example.org", wording="test")
        Delivery.objects.create(kind="confirm", subscriber=person)
"""


async def slowly(server):
    import asyncio

    await asyncio.sleep(0.05)
    return "250 taken"


class Greeted(dict):
    """Answers everybody slowly."""

    def get(self, name, default=None):
        return slowly


def most_at_once(site, sink, people, connections):
    """Send to so many; return how many mails were being taken at one moment."""
    now, most = [0], [0]
    take = sink.handle_DATA

    async def handle(server, session, envelope):
        now[0] += 1
        most[0] = max(most[0], now[0])
        answer = await take(server, session, envelope)
        now[0] -= 1
        return answer

    sink.handle_DATA, sink.answer = handle, Greeted()
    site.script(CONFIRMATIONS.format(number=people))
    site.manage("run_mail_worker", "--once", MAIL_CONNECTIONS=str(connections))
    assert states(site) == {"sent": people}
    assert sorted(sink.recipients) == sorted({f"reader-{n}@example.org" for n in range(people)})
    return most[0]


def test_many_mails_go_by_several_connections_and_each_once(site, sink):
    assert 2 <= most_at_once(site, sink, 20, 4) <= 4


def test_by_one_connection_they_go_one_after_the_other(site, sink):
    assert most_at_once(site, sink, 5, 1) == 1


def delivery():
    return Delivery(priority=BULK, subscriber=Subscriber(address="a@example.org"))


@pytest.fixture
def now(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_connections_share_one_limit(now):
    limiter = RateLimiter(per_second=1)
    assert not limiter.reserve(BULK)
    assert limiter.reserve(BULK) == 1, "the first has the place, though it hasn't gone yet"
    now[0] += 1
    assert not limiter.reserve(BULK), "and holds up nobody while it hangs"
    assert limiter.reserve(BULK) == 1
    limiter.give_back()  # one of them wasn't wanted any more
    assert not limiter.reserve(BULK)


def test_two_that_hung_at_their_connections_do_not_go_at_once(now):
    limiter = RateLimiter(per_second=1)
    for _ in range(3):
        assert not limiter.reserve(BULK)
        now[0] += 1
    assert not limiter.take(delivery())
    assert limiter.take(delivery()) == 1
    now[0] += 1
    assert not limiter.take(delivery())


def test_a_limit_holds_over_threads():
    limiter, gone = RateLimiter(per_hour=40), []

    def send():
        for _ in range(100):
            if not limiter.reserve(BULK) and not limiter.take(delivery()):
                gone.append(1)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gone) == 1


def test_failures_of_one_moment_lengthen_the_pause_once(monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    breaker = CircuitBreaker()
    for _ in range(MAX_FAILURES + 3):  # four connections that all found the server gone
        breaker.record(Classification("retry", "Connection refused", broken=True))
    assert breaker.open_until == 1060.0


def held(number):
    """Return so many mails that a connection each holds."""
    for _ in range(number):
        make_delivery()
    return [queue.claim() for _ in range(number)]


@pytest.mark.django_db
def test_what_connections_sent_is_recorded_together_and_each_has_a_next_mail():
    sent = [queue.Sent(mail, queue.claim) for mail in held(3)]
    waiting = {make_delivery().pk for _ in range(2)}
    queue._record_all(sent)
    assert Delivery.objects.filter(state="sent").count() == 3
    assert {one.following.pk for one in sent if one.following} == waiting
    assert sent[2].following is None


@pytest.mark.django_db
def test_when_recording_fails_none_is_recorded_and_no_mail_is_anybodys():
    def fail():
        raise OperationalError("the disk is full")

    make_delivery()
    first, second = held(2)
    sent = [queue.Sent(first, queue.claim), queue.Sent(second, fail)]
    with pytest.raises(OperationalError):
        queue._record_all(sent)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        "queued",
        "sending",
        "sending",
    ]
