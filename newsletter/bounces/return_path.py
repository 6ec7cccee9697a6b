"""Return path: the envelope sender of each mail, by which a report of it is known to be genuine.

`bounces+<tag>@<domain>` (VERP). The tag names the row of the outbox and the day it ends, and is
signed; it holds no address. Whoever has never had the mail can't make one up. Servers may change
capitals on the way, so it has none.
"""

import base64
import hmac
import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.crypto import salted_hmac

from newsletter.models import Delivery

GOOD_FOR = timedelta(days=30)  # a report that comes later is of no use to anybody
_SALT = "newsletter.return_path"
_SIGNATURE = 12  # bytes of it
_BODY = struct.Struct(">QI")  # the row, and the last day as a number
_MOST = 20  # tags that are looked at in one text
_TAG = r"\+([a-z2-7]{39})@"


def address(delivery: Delivery) -> str:
    """Return the envelope sender of a mail: FROM_EMAIL where no mailbox takes what comes back."""
    if not settings.BOUNCE_ADDRESS:
        return str(settings.FROM_EMAIL)
    last_day = (timezone.now() + GOOD_FOR).toordinal()
    body = _BODY.pack(delivery.pk, last_day)
    tag = base64.b32encode(body + _sign(body, settings.SECRET_KEY)).decode().rstrip("=").lower()
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{tag}@{domain}"


def put_on(message: EmailMessage, delivery: Delivery) -> None:
    """Give a message its return path. Who it is from stays as it was."""
    message.extra_headers.setdefault("From", message.from_email)
    message.from_email = address(delivery)


def find(text: str) -> int | None:
    """Return the row of the outbox that a genuine return path in `text` names, or None."""
    if not settings.BOUNCE_ADDRESS:
        return None
    return next(filter(None, map(_read, islice(_tags(text), _MOST))), None)


def _tags(text: str) -> Iterator[str]:
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}{_TAG}{re.escape(domain)}(?![\w-])"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield match[1]


def _read(tag: str) -> int | None:
    padded = tag.upper() + "=" * (-len(tag) % 8)
    raw = base64.b32decode(padded)
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(signature, _sign(body, key)) for key in keys):
        return None
    row: int
    row, last_day = _BODY.unpack(body)
    return row if timezone.now().toordinal() <= last_day else None


def _sign(body: bytes, key: str) -> bytes:
    signature = salted_hmac(_SALT, body, secret=key, algorithm="sha256")
    return signature.digest()[:_SIGNATURE]
