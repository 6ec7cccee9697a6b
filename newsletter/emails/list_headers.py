"""List headers: what tells mail programs which list a mail is of, where its help is, how to leave.

RFC 2369, RFC 2919, RFC 8058, and Feedback-ID, by which mailbox providers count complaints of each
sort of mail. Nothing in them but the link for leaving is a person's own.
"""

import re
import time

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from newsletter import tokens
from newsletter.models import Delivery, Heartbeat

ASKED_AGAIN_AFTER = 10.0  # seconds; a letter asks for each of its mails
_asked = {"at": float("-inf"), "answer": False}


def unsubscribe_url(delivery: Delivery) -> str:
    """Return the link that ends all mail to the recipient."""
    return _url("newsletter:unsubscribe", tokens.unsubscribe_token(delivery.subscriber))


def add_unsubscribe(message: EmailMessage, delivery: Delivery) -> None:
    """Give mail programs their own button for leaving; by mail too while somebody reads it."""
    ways = [f"<{unsubscribe_url(delivery)}>"]
    if is_left_by_mail():
        token = tokens.unsubscribe_token(delivery.subscriber)
        ways.append(f"<mailto:{settings.BOUNCE_ADDRESS}?subject=unsubscribe%20{token}>")
    message.extra_headers["List-Unsubscribe"] = ", ".join(ways)
    message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def is_left_by_mail() -> bool:
    """Whether a mail to the mailbox for returned mail is read, so that one can leave by it."""
    if not (settings.IMAP_HOST and settings.BOUNCE_ADDRESS):
        return False
    now = time.monotonic()
    if now - _asked["at"] > ASKED_AGAIN_AFTER:
        _asked.update(at=now, answer=Heartbeat.mailbox_is_read())
    return bool(_asked["answer"])


def forget_answer() -> None:
    """Have the next mail ask anew whether the mailbox is read."""
    _asked["at"] = float("-inf")


def add_list(message: EmailMessage, delivery: Delivery) -> None:
    """Name the list of the letters, its help, its owner, and the sort of mail."""
    domain = settings.FROM_EMAIL.rpartition("@")[2].lower()
    message.extra_headers |= {
        "List-Id": f"<letters.{domain}>",
        "List-Help": f"<{_url('newsletter:your_data')}>",
        "List-Owner": f"<mailto:{settings.CONTACT_EMAIL}>",
        "Feedback-ID": _feedback_id(delivery, domain),
    }


def _feedback_id(delivery: Delivery, domain: str) -> str:
    """Return which letter, which sort of mail, which sender: its last part has 5 to 15 letters."""
    which = delivery.letter_id or delivery.kind
    sender = re.sub(r"[^a-z0-9]", "", domain)[:15].ljust(5, "0")
    sort = "letter" if delivery.letter_id else "note"
    return f"{which}:{sort}:letters:{sender}"


def _url(view: str, *args: str) -> str:
    return str(settings.SITE_URL + reverse(view, args=args))
