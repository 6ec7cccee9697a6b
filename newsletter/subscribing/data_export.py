"""All that is held about one person, in words for them to read and as data for them to keep."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from newsletter.emails import welcome_series
from newsletter.models import Bounce, Delivery, FormMail, Subscriber
from newsletter.outbox import retention
from newsletter.subscribing import signup

# Whose mails a form may cause are counted under these names (signup.may_mail).
COUNTED = {
    Delivery.Kind.CONFIRM: "asking you to confirm",
    Delivery.Kind.GUIDE: "bringing the guide again",
    Delivery.Kind.SETTINGS: "bringing the link to this page",
    Delivery.Kind.MOVE: "asking about a new address",
    "moves": "asking for another address",
}


def rows(subscriber: Subscriber) -> list[tuple[str, str]]:
    """Return what is held, as pairs of a heading and words; what isn't there isn't listed."""
    person, waiting = subscriber, Subscriber.objects.filter(replaces=subscriber).first()
    found = [
        ("Address", person.address),
        ("What for", _purpose(person)),
        ("What you agreed to", _agreed(person)),
        ("Agreed elsewhere", person.basis),
        ("When you asked", _day(person.asked_at)),
        ("When you confirmed", _day(person.confirmed_at)),
        ("When the guide went out", _day(person.guide_sent_at)),
        ("Paused until", _day(person.paused_until)),
        ("Your mail came back, so we stopped", _day(person.returned_at)),
        ("Notes still to come", str(welcome_series.waiting(person).count() or "")),
        ("New address, not yet confirmed", waiting.address if waiting else ""),
        (
            "Returned mail",
            ", ".join(
                f"{bounce.get_kind_display()} ({_day(bounce.at)})" for bounce in _bounces(person)
            ),
        ),
        ("Counted, so that nobody is flooded", ", ".join(_counted(person))),
        (
            "Codes",
            "Two: one stands for your address, the other for your place on the list. They are in the copy.",
        ),
    ]
    return [(heading, words) for heading, words in found if words]


def mails(subscriber: Subscriber) -> QuerySet[Delivery]:
    """Return the records of mails to this person, those still to come first."""
    return subscriber.deliveries.select_related("letter").order_by("-not_before", "-pk")


def as_data(subscriber: Subscriber) -> dict[str, Any]:
    """Return every field that is held, with names a person can read."""
    person, waiting = subscriber, Subscriber.objects.filter(replaces=subscriber).first()
    return {
        "address": person.address,
        "state": person.get_state_display(),
        "wants the letters": person.wants_letters,
        "wording agreed to": {"version": person.wording, "words": _words(person)},
        "consent given elsewhere": person.basis,
        "asked": person.asked_at,
        "confirmed": person.confirmed_at,
        "guide sent": person.guide_sent_at,
        "paused until": person.paused_until,
        "mail came back": person.returned_at,
        "new address, not yet confirmed": waiting and waiting.address,
        "code that stands for the address": person.fingerprint,
        "code that stands for the place on the list": person.public_id,
        "mails": [_mail(delivery) for delivery in mails(person)],
        "returned mail": [
            {"what": bounce.get_kind_display(), "at": bounce.at} for bounce in _bounces(person)
        ],
        "mails counted, so that nobody is flooded": _counted(person),
    }


def _mail(delivery: Delivery) -> dict[str, Any]:
    return {
        "what": delivery.get_kind_display(),
        "subject": delivery.letter and (delivery.letter.sent_subject or delivery.letter.subject),
        "state": delivery.get_state_display(),
        "queued": delivery.created_at,
        "not before": delivery.not_before,
        "last change": delivery.changed_at,
        "sent": delivery.sent_at,
        "tries that failed": delivery.attempts,
        "what the mail server said": delivery.smtp_reply,
        "Message-ID": delivery.message_id,
    }


def _purpose(subscriber: Subscriber) -> str:
    if subscriber.wants_letters:
        return "The letters, until you stop them"
    if subscriber.guide_sent_at:
        return f"The guide alone. We erase your address on {_day(subscriber.guide_sent_at + retention.GUIDE_ONLY)}"
    return "The guide alone. We erase your address seven days after it goes out"


def _words(subscriber: Subscriber) -> list[str]:
    """Return the words this person agreed to, as far as we wrote them."""
    guide, letters = signup.AGREED.get(subscriber.wording, ("", ""))
    return [words for words in (guide, letters if subscriber.wants_letters else "") if words]


def _agreed(subscriber: Subscriber) -> str:
    said = " and ".join(f"“{words}”" for words in _words(subscriber))
    return f"{said} (words of {subscriber.wording})" if said else ""


def _bounces(subscriber: Subscriber) -> QuerySet[Bounce]:
    return Bounce.objects.filter(fingerprint=subscriber.fingerprint).order_by("-at")


def _counted(subscriber: Subscriber) -> list[str]:
    counts = {
        words: FormMail.objects.filter(hash=signup.mailbox_hash(kind, subscriber.address)).count()
        for kind, words in COUNTED.items()
    }
    return [f"{count} {words}" for words, count in counts.items() if count]


def _day(moment: datetime | None) -> str:
    return f"{moment:%-d %B %Y}" if moment else ""
