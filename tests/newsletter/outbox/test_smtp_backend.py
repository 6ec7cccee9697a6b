"""Talking to a mail server that misbehaves."""

import asyncio
import smtplib

import pytest
from aiosmtpd.smtp import AuthResult

from newsletter.models import Delivery, Subscriber
from newsletter.outbox import queue, sender, smtp_backend
from newsletter.outbox.smtp_backend import UnsureOutcome
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.conftest import Sink, connect

pytestmark = pytest.mark.django_db


def send(backend):
    row = queue.claim()
    sender.deliver(row, backend)
    row.refresh_from_db()
    return row


def test_many_mails_go_over_one_connection(backend, sink, work):
    rows = [make_delivery() for _ in range(3)]
    for _ in rows:
        assert send(backend).state == "sent"
    assert sorted(sink.recipients) == sorted(row.subscriber.address for row in rows)
    assert len({envelope.content for envelope in sink.envelopes}) == 3
    assert backend.connection is not None


def test_we_greet_with_our_mail_domain(backend, sink):
    make_delivery()
    send(backend)
    assert sink.greeted_by == {"site.example"}


def test_one_refused_recipient_does_not_stop_the_others(backend, sink, clock):
    people = {
        name: make_subscriber(address=f"{name}@example.org")
        for name in ("full", "gone", "fine", "odd")
    }
    for person in people.values():
        make_delivery(subscriber=person)
    sink.refuse = {
        "full@example.org": "452 4.2.2 mailbox full",
        "gone@example.org": "550 5.1.1 no such user",
    }
    sink.answer = {"odd@example.org": "554 5.7.1 looks like spam"}
    for _ in people:
        sender.deliver(queue.claim(), backend)
    states = dict(Delivery.objects.values_list("subscriber__address", "state"))
    assert states == {
        "full@example.org": "retry",
        "gone@example.org": "failed",
        "fine@example.org": "sent",
        "odd@example.org": "failed",
    }
    assert Subscriber.objects.get(state="returned") == people["gone"]


def test_a_connection_dropped_in_the_middle_is_tried_again(backend, sink, clock):
    row = make_delivery()

    async def drop(server):
        server.transport.close()
        return "250 never heard"

    sink.answer = {row.subscriber.address: drop}
    assert send(backend).state == "retry"
    sink.answer = {}
    clock(minutes=2)
    assert send(backend).state == "sent"


@pytest.fixture
def hurried(sink):
    """A backend that waits less long for an answer than the server below thinks about a mail."""
    backend = connect(sink.port, timeout=2)
    yield backend
    backend.close()


async def say_nothing_for_long(server):
    await asyncio.sleep(3)
    return "250 taken, after a long look at it"


def test_a_server_that_looks_at_a_mail_for_longer_than_it_answers_commands_is_waited_for(
    hurried, sink, monkeypatch, clock
):
    monkeypatch.setattr(smtp_backend, "TELL_EVERY", 0.2)
    row = make_delivery()
    sink.answer = {row.subscriber.address: say_nothing_for_long}
    claimed = queue.claim()
    clock(minutes=4)  # its lease is almost over
    sender.deliver(claimed, hurried)
    row.refresh_from_db()
    assert (row.state, len(sink.envelopes)) == ("sent", 1)


def test_its_mail_stays_ours_meanwhile(hurried, sink, monkeypatch, clock):
    monkeypatch.setattr(smtp_backend, "TELL_EVERY", 0.2)
    row = make_delivery()
    sink.answer = {row.subscriber.address: say_nothing_for_long}
    freed, tell = [], queue.extend_lease

    def later(delivery):
        tell(delivery)
        clock(minutes=4)  # the answer takes ever longer
        freed.append(queue.release_expired())

    monkeypatch.setattr(queue, "extend_lease", later)
    sender.deliver(queue.claim(), hurried)
    row.refresh_from_db()
    assert (row.state, set(freed)) == ("sent", {0})


def test_no_answer_after_the_whole_mail_is_unsure(hurried, sink, monkeypatch):
    monkeypatch.setattr(smtp_backend, "LONGEST_ANSWER", 1.0)
    row = make_delivery()
    sink.answer = {row.subscriber.address: say_nothing_for_long}
    assert send(hurried).state == "unknown"


def test_a_worker_that_is_asked_to_stop_waits_as_for_any_other_answer(hurried, sink):
    sender.watch(hurried, lambda: True)
    row = make_delivery()
    sink.answer = {row.subscriber.address: say_nothing_for_long}
    assert send(hurried).state == "unknown"


def test_a_server_that_says_nothing_at_all_is_left_in_time(db):
    import socket

    make_delivery()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        row = send(connect(silent.getsockname()[1], timeout=1))
    assert row.state == "retry"
    assert "timed out" in row.smtp_reply


def test_a_closed_port_is_waited_for():
    from tests.newsletter.conftest import free_port

    make_delivery()
    assert send(connect(free_port())).state == "retry"


def test_without_tls_nothing_is_said_in_clear(sink):
    make_delivery()
    row = send(connect(sink.port, use_tls=True))
    assert row.state == "retry"
    assert sink.envelopes == []


