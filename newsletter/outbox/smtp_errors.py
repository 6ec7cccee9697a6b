"""SMTP errors: what an error of a mail server, or on the way to it, means for the mail."""

import re
import smtplib
from dataclasses import dataclass, replace

from newsletter.bounces.bounce_classes import Meaning, Refusal, Stage, classify
from newsletter.models import Delivery
from newsletter.outbox.smtp_backend import LostBeforeMessage, UnsureOutcome
from trustsite.web.log_redaction import redact

State = Delivery.State
# The server wants another password: no mail can go, so none is blamed.
AUTHENTICATION_REQUIRED = {530, 534, 535, 538}
TOO_LARGE = {523, 552}
SLOW_DOWN = 432  # the recipient's server takes less mail for now
CLOSING = 421
# The mail system's own trouble (RFC 3463, X.3), whoever the mail is for. X.3.3 and X.3.4 are about
# the message.
_SYSTEM = re.compile(r"(?<![\d.])4\.3\.[0125](?![\d.])")
_OTHER_STATUS = re.compile(r"(?<![\d.])4\.[1267]\.\d")  # an address, a mailbox, a policy


@dataclass(frozen=True)
class Classification:
    """What becomes of a delivery: its next state, and what to record of the reply."""

    state: State
    reply: str  # without addresses
    slow: bool = False  # try again, but later than usual
    broken: bool = False  # the connection failed
    away: bool = False  # the server itself was, so the mail was never tried
    opened: bool = True  # there was a connection to begin with
    stop: bool = False  # nothing can be sent: the worker must stop
    alert: bool = False
    refused: bool = False  # it was this address that the server said no to
    meaning: Meaning = Meaning.UNKNOWN  # what a refusal was about


def classify_connection_error(error: Exception) -> Classification:
    """Classify that no connection could be made: whatever happens, it isn't this mail's fault."""
    refused = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
    return Classification(
        State.RETRY, _reply(error), broken=True, away=True, opened=False, stop=refused
    )


def classify_send_error(error: Exception) -> Classification:
    """Classify an error that came while this mail was being sent."""
    if isinstance(error, UnsureOutcome):
        return Classification(State.UNKNOWN, _reply(error), broken=True)
    if isinstance(error, smtplib.SMTPResponseException):
        stage = Stage.SENDER if isinstance(error, smtplib.SMTPSenderRefused) else Stage.DATA
        return _by_code(error.smtp_code, _decoded(error.smtp_error), stage, _reply(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # A soft no to the recipient (mailbox full, greylisted) lasts longer than one to the
        # connection.
        code, words = _refusal(error)
        by_code = _by_code(code, _decoded(words), Stage.RECIPIENT, _reply(error))
        return replace(by_code, refused=True)
    if getattr(error, "status_code", None) or not isinstance(error, OSError):
        return _by_web_service(error)
    # Lost connections, time-outs and TLS errors. A server that hasn't seen the message can't have
    # stumbled over it.
    away = isinstance(error, LostBeforeMessage)
    return Classification(State.RETRY, _reply(error), broken=True, away=away)


def _by_code(code: int, words: str, stage: Stage, reply: str) -> Classification:
    if code in AUTHENTICATION_REQUIRED:
        return Classification(State.RETRY, reply, stop=True)
    meaning = classify(Refusal(words, code, stage=stage))
    # 5.4.4, "unable to route", is mostly a passing fault of DNS.
    if code < 500 or "5.4.4" in words:
        away = _is_away(code, words, stage)
        slow = not away and (stage is Stage.RECIPIENT or code == SLOW_DOWN)
        return Classification(
            State.RETRY, reply, slow=slow, broken=away, away=away, meaning=meaning
        )
    return Classification(State.FAILED, reply, alert=code in TOO_LARGE, meaning=meaning)


def _is_away(code: int, words: str, stage: Stage) -> bool:
    """Whether a no for now is the server's own trouble, which says nothing of the mail."""
    if code >= 500:
        return False
    if stage is Stage.SENDER or _SYSTEM.search(words):
        return True  # no recipient was named yet, or none matters
    return code == CLOSING and not _OTHER_STATUS.search(words)


def _by_web_service(error: Exception) -> Classification:
    """Classify the error of another backend: anymail's carry the service's HTTP status."""
    status = getattr(error, "status_code", None)
    if status is None:
        return Classification(State.FAILED, _reply(error))
    if status >= 500:
        return Classification(State.RETRY, _reply(error), broken=True, away=True)
    if status == 429:
        return Classification(State.RETRY, _reply(error))
    return Classification(State.FAILED, _reply(error), stop=status in {401, 403})


def _refusal(error: smtplib.SMTPRecipientsRefused) -> tuple[int, bytes]:
    return next(iter(error.recipients.values()))  # each mail has one recipient


def _reply(error: Exception) -> str:
    """Return what the server said, or what kind of error it was, fit to be stored."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = f"{error.smtp_code} {_decoded(error.smtp_error)}"
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = _refusal(error)
        text = f"{code} {_decoded(words)}"
    elif isinstance(error, OSError) and not hasattr(error, "status_code"):
        kind = error.__cause__ if isinstance(error, LostBeforeMessage) else error
        text = f"{type(kind).__name__}: {error}"
    else:  # other errors may quote the mail itself
        status = str(getattr(error, "status_code", "") or "")
        text = f"{status} {type(error).__name__}"
    return redact(" ".join(text.split()))[:200]


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
