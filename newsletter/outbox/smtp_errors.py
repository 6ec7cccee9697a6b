"""What an error from a mail server, or on the way to it, means for the mail at hand."""

import smtplib
from dataclasses import dataclass, replace

from newsletter.bounce_classes import Meaning, Refusal, Stage, classify
from newsletter.models import Delivery
from newsletter.outbox.smtp_backend import UnsureOutcome
from trustsite.web.log_redaction import redact

State = Delivery.State
NOT_LET_IN = {
    530,
    534,
    535,
    538,
}  # the server wants another password: no mail can go, so none is blamed
TOO_LARGE = {523, 552}


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery: its next state, and what to remember of the reply (without addresses)."""

    state: State
    reply: str
    slow: bool = False  # try again, but later than usual
    broken: bool = False  # the connection failed
    away: bool = False  # there was none to begin with, so the mail itself was never tried
    stop: bool = False  # nothing can be sent: the worker must stop
    alert: bool = False
    refused: bool = False  # it was this address that the server said no to
    meaning: Meaning = Meaning.UNKNOWN  # what a refusal was about


def judge_connecting(error: Exception) -> Verdict:
    """Return what it means that no connection could be made: whatever happens, it isn't this mail's fault."""
    refused = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
    return Verdict(State.RETRY, _told(error), broken=True, away=True, stop=refused)


def judge_sending(error: Exception) -> Verdict:
    """Return what an error that came while this mail was being sent means for it."""
    if isinstance(error, UnsureOutcome):
        return Verdict(State.UNKNOWN, _told(error), broken=True)
    if isinstance(error, smtplib.SMTPResponseException):
        stage = Stage.SENDER if isinstance(error, smtplib.SMTPSenderRefused) else Stage.DATA
        return _by_code(error.smtp_code, _decoded(error.smtp_error), stage, _told(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # A soft no to the recipient (mailbox full, greylisted) lasts longer than one to the connection.
        code, words = _refusal(error)
        return replace(_by_code(code, _decoded(words), Stage.RECIPIENT, _told(error)), refused=True)
    if isinstance(error, OSError):  # lost connections, time-outs and TLS errors
        return Verdict(State.RETRY, _told(error), broken=True)
    return _by_web_service(error)


def _by_code(code: int, words: str, stage: Stage, reply: str) -> Verdict:
    if code in NOT_LET_IN:
        return Verdict(State.RETRY, reply, stop=True)
    meaning = classify(Refusal(words, code, stage=stage))
    if code < 500 or "5.4.4" in words:  # 5.4.4, "unable to route", is mostly a passing fault of DNS
        slow = stage is Stage.RECIPIENT or code == 432
        return Verdict(State.RETRY, reply, slow=slow, meaning=meaning)
    return Verdict(State.FAILED, reply, alert=code in TOO_LARGE, meaning=meaning)


def _by_web_service(error: Exception) -> Verdict:
    """Judge the error of a backend that isn't SMTP: those of anymail carry the service's HTTP status."""
    status = getattr(error, "status_code", None)
    if status is None:
        return Verdict(State.FAILED, _told(error))
    if status == 429 or status >= 500:
        return Verdict(State.RETRY, _told(error))
    return Verdict(State.FAILED, _told(error), stop=status in {401, 403})


def _refusal(error: smtplib.SMTPRecipientsRefused) -> tuple[int, bytes]:
    return next(iter(error.recipients.values()))  # each mail has one recipient


def _told(error: Exception) -> str:
    """Return what the server said, or what kind of error it was, fit to be kept."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = f"{error.smtp_code} {_decoded(error.smtp_error)}"
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = _refusal(error)
        text = f"{code} {_decoded(words)}"
    elif isinstance(error, OSError):
        text = f"{type(error).__name__}: {error}"
    else:  # other errors may quote the mail itself
        text = " ".join(
            filter(None, [str(getattr(error, "status_code", "") or ""), type(error).__name__])
        )
    return redact(" ".join(text.split()))[:200]


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
