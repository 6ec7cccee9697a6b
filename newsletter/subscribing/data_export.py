"""Data export: all that is held about one person, in words to read and as data to keep."""

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import QuerySet

from newsletter import consent
from newsletter.emails import messages, welcome_series
from newsletter.models import Bounce, Delivery, FormMailCount, FormRequest, Subscriber
from newsletter.outbox import retention
from newsletter.subscribing import signup

# Mails that a form caused are counted under these names (signup.may_mail).
COUNTED = messages.counted_kinds() | {"moves": "asking for another address"}

MailData = TypedDict(
    "MailData",
    {
        "what": str,
        "subject": str | None,
        "state": str,
        "queued": datetime,
        "not before": datetime,
        "last change": datetime,
        "sent": datetime | None,
        "tries that failed": int,
        "what the mail server said": str,
        "Message-ID": str,
    },
)
# Every field that is held, with names a person can read.
SubscriberData = TypedDict(
    "SubscriberData",
    {
        "address": str,
        "state": str,
        "wants the letters": bool,
        "agreed to the letters": datetime | None,
        "letters asked for, not yet agreed to": bool,
        "wording agreed to": dict[str, Any],
        "consent given elsewhere": str,
        "asked": datetime,
        "confirmed": datetime | None,
        "guide sent": datetime | None,
        "paused until": datetime | None,
        "mail came back": datetime | None,
        "new address, not yet confirmed": str | None,
        "code that stands for the address": str,
        "code that stands for the place on the list": str,
        "mails": list[MailData],
        "returned mail": list[dict[str, Any]],
        "requests not yet read": list[dict[str, Any]],
        "mails counted, so that nobody is flooded": list[str],
    },
)


def rows(subscriber: Subscriber) -> list[tuple[str, str]]:
    """Return what is held, as pairs of a heading and words; what isn't there isn't listed."""
    codes = (
        "Two: one stands for your address, the other for your place on the list. "
        "They are in the copy."
    )
    pairs = [
        ("Address", subscriber.address),
        ("What for", _purpose(subscriber)),
        ("What you agreed to", _agreed(subscriber)),
        ("Agreed elsewhere", subscriber.basis),
        ("When you asked", _day(subscriber.asked_at)),
        ("When you confirmed", _day(subscriber.confirmed_at)),
        ("When you agreed to the letters", _day(subscriber.letters_agreed_at)),
        ("When the guide went out", _day(subscriber.guide_sent_at)),
        ("Paused until", _day(subscriber.paused_until)),
        ("Your mail came back, so we stopped", _day(subscriber.returned_at)),
        ("Notes still to come", str(welcome_series.waiting(subscriber).count() or "")),
        ("New address, not yet confirmed", _new_address(subscriber) or ""),
        ("Returned mail", ", ".join(_bounce_lines(subscriber))),
        ("Asked for, and not yet read", ", ".join(_request_lines(subscriber))),
        ("Counted, so that nobody is flooded", ", ".join(_counts(subscriber))),
        ("Codes", codes),
    ]
    return [(heading, words) for heading, words in pairs if words]


def mails(subscriber: Subscriber) -> QuerySet[Delivery]:
    """Return the records of mails to this person, those still to come first."""
    return subscriber.deliveries.select_related("letter").order_by("-not_before", "-pk")


def as_data(subscriber: Subscriber) -> SubscriberData:
    """Return every field that is held."""
    wording = {"version": subscriber.wording, "words": _words(subscriber)}
    return {
        "address": subscriber.address,
        "state": subscriber.get_state_display(),
        "wants the letters": subscriber.wants_letters,
        "agreed to the letters": subscriber.letters_agreed_at,
        "letters asked for, not yet agreed to": subscriber.letters_asked,
        "wording agreed to": wording,
        "consent given elsewhere": subscriber.basis,
        "asked": subscriber.asked_at,
        "confirmed": subscriber.confirmed_at,
        "guide sent": subscriber.guide_sent_at,
        "paused until": subscriber.paused_until,
        "mail came back": subscriber.returned_at,
        "new address, not yet confirmed": _new_address(subscriber),
        "code that stands for the address": subscriber.fingerprint,
        "code that stands for the place on the list": subscriber.public_id,
        "mails": list(map(_mail_data, mails(subscriber))),
        "returned mail": list(map(_bounce_data, _bounces(subscriber))),
        "requests not yet read": list(map(_request_data, _requests(subscriber))),
        "mails counted, so that nobody is flooded": _counts(subscriber),
    }