def test_a_wrong_password_is_told_apart(serve):
    strict = Sink()
    refuse = lambda server, session, envelope, mechanism, data: AuthResult(
        success=False, handled=False
    )
    port = serve(strict, authenticator=refuse, auth_require_tls=False)
    make_delivery()
    row = queue.claim()
    with pytest.raises(sender.SmtpAuthenticationRejected, match="535"):
        sender.deliver(row, connect(port, username="ann", password="secret"))
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("queued", 0)


def test_an_unsure_outcome_is_a_kind_of_lost_connection():
    assert issubclass(UnsureOutcome, smtplib.SMTPServerDisconnected)


# PIPELINING: sender, recipient and DATA in one breath


class Eager(Sink):
    """A server that lets us say several things at once."""

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]


@pytest.fixture
def eager(serve):
    sink = Eager()
    sink.backend = connect(serve(sink))
    yield sink
    sink.backend.close()


def test_a_server_that_lets_us_hears_it_all_in_one_breath(eager, monkeypatch):
    said, real = [], smtplib.SMTP.send
    monkeypatch.setattr(smtplib.SMTP, "send", lambda self, s: (said.append(s), real(self, s))[1])
    make_delivery(kind="confirm")
    row = send(eager.backend)
    assert row.state == "sent"
    [ask] = [s for s in said if isinstance(s, str) and s.startswith("MAIL")]
    assert [line.split(":")[0] for line in ask.split("\r\n")] == [
        "MAIL FROM",
        "RCPT TO",
        "DATA",
        "",
    ]
    assert f"RCPT TO:<{row.subscriber.address}>" in ask
    assert eager.mails[0]["Message-ID"] == row.message_id


def test_noes_mean_the_same_in_one_breath(eager):
    people = {
        name: make_subscriber(address=f"{name}@example.org")
        for name in ("full", "gone", "odd", "fine")
    }
    for person in people.values():
        make_delivery(subscriber=person)
    eager.refuse = {
        "full@example.org": "452 4.2.2 mailbox full",
        "gone@example.org": "550 5.1.1 no such user",
    }
    eager.answer = {"odd@example.org": "554 5.7.1 looks like spam"}
    for _ in people:
        sender.deliver(queue.claim(), eager.backend)
    states = dict(Delivery.objects.values_list("subscriber__address", "state"))
    refused = dict.fromkeys(("odd@example.org", "gone@example.org"), "failed")
    assert states == {"full@example.org": "retry", "fine@example.org": "sent", **refused}
    assert Subscriber.objects.get(state="returned") == people["gone"]


def test_a_mail_to_nobody_is_ended_without_a_word(eager, monkeypatch):
    """A server may answer DATA with 354 though it refused the only recipient; then it wants its dot."""
    said = []
    answers = iter(
        [
            (250, b"ok"),
            (550, b"5.1.1 no such user"),
            (354, b"go on"),
            (554, b"no recipients"),
            (250, b"reset"),
            (221, b"bye"),
        ]
    )
    make_delivery(kind="confirm")
    eager.backend.open()
    eager.backend.connection.ehlo()
    monkeypatch.setattr(eager.backend.connection, "getreply", lambda: next(answers))
    monkeypatch.setattr(eager.backend.connection, "send", said.append)
    assert sender.deliver(queue.claim(), eager.backend).state == "failed"
    assert b".\r\n" in said
    assert not any(isinstance(s, bytes) and b"Subject" in s for s in said)


@pytest.mark.parametrize("server", ["eager", "sink"])
def test_dots_and_endings_arrive_as_they_were(request, server):
    server = request.getfixturevalue(server)
    backend = getattr(server, "backend", None) or connect(server.port)
    backend.open()
    for wire in (
        b"Subject: x\r\n\r\n.\r\n..two\r\nend",
        b".\r\n.\r\n",
        b"Subject: x\r\n\r\nplain.\r\n",
    ):
        backend.send_raw("notes@site.example", "a@b.example", wire)
        assert server.envelopes[-1].content == wire.removesuffix(b"\r\n") + b"\r\n"
    backend.close()


def test_a_letter_goes_out_the_same_by_either_way(backend, sink, monkeypatch):
    from newsletter.models import Letter
    from newsletter.outbox import personalise

    letter = Letter.objects.create(
        subject="A letter",
        body="…",
        state="sending",
        sent_subject="A letter",
        sent_html="<p>It’s here.</p>",
        sent_text="It’s\n",
    )
    for _ in range(2):
        make_delivery(kind="letter", letter=letter, subscriber=make_subscriber(wants_letters=True))
    send(backend)
    monkeypatch.setattr(personalise, "raw_bytes", lambda delivery: None)
    send(backend)
    quick, plain = sink.mails
    assert [
        (part.get_content_type(), part.get("Content-Transfer-Encoding")) for part in quick.walk()
    ] == [(part.get_content_type(), part.get("Content-Transfer-Encoding")) for part in plain.walk()]
    assert quick["To"] != plain["To"]
    assert quick.keys() == plain.keys()


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org",
        "a.b+c@mail.example.org",
        "o'hara@example.org",
        '"a b"@example.org',
        "ü@example.org",
        "",
        "a",
    ],
)
def test_an_address_is_written_as_smtplib_writes_it(address):
    assert smtp_backend._path(address) == smtplib.quoteaddr(address)
