"""Personalisation: an issue's bytes for each person, without rendering the mail for each.

Rendering costs more than sending. Only a few of the bytes are a person's own: their address, the
Message-ID, the date and two links. So an issue is rendered once, in the ordinary way, for its first
person; it is cut where that person's own bytes stand, and everybody else's are put there. They must
be as long, so that no line breaks elsewhere. Links and Message-IDs are; a mail of which it isn't so
is rendered the ordinary way.
"""

import re
from email.utils import formatdate
from typing import NamedTuple

from django.utils import timezone

from newsletter import tokens
from newsletter.emails import list_headers, messages
from newsletter.emails.email import to_bytes
from newsletter.models import Delivery

# An issue has one template for each day on which people asked, as its foot names the day.
MAX_TEMPLATES = 64
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
LONGEST_ADDRESS = 70  # characters, so that its header stays on one line
HEADERS = ("To", "Date")  # personal as a whole, and of any length
EMBEDDED = ("id", "leave", "settings")  # anywhere in the mail, and all of one length
SOFT_BREAK = b"=\r\n"  # how quoted-printable breaks a line

Personal = dict[str, bytes]  # one person's own bytes, by name
_templates: dict[object, "MessageTemplate"] = {}


def raw_bytes(delivery: Delivery) -> bytes | None:
    """Return an issue's mail as it goes over the wire; None if it needs the ordinary rendering."""
    if delivery.letter is None or not _is_plain(delivery.subscriber.address):
        return None
    personal = _personal(delivery)
    key = _template_key(delivery)
    if key not in _templates:
        if len(_templates) >= MAX_TEMPLATES:
            _templates.clear()
        _templates[key] = MessageTemplate(delivery, personal)
    return _templates[key].render(personal)


def _is_plain(address: str) -> bool:
    return len(address) <= LONGEST_ADDRESS and PLAIN_ADDRESS.fullmatch(address) is not None


def _template_key(delivery: Delivery) -> object:
    """Return what all mails of one template have in common."""
    letter, person = delivery.letter, delivery.subscriber
    assert letter is not None  # noqa: S101  for the type checker
    asked_on = timezone.localdate(person.asked_at)
    return letter.pk, letter.changed_at, asked_on, person.basis, list_headers.is_left_by_mail()


def _personal(delivery: Delivery) -> Personal:
    """Return what in an issue is one person's own."""
    person = delivery.subscriber
    return {
        "To": person.address.encode(),
        "Date": formatdate().encode(),
        "id": delivery.message_id.encode(),
        "leave": tokens.unsubscribe_token(person).encode(),
        "settings": tokens.settings_token(person).encode(),
    }


class Slot(NamedTuple):
    """A gap in the mail, for some of a person's own bytes."""

    name: str
    part: slice = slice(None)


class MessageTemplate:
    """An issue rendered for one person, cut where that person's own bytes stand."""

    def __init__(self, delivery: Delivery, personal: Personal) -> None:
        head, gap, body = to_bytes(messages.render(delivery)).partition(b"\r\n\r\n")
        embedded = {name: _embedded_pattern(personal[name]) for name in EMBEDDED}
        headers = {name: rb"(?<=\r\n%s: )[^\r]*" % name.encode() for name in HEADERS}
        self.pieces = [*_cut(head, headers | embedded), gap, *_cut(body, embedded)]
        self.lengths = {name: len(personal[name]) for name in EMBEDDED}

    def render(self, personal: Personal) -> bytes | None:
        """Return the issue with a person's own bytes; None if theirs are longer or shorter."""
        if any(len(personal[name]) != length for name, length in self.lengths.items()):
            return None
        return b"".join(
            personal[piece.name][piece.part] if isinstance(piece, Slot) else piece
            for piece in self.pieces
        )


def _embedded_pattern(value: bytes) -> bytes:
    """Return a pattern for bytes that quoted-printable may have broken over two lines."""
    letters = [re.escape(value[index : index + 1]) for index in range(len(value))]
    return rb"(?:=\r\n)?".join(letters)


def _cut(text: bytes, patterns: dict[str, bytes]) -> list[bytes | Slot]:
    """Cut a text at the patterns: what stands between them, and a slot or more for each match."""
    groups = [b"(?P<%s>%s)" % (name.encode(), pattern) for name, pattern in patterns.items()]
    pieces: list[bytes | Slot] = []
    end = 0
    for match in re.finditer(b"|".join(groups), text):
        pieces.append(text[end : match.start()])
        pieces += _slots(str(match.lastgroup), match[0])
        end = match.end()
    return [*pieces, text[end:]]


def _slots(name: str, matched: bytes) -> list[bytes | Slot]:
    """Return the slot of a match; two, with the line break between them, where it was broken."""
    if name in HEADERS:
        return [Slot(name)]
    slots: list[bytes | Slot] = []
    start = 0
    for part in matched.split(SOFT_BREAK):
        if slots:
            slots.append(SOFT_BREAK)
        slots.append(Slot(name, slice(start, start + len(part))))
        start += len(part)
    return slots