def _mail_data(delivery: Delivery) -> MailData:
    letter = delivery.letter
    return {
        "what": delivery.get_kind_display(),
        "subject": (letter.sent_subject or letter.subject) if letter else None,
        "state": delivery.get_state_display(),
        "queued": delivery.created_at,
        "not before": delivery.not_before,
        "last change": delivery.changed_at,
        "sent": delivery.sent_at,
        "tries that failed": delivery.attempts,
        "what the mail server said": delivery.smtp_reply,
        "Message-ID": delivery.message_id,
    }


def _bounce_data(bounce: Bounce) -> dict[str, Any]:
    return {"what": bounce.get_kind_display(), "at": bounce.at}


def _bounce_lines(subscriber: Subscriber) -> list[str]:
    bounces = _bounces(subscriber)
    return [f"{bounce.get_kind_display()} ({_day(bounce.at)})" for bounce in bounces]


def _requests(subscriber: Subscriber) -> QuerySet[FormRequest]:
    """Return what forms took about this person that the worker hasn't decided."""
    return FormRequest.objects.about(subscriber.fingerprint).order_by("pk")


def _request_lines(subscriber: Subscriber) -> list[str]:
    return [f"{row.get_kind_display()}: {row.address}" for row in _requests(subscriber)]


def _request_data(row: FormRequest) -> dict[str, Any]:
    return {
        "what": row.get_kind_display(),
        "address": row.address,
        "letters too": row.wants_letters,
        "wording": row.wording,
        "at": row.asked_at,
        "code that stands for the address": row.fingerprint,
    }


def _new_address(subscriber: Subscriber) -> str | None:
    """Return the address that waits to take this one's place."""
    return Subscriber.objects.filter(replaces=subscriber).values_list("address", flat=True).first()


def _purpose(subscriber: Subscriber) -> str:
    if subscriber.wants_letters:
        return "The letters, until you stop them"
    if subscriber.guide_sent_at:
        day = _day(subscriber.guide_sent_at + retention.GUIDE_ONLY)
        return f"The guide alone. We erase your address on {day}"
    return "The guide alone. We erase your address seven days after it goes out"


def _words(subscriber: Subscriber) -> list[str]:
    """Return the words this person agreed to, as far as we wrote them."""
    guide, letters = consent.AGREED.get(subscriber.wording, ("", ""))
    ticked = letters if subscriber.wants_letters else ""
    return [words for words in (guide, ticked) if words]


def _agreed(subscriber: Subscriber) -> str:
    quoted = " and ".join(f"“{words}”" for words in _words(subscriber))
    return f"{quoted} (words of {subscriber.wording})" if quoted else ""


def _bounces(subscriber: Subscriber) -> QuerySet[Bounce]:
    return Bounce.objects.filter(fingerprint=subscriber.fingerprint).order_by("-at")


def _counts(subscriber: Subscriber) -> list[str]:
    """Return how many mails forms have caused to this person's mailbox lately."""
    lines = []
    for kind, words in COUNTED.items():
        mailbox = signup.mailbox_hash(kind, subscriber.address)
        count = FormMailCount.objects.filter(hash=mailbox).count()
        if count:
            lines.append(f"{count} {words}")
    return lines


def _day(moment: datetime | None) -> str:
    return f"{moment:%-d %B %Y}" if moment else ""
