"""Several connections of one worker: as many as the mail asks for, within the same limits, each with one mail in hand."""

import threading
import time

import pytest
from django.db import DatabaseError, OperationalError

from newsletter.issues.refusals import RefusalMonitor
from newsletter.models import Delivery, Subscriber
from newsletter.outbox import queue
from newsletter.outbox.circuit_breaker import MAX_FAILURES, CircuitBreaker
from newsletter.outbox.mail_connection import MailConnection, Shared
from newsletter.outbox.send_rate import RateLimiter
from newsletter.outbox.smtp_errors import Classification
from tests.factories import make_delivery
from tests.newsletter.outbox.test_worker import states

BULK, HIGH = Delivery.BULK, Delivery.HIGH
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


def any_mail():
    return BULK


@pytest.mark.django_db
def test_what_connections_sent_is_recorded_together_and_each_has_one_next_mail():
    sent = [queue.Sent(mail, any_mail) for mail in held(3)]
    waiting = {make_delivery().pk for _ in range(4)}
    queue._record_all(sent)
    assert Delivery.objects.filter(state="sent").count() == 3
    following = {one.following.pk for one in sent}
    assert len(following) == 3
    assert following < waiting
    assert Delivery.objects.filter(state="queued").count() == 1


@pytest.mark.django_db
def test_a_connection_that_may_have_no_next_mail_gets_none_and_takes_none_from_the_others():
    first, second, third = held(3)
    waiting = make_delivery()
    sent = [queue.Sent(first), queue.Sent(second, any_mail), queue.Sent(third, any_mail)]
    queue._record_all(sent)
    assert [one.following for one in sent] == [None, waiting, None]


@pytest.mark.django_db
def test_where_one_may_have_only_a_mail_that_somebody_waits_for_so_may_all():
    sent = [
        queue.Sent(mail, allowed)
        for mail, allowed in zip(held(2), [any_mail, lambda: HIGH], strict=True)
    ]
    make_delivery(priority=BULK)
    queue._record_all(sent)
    assert [one.following for one in sent] == [None, None]


@pytest.mark.django_db
def test_what_is_no_longer_a_connections_own_is_not_recorded_with_the_others():
    first, second = held(2)
    Delivery.objects.filter(pk=first.pk).update(worker_token=second.worker_token)
    queue._record_all([queue.Sent(first), queue.Sent(second)])
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "sending",
        "sent",
    ]


@pytest.mark.django_db
def test_when_recording_fails_none_is_recorded_and_no_mail_is_anybodys():
    def fail():
        raise OperationalError("the disk is full")

    make_delivery()
    first, second = held(2)
    sent = [queue.Sent(first, any_mail), queue.Sent(second, fail)]
    with pytest.raises(OperationalError):
        queue._record_all(sent)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        "queued",
        "sending",
        "sending",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["settings", "guide"])  # the latter writes its person's row too
def test_a_record_and_the_claim_that_comes_with_it_stand_or_fall_together(kind, monkeypatch):
    row = make_delivery(kind=kind)
    mail = queue.claim()
    for name in ("SQLITE_CLAIM", "POSTGRESQL_CLAIM"):
        broken = getattr(queue.queue_sql, name).replace("lease_until", "no_such_column")
        monkeypatch.setattr(queue.queue_sql, name, broken)
    with pytest.raises(DatabaseError):
        queue.mark_sent(mail, any_mail)
    row.refresh_from_db()
    assert row.state == "sending"
    assert queue.mark_sent(mail) is None
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.fixture
def one():
    """A connection of a worker that may send one mail an hour."""
    one = MailConnection(Shared(RefusalMonitor(), RateLimiter(per_hour=1)))
    one.is_due = lambda: False
    return one


@pytest.mark.django_db
def test_a_place_in_the_rate_limit_is_given_back_when_no_mail_waits_for_it(one):
    [mail] = held(1)
    one.mark_sent(mail)
    assert one.claimed is None
    assert not one.shared.limiter.reserve(BULK)


@pytest.mark.django_db
def test_and_kept_for_a_mail_that_was_claimed_along(one):
    [mail] = held(1)
    waiting = make_delivery()
    one.mark_sent(mail)
    assert one.claimed == waiting
    assert one.shared.limiter.reserve(BULK)


@pytest.mark.django_db
@pytest.mark.parametrize(("bulk_paused", "claims"), [(False, True), (True, False)])
def test_a_letter_is_not_claimed_along_while_letters_are_held_back(one, bulk_paused, claims):
    [mail] = held(1)
    make_delivery(priority=BULK)
    one.shared.bulk_paused = bulk_paused
    one.mark_sent(mail)
    assert (one.claimed is not None) is claims
