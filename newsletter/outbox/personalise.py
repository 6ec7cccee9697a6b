"""A letter's bytes for each person, without making the mail anew for each: that costs more than sending it.

Only a few of the bytes are a person's own: their address, the Message-ID, the date and two links. So a letter is made once, in
the ordinary way, for its first person; it is cut where that person's own bytes stand, and everybody else's are put there. They
must be as long, so that no line breaks elsewhere. Links and Message-IDs are; a mail of which it isn't so is made the ordinary
way.
"""

import re
from email.utils import formatdate

from django.utils import timezone

from newsletter.emails import messages
from newsletter.models import Delivery
from newsletter.subscribing import tokens

KEPT = 64  # moulds; a letter has one for each day on which people asked, as its foot names the day
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
LONGEST = 70  # characters of an address whose header stays on one line

Own = dict[str, bytes]
_moulds: dict[object, "Mould"] = {}


def wire(delivery: Delivery) -> bytes | None:
    """Return a letter's mail as it goes over the wire; None when it must be made in the ordinary way."""
    person = delivery.subscriber
    if (
        delivery.letter is None
        or len(person.address) > LONGEST
        or not PLAIN_ADDRESS.fullmatch(person.address)
    ):
        return None
    own = _own(delivery)
    key = (
        delivery.letter.pk,
        delivery.letter.changed_at,
        timezone.localdate(person.asked_at),
        person.basis,
    )
    if key not in _moulds:
        if len(_moulds) >= KEPT:
            _moulds.clear()
        _moulds[key] = Mould(delivery, own)
    return _moulds[key].fill(own)


def _own(delivery: Delivery) -> Own:
    """Return what in a letter is one person's own."""
    own = {
        "To": delivery.subscriber.address,
        "Date": formatdate(),
        "id": delivery.message_id,
        "leave": tokens.unsubscribe_token(delivery.subscriber),
        "settings": tokens.settings_token(delivery.subscriber),
    }
    return {name: value.encode() for name, value in own.items()}


class Mould:
    """A letter made for one person, cut where that person's own bytes stand."""

    def __init__(self, delivery: Delivery, own: Own) -> None:
        whole = messages.render(delivery).message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        head, gap, body = whole.partition(b"\r\n\r\n")
        inside = {
            name: rb"(?:=\r\n)?".join(map(re.escape, _letters(own[name])))
            for name in ("id", "leave", "settings")
        }
        headers = {name: rb"(?<=\r\n%s: )[^\r]*" % name.encode() for name in ("To", "Date")}
        self.pieces = [*_cut(head, headers | inside), gap, *_cut(body, inside)]
        self.lengths = {name: len(own[name]) for name in inside}

    def fill(self, own: Own) -> bytes | None:
        """Return the letter with another person's own bytes; None if theirs are longer or shorter."""
        if any(len(own[name]) != length for name, length in self.lengths.items()):
            return None
        return b"".join(
            piece if isinstance(piece, bytes) else own[piece[0]][piece[1]] for piece in self.pieces
        )


def _letters(value: bytes) -> list[bytes]:
    return [value[at : at + 1] for at in range(len(value))]


def _cut(text: bytes, patterns: dict[str, bytes]) -> list[bytes | tuple[str, slice]]:
    """Cut a text at the patterns. Quoted-printable may have broken one over two lines; then it becomes two pieces."""
    pieces: list[bytes | tuple[str, slice]] = []
    end = 0
    for found in re.finditer(
        b"|".join(b"(?P<%s>%s)" % (name.encode(), each) for name, each in patterns.items()), text
    ):
        name = str(found.lastgroup)
        pieces.append(text[end : found.start()])
        end, at = found.end(), 0
        if name in {"To", "Date"}:
            pieces.append((name, slice(None)))
            continue
        for part in found[0].split(b"=\r\n"):
            pieces += [b"=\r\n"] if at else []
            pieces.append((name, slice(at, at + len(part))))
            at += len(part)
    return [*pieces, text[end:]]
