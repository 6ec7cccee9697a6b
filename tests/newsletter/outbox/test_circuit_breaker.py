"""When the mail server is away, the worker waits, longer each time."""

import time

import pytest

from newsletter.outbox.circuit_breaker import MAX_FAILURES, CircuitBreaker
from newsletter.outbox.smtp_errors import Classification

BROKEN = Classification("retry", "Connection refused", broken=True, opened=False)
PUT_OFF = Classification("retry", "451 try later")
GREYLISTED = Classification("retry", "450 greylisted", slow=True)


@pytest.fixture
def now(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_it_pauses_after_five_failures_in_a_row_and_doubles_up_to_a_quarter_of_an_hour(now):
    breaker, pauses = CircuitBreaker(), []
    for _ in range(MAX_FAILURES - 1):
        breaker.record(BROKEN)
        assert not breaker.is_open()
    for _ in range(6):
        breaker.record(BROKEN)
        assert breaker.is_open()
        pauses.append(breaker.open_until - now[0])
        now[0] = breaker.open_until
        assert not breaker.is_open()
    assert pauses == [60, 120, 240, 480, 900, 900]


@pytest.mark.parametrize("bad", [BROKEN, PUT_OFF])
@pytest.mark.parametrize("good", [None, Classification("failed", "550 no"), GREYLISTED])
def test_any_other_answer_of_the_server_starts_the_count_anew(now, good, bad):
    breaker = CircuitBreaker()
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            breaker.record(bad)
        breaker.record(good) if good else breaker.record_sent()
    assert (breaker.failures, breaker.is_open(), breaker.trouble) == (0, False, "")


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (BROKEN, "The mail server can't be reached: Connection refused"),
        (PUT_OFF, "The mail server takes no mail: 451 try later"),
    ],
)
def test_it_tells_what_the_trouble_is(now, failure, words):
    breaker = CircuitBreaker()
    for _ in range(MAX_FAILURES):
        breaker.record(failure)
    assert breaker.trouble == words


def test_a_mail_that_another_connection_gets_through_ends_the_pause(now):
    breaker = CircuitBreaker()
    for _ in range(MAX_FAILURES):
        breaker.record(BROKEN)
    assert breaker.record_sent() is not None
    assert (breaker.is_open(), breaker.record_sent()) == (False, None)
