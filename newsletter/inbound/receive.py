"""Receiving mail reports: what is done about one, whichever way it came in."""

import logging
from email.errors import MessageError
from enum import Enum, auto

from newsletter import addresses, hashing, suppression
from newsletter.bounces import bounces
from newsletter.bounces.bounce_classes import Meaning, Refusal, classify
from newsletter.inbound import mail_reports
from newsletter.inbound.mail_reports import MailReport, Wish
from newsletter.models import Bounce, Delivery, Suppression

# What the standard library's parser may stumble with.
UNREADABLE = (MessageError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

logger = logging.getLogger(__name__)


class Outcome(Enum):
    """What a mail turned out to be."""

    TAKEN = auto()  # a report of ours, acted upon
    UNPROVED = auto()  # a report that nothing shows to be of a mail of ours
    NO_REPORT = auto()  # an answer of somebody who is away, a letter, anything


def mail(raw: bytes, recipient: str = "") -> Outcome:
    """Act on a mail that came to the mailbox for returned mail. Twice does the same as once."""
    report = _read(raw, recipient)
    if report.about is None:
        return Outcome.NO_REPORT
    if report.delivery is None and report.fingerprint is None:
        return Outcome.UNPROVED
    if isinstance(report.about, Refusal):
        _returned(report, report.about)
    elif report.about is Wish.COMPLAINT:
        _complaint(report)
    else:
        _leave(report)
    return Outcome.TAKEN


def _read(raw: bytes, recipient: str) -> MailReport:
    """Read a mail. One that trips the parser is none of ours, and must not come back for ever."""
    try:
        return mail_reports.read(raw, recipient)
    except UNREADABLE as error:  # and nothing of its words, which may quote the mail
        logger.warning("A mail could not be read: %s", type(error).__name__)
        return mail_reports.NOTHING


def _delivery(report: MailReport) -> Delivery | None:
    found = Delivery.objects.select_related("subscriber")
    return found.filter(pk=report.delivery).first() if report.delivery else None


def _returned(report: MailReport, refusal: Refusal) -> None:
    delivery = _delivery(report)
    if delivery is None:  # the person has left since
        return
    meaning = classify(refusal)
    is_forwarded = (
        report.recipients and delivery.subscriber.address.lower() not in report.recipients
    )
    if is_forwarded and meaning is Meaning.GONE:
        meaning = Meaning.UNAVAILABLE  # the mailbox is there; where it passes mail on to isn't
    bounces.returned(delivery.subscriber.fingerprint, meaning, delivery.message_id)


def _complaint(report: MailReport) -> None:
    """Take in a complaint.

    A return path is known to the mailbox and its server alone, so a report that names it is the
    person's own. A link for leaving goes along with every copy that is passed on. Who shows only
    that can do what the link does, and no more.
    """
    delivery = _delivery(report)
    if delivery:
        person = delivery.subscriber.fingerprint
        bounces.record(person, Bounce.Kind.COMPLAINT, f"complaint:{delivery.message_id}")
    else:
        _leave(report)


def _leave(report: MailReport) -> None:
    delivery = _delivery(report)
    person = delivery.subscriber.fingerprint if delivery else report.fingerprint
    if person and bounces.is_listed(person):
        suppression.forget(person, Suppression.Reason.UNSUBSCRIBED)


def about_address(address: str, kind: Bounce.Kind | None, event: str) -> None:
    """Act on a proved report that names an address; without a kind its person asked to leave."""
    try:
        person = hashing.fingerprint(addresses.normalise(address))
    except addresses.AddressError:
        return
    if kind is not None:
        bounces.record(person, kind, f"{event}:{person}")
    elif bounces.is_listed(person):
        suppression.forget(person, Suppression.Reason.UNSUBSCRIBED)
