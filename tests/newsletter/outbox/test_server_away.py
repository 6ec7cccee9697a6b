"""A mail server that is away for hours: it costs no mail its patience, and what waits goes at once."""

import smtplib
import time
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailRequestsAPIError
from django.core import mail
from django.utils import timezone

from newsletter.issues.refusals import RefusalMonitor
from newsletter.models import Delivery
from newsletter.outbox import queue, sender
from newsletter.outbox.circuit_breaker import LONGEST_PAUSE, CircuitBreaker
from newsletter.outbox.mail_connection import MailConnection, Shared
from newsletter.outbox.smtp_backend import LostBeforeMessage
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
SENDER = "notes@site.example"
UNAVAILABLE = AnymailRequestsAPIError("Service Unavailable")
UNAVAILABLE.status_code = 503
# Ways to be away: what opening a connection raises, or what sending does.
WAYS = {
    "no connection": (ConnectionRefusedError(111, "Connection refused"), None),
    "a greeting for later": (smtplib.SMTPConnectError(421, b"try again later"), None),
    "no sender": (None, smtplib.SMTPSenderRefused(452, b"4.3.1 disk full", SENDER)),
    "no message": (None, smtplib.SMTPDataError(451, b"4.3.0 queue file write error")),
    "no message, without a code": (None, smtplib.SMTPDataError(451, b"come back later")),
    "lost before the message": (None, LostBeforeMessage("Connection unexpectedly closed")),
    "lost in the message": (None, smtplib.SMTPServerDisconnected("Connection reset")),
    "a service's own error": (None, UNAVAILABLE),
}


class Server:
    """A mail backend that is away as long as it is told to be."""

    def __init__(self, opening, sending):
        self.opening, self.sending, self.is_away, self.tries = opening, sending, True, 0

    def open(self):
        self.tries += 1
        if self.is_away and self.opening:
            raise self.opening

    def send_messages(self, messages):
        if self.is_away and self.sending:
            raise self.sending
        return mail.get_connection().send_messages(messages)

    def close(self):
        pass


@pytest.fixture
def forward(clock, monkeypatch):
    """Put both clocks forward, the one of the day and the one that nobody can turn."""
    real, ahead = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead[0])

    def forward(seconds):
        ahead[0] += seconds
        clock(seconds=seconds)

    return forward


def away_for(hours, way, forward):
    """Let a worker try while its server is away; return its connection, and the server."""
    connection = MailConnection(Shared(RefusalMonitor()))
    connection.backend = server = Server(*WAYS[way])
    for _ in range(hours * 60):
        connection.drain()
        forward(60)
    server.is_away = False
    return connection, server


def until_the_first_goes(connection, mailoutbox, forward):
    minutes = 0
    while not mailoutbox:
        assert minutes <= LONGEST_PAUSE / 60, "nobody tried the server again"
        connection.drain()
        minutes += 1
        forward(60)
    connection.drain()


@pytest.mark.parametrize("way", WAYS)
def test_six_hours_away_cost_no_mail_its_patience(way, forward, mailoutbox):
    rows = [make_delivery(kind="guide") for _ in range(3)]
    connection, server = away_for(6, way, forward)
    assert server.tries < 60, "a server that is away isn't asked all the time"
    assert connection.shared.breaker.trouble
    rows.append(make_delivery(kind="confirm", subscriber=make_subscriber(state="pending")))
    until_the_first_goes(connection, mailoutbox, forward)
    assert len(mailoutbox) == 4
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert not connection.shared.breaker.trouble


def test_by_counting_tries_they_would_have_waited_for_half_a_day(forward, mailoutbox, monkeypatch):
    monkeypatch.setattr(CircuitBreaker, "judge", lambda self, failure: failure)
    monkeypatch.setattr(sender, "is_spared", lambda *args: False)
    monkeypatch.setattr(queue, "release_put_off", lambda since: 0)
    monkeypatch.setattr(sender, "JITTER", 0.0)  # the fifth try is 16 or 18 hours before the sixth
    make_delivery(kind="guide")
    connection, _ = away_for(6, "no message, without a code", forward)
    for _ in range(120):
        connection.drain()
        forward(60)
    assert mailoutbox == []


def test_a_mail_that_the_server_cannot_bear_ends_after_days_and_holds_nobody_up(
    forward, mailoutbox
):
    bad = make_delivery(kind="guide")
    connection = MailConnection(Shared(RefusalMonitor()))
    connection.backend = server = Server(*WAYS["lost before the message"])
    server.is_away = False
    real = server.send_messages

    def send_messages(messages):
        if messages[0].to == [bad.subscriber.address]:
            raise server.sending
        return real(messages)

    server.send_messages = send_messages
    for hour in range(24 * 6):
        if hour % 24 == 0:
            make_delivery(kind="guide")
        connection.drain()
        forward(3600)
    bad.refresh_from_db()
    assert (bad.state, len(mailoutbox)) == ("failed", 6)


def test_what_was_put_off_before_is_left_as_it_is():
    now = timezone.now()
    before, meanwhile = (
        make_delivery(state="retry", changed_at=at, not_before=now + timedelta(hours=1))
        for at in (now - timedelta(hours=7), now - timedelta(hours=1))
    )
    assert queue.release_put_off(now - timedelta(hours=6)) == 1
    assert queue.claim() == meanwhile
    before.refresh_from_db()
    assert before.not_before > now
