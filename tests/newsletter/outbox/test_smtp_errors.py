"""What each answer of a mail server means."""

import smtplib
import ssl

import pytest
from anymail.exceptions import AnymailRequestsAPIError

from newsletter.outbox.smtp_backend import LostBeforeMessage, UnsureOutcome
from newsletter.outbox.smtp_errors import classify_connection_error, classify_send_error


def web_service_error(status_code):
    """Return anymail's error, which carries the HTTP status of the service, and counts as an OSError."""
    error = AnymailRequestsAPIError("to ann@example.org")
    error.status_code = status_code
    return error


def data(code, text=b"no"):
    return smtplib.SMTPDataError(code, text)


def refused(code, text=b"no"):
    return smtplib.SMTPRecipientsRefused({"ann@example.org": (code, text)})


@pytest.mark.parametrize("code", [421, 422, 431, 432, 442, 447, 450, 451, 452, 454, 471])
@pytest.mark.parametrize("made", [data, refused])
def test_a_soft_no_is_tried_again(code, made):
    verdict = classify_send_error(made(code))
    is_closing = code == 421
    assert (verdict.state, verdict.away, verdict.stop) == ("retry", is_closing, False)


def sender_refused(code, text=b"no"):
    return smtplib.SMTPSenderRefused(code, text, "notes@site.example")


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (sender_refused(452, b"4.3.1 Insufficient system storage"), True),
        (sender_refused(451, b"Temporary local problem"), True),
        (data(451, b"4.3.0 queue file write error"), True),
        (refused(451, b"4.3.5 Server configuration problem"), True),
        (data(421, b"4.4.2 timeout exceeded"), True),
        (refused(421, b"4.3.2 shutting down"), True),
        (LostBeforeMessage("Connection unexpectedly closed"), True),
        (data(451, b"4.7.1 later"), False),
        (data(452, b"4.3.4 message too big"), False),
        (refused(421, b"4.7.0 deferred because of complaints"), False),
        (refused(450, b"4.1.1 unverified address"), False),
        (refused(452, b"4.2.2 mailbox full"), False),
        (data(554, b"5.3.0 mail system failure"), False),
    ],
)
def test_a_server_that_has_trouble_of_its_own_is_away_and_the_mail_was_not_tried(error, away):
    verdict = classify_send_error(error)
    assert (verdict.away, verdict.broken, verdict.slow and away) == (away, away, False)


@pytest.mark.parametrize(
    ("error", "slow"), [(data(451), False), (data(432), True), (refused(450), True)]
)
def test_full_mailboxes_greylisting_and_crowds_wait_longer(error, slow):
    assert classify_send_error(error).slow is slow


@pytest.mark.parametrize("code", [500, 550, 551, 552, 553, 554])
@pytest.mark.parametrize("made", [data, refused])
def test_a_hard_no_is_final(code, made):
    assert classify_send_error(made(code)).state == "failed"


@pytest.mark.parametrize("made", [data, refused])
def test_unable_to_route_passes(made):
    assert classify_send_error(made(550, b"5.4.4 unable to route")).state == "retry"


def test_too_large_raises_an_alarm():
    verdict = classify_send_error(data(552, b"5.3.4 message too large"))
    assert (verdict.state, verdict.alert) == ("failed", True)


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_wrong_password_stops_the_worker(code):
    assert classify_connection_error(smtplib.SMTPAuthenticationError(code, b"no")).stop
    assert classify_send_error(
        smtplib.SMTPSenderRefused(code, b"authentication required", "notes@site.example")
    ).stop


def test_a_login_server_that_is_busy_does_not_stop_it():
    assert not classify_connection_error(
        smtplib.SMTPAuthenticationError(454, b"temporary failure")
    ).stop


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError("timed out"),
        ssl.SSLCertVerificationError("self-signed certificate"),
        smtplib.SMTPConnectError(554, b"no service"),
        smtplib.SMTPHeloError(501, b"who?"),
        smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    ],
)
def test_no_connection_is_never_the_mails_fault(error):
    verdict = classify_connection_error(error)
    assert (verdict.state, verdict.broken, verdict.away, verdict.stop) == (
        "retry",
        True,
        True,
        False,
    )


@pytest.mark.parametrize(
    "error", [TimeoutError(), ssl.SSLError(), smtplib.SMTPServerDisconnected(), BrokenPipeError()]
)
def test_a_broken_connection_is_tried_again(error):
    verdict = classify_send_error(error)
    assert (verdict.state, verdict.broken, verdict.away) == ("retry", True, False)


def test_no_answer_after_everything_was_said_is_unsure():
    assert classify_send_error(UnsureOutcome()).state == "unknown"


@pytest.mark.parametrize(
    ("status", "state", "stop", "away"),
    [
        (429, "retry", False, False),
        (503, "retry", False, True),
        (400, "failed", False, False),
        (401, "failed", True, False),
    ],
)
def test_a_mail_service_on_the_web_is_judged_by_its_status(status, state, stop, away):
    verdict = classify_send_error(web_service_error(status))
    assert (verdict.state, verdict.stop, verdict.away) == (state, stop, away)
    assert "ann" not in verdict.reply


def test_what_is_kept_is_short_and_without_addresses():
    verdict = classify_send_error(refused(550, b"<ann@example.org>: user unknown\n" + b"x" * 500))
    assert "ann" not in verdict.reply
    assert len(verdict.reply) == 200
    assert "\n" not in verdict.reply
