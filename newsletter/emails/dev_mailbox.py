"""The development mailbox: every mail a file in MAIL_DIR, and what /dev/mail/ shows of them."""

import os
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from newsletter.emails.email import to_bytes
from newsletter.emails.preview import ParsedEmail

NAME = re.compile(r"[0-9]{15,20}-[0-9a-f]{8}")


class FolderBackend(BaseEmailBackend):
    """Writes each mail to a file of its own instead of sending it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; each file appears whole or not at all."""
        settings.MAIL_DIR.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            target = settings.MAIL_DIR / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
            half = target.with_suffix(".part")
            half.write_bytes(to_bytes(message))
            os.replace(half, target)
        return len(email_messages)


def mails() -> list[ParsedEmail]:
    """Return every mail in the folder, the newest first."""
    return [_parsed(file) for file in sorted(settings.MAIL_DIR.glob("*.eml"), reverse=True)]


def mail(name: str) -> ParsedEmail | None:
    """Return one mail by its file's name."""
    file = settings.MAIL_DIR / f"{name}.eml"
    return _parsed(file) if NAME.fullmatch(name) and file.exists() else None


def _parsed(file: Path) -> ParsedEmail:
    return ParsedEmail.of(file.read_bytes(), file.stem)
