"""Mail reports: what a returned mail, a complaint or a wish to leave says, when it comes as a mail.

Delivery status notifications (RFC 3464), feedback reports (RFC 5965), the plain words of exim and
qmail, and mails that a mail program's own button for leaving sends. What proves them is read here
too, and only that: who a mail claims to be from proves nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from enum import Enum, auto

from newsletter import tokens
from newsletter.bounces import return_path
from newsletter.bounces.bounce_classes import Refusal, Stage

MAX_BYTES = 256 * 1024  # of a mail; what a report says stands before the mail it is about
MAX_TEXT = 4000  # letters of what a server said
MAX_PARTS = 50
# Where the servers on the way write down whom they brought a mail to.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_STAGES = {
    "MAIL FROM": Stage.SENDER,
    "RCPT TO": Stage.RECIPIENT,
    "DATA": Stage.DATA,
    "END OF DATA": Stage.DATA,
}
_IN_REPLY_TO = re.compile(r"in\s+reply\s+to\s+(MAIL FROM|RCPT TO|DATA|end of DATA)\s", re.I)
_QMAIL = "Hi. This is the qmail-send program"
_LINK = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}:[\w-]{43}(?![\w-])", re.ASCII)
_OPT_OUT = {"opt-out", "opt-out-list"}


class Wish(Enum):
    """What the sender of a report tells of their person."""

    COMPLAINT = auto()
    LEAVE = auto()


@dataclass(frozen=True)
class MailReport:
    """What a mail reports, and what proves it; with neither it is no report."""

    about: Refusal | Wish | None = None
    delivery: int | None = None  # the row of the outbox, by a genuine return path
    fingerprint: str | None = None  # the person, by a genuine link for leaving
    recipients: frozenset[str] = frozenset()  # which addresses a refusal names, if it names any


NOTHING = MailReport()


def read(raw: bytes, recipient: str = "") -> MailReport:
    """Return what a mail reports. `recipient` is whom its server brought it to, where that is known.

    Of a long mail only the beginning is looked at.
    """
    mail = message_from_bytes(raw[:MAX_BYTES], policy=policy.compat32)
    parts = list(_walk(mail))
    feedback = _fields_of(parts, "message/feedback-report")
    if feedback:
        return _complaint(feedback[0], parts)
    status = _fields_of(parts, "message/delivery-status")
    refusal = _failure(status, _words(parts)) if status else _in_plain_words(mail, parts)
    if refusal is None:
        return NOTHING if status else _wish_to_leave(mail)
    delivery = _returned_to(mail, recipient)
    return MailReport(refusal, delivery, recipients=frozenset(_recipients(status)))


def _walk(mail: Message) -> Iterator[Message]:
    for number, part in enumerate(mail.walk()):
        if number == MAX_PARTS:
            return
        yield part


def _fields_of(parts: list[Message], content_type: str) -> list[Message]:
    """Return the groups of fields in the first part of a type."""
    for part in parts:
        if part.get_content_type() == content_type:
            payload = part.get_payload()
            groups = payload if isinstance(payload, list) else []
            return [group for group in groups if isinstance(group, Message)]
    return []


def _header(message: Message, name: str) -> str:
    return " ".join(str(message.get(name) or "").split())


def _words(parts: list[Message]) -> str:
    """Return the words for people, which come first."""
    for part in parts:
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload[:MAX_TEXT].decode(errors="replace") if isinstance(payload, bytes) else ""
    return ""


def _returned_to(mail: Message, recipient: str) -> int | None:
    named = [recipient]
    for name in _RECIPIENTS:
        named += [str(value) for value in mail.get_all(name, [])]
    return return_path.find(" ".join(named)[:MAX_TEXT])


# -- returned mail ------------------------------------------------------------------------------


def _failure(groups: list[Message], words: str) -> Refusal | None:
    """Return why a mail came back; None for one that is late, or that has arrived.

    Each mail of ours has one recipient. Were there more, what accuses no address wins.
    """
    failed = list(_failed(groups))
    if not failed:
        return None
    stage = _IN_REPLY_TO.search(words)
    return Refusal(
        " ".join(_header(group, "Diagnostic-Code") for group in failed)[:MAX_TEXT],
        status=" ".join(_header(group, "Status") for group in failed)[:MAX_TEXT],
        stage=_STAGES[" ".join(stage[1].upper().split())] if stage else Stage.RECIPIENT,
    )


def _failed(groups: list[Message]) -> Iterator[Message]:
    return (group for group in groups if _header(group, "Action").lower() == "failed")


def _recipients(groups: list[Message]) -> Iterator[str]:
    for group in _failed(groups):
        _, _, address = _header(group, "Final-Recipient").rpartition(";")
        if "@" in address:
            yield address.strip(" <>").lower()


def _in_plain_words(mail: Message, parts: list[Message]) -> Refusal | None:
    """Return why a mail came back, where only words for people say so.

    An answer of somebody who is away is none: it has neither exim's header nor qmail's greeting.
    """
    words = _words(parts)
    is_report = mail.get("X-Failed-Recipients") or words.lstrip().startswith(_QMAIL)
    return Refusal(words) if is_report else None


# -- complaints ---------------------------------------------------------------------------------


def _complaint(fields: Message, parts: list[Message]) -> MailReport:
    kind = _header(fields, "Feedback-Type").lower()
    if kind != "abuse" and kind not in _OPT_OUT:
        return NOTHING
    named = [_header(fields, "Original-Mail-From")]
    fingerprint = None
    for part in parts:
        named.append(_header(part, "Return-Path"))
        fingerprint = fingerprint or _by_link(_original(part, "List-Unsubscribe"))
    delivery = return_path.find(" ".join(named)[:MAX_TEXT])
    return MailReport(Wish.LEAVE if kind in _OPT_OUT else Wish.COMPLAINT, delivery, fingerprint)


def _original(part: Message, name: str) -> str:
    """Return a header of the mail that a report is about, whether it comes whole or as a text."""
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        part = message_from_bytes(payload if isinstance(payload, bytes) else b"")
    return _header(part, name)


def _by_link(text: str) -> str | None:
    """Return whom a link for leaving in `text` belongs to."""
    for token in _LINK.findall(text[:MAX_TEXT]):
        if fingerprint := tokens.read_unsubscribe_token(token):
            return fingerprint
    return None


# -- leaving by mail ----------------------------------------------------------------------------


def _wish_to_leave(mail: Message) -> MailReport:
    fingerprint = _by_link(_subject(mail))
    return MailReport(Wish.LEAVE, fingerprint=fingerprint) if fingerprint else NOTHING


def _subject(mail: Message) -> str:
    """Return the subject. A mail program may have encoded it, only because a word is long."""
    subject = _header(mail, "Subject")
    try:
        return str(make_header(decode_header(subject)))
    except (HeaderParseError, LookupError, ValueError):
        return subject
