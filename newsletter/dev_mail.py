"""Mail in development: every mail a file in MAIL_DIR, and what /dev/mail/ needs to show them."""

import base64
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

NAME = re.compile(r"[0-9]{15,20}-[0-9a-f]{8}")


class FolderBackend(BaseEmailBackend):
    """Writes each mail to a file of its own instead of sending it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; each file appears whole or not at all."""
        settings.MAIL_DIR.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            target = settings.MAIL_DIR / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
            half = target.with_suffix(".part")
            half.write_bytes(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
            os.replace(half, target)
        return len(email_messages)


@dataclass(frozen=True)
class Mail:
    """A mail as a file, parsed."""

    name: str
    parsed: Parsed

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, decoded."""
        return [(name, str(value)) for name, value in self.parsed.items()]

    @property
    def text(self) -> str:
        """The text part."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part with its pictures put inside, its links opening in the whole window."""
        html = self._body("html")
        for part in self.parsed.walk():
            if part["Content-ID"]:
                picture = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
                html = html.replace(
                    f"cid:{part['Content-ID'].strip('<>')}", f"data:{part.get_content_type()};base64,{picture}"
                )
        return html.replace("<head>", '<head><base target="_top">', 1)

    @property
    def attachments(self) -> list[tuple[str, str, bytes]]:
        """Name, type and bytes of each attachment."""
        found = [part for part in self.parsed.walk() if part.get_content_disposition() == "attachment"]
        return [(part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True)) for part in found]  # type: ignore[misc]

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        return part.get_content() if part else ""


def mails() -> list[Mail]:
    """Return every mail in the folder, the newest first."""
    return [_parsed(file) for file in sorted(settings.MAIL_DIR.glob("*.eml"), reverse=True)]


def mail(name: str) -> Mail | None:
    """Return one mail by its file's name."""
    file = settings.MAIL_DIR / f"{name}.eml"
    return _parsed(file) if NAME.fullmatch(name) and file.exists() else None


def _parsed(file: Path) -> Mail:
    return Mail(file.stem, message_from_bytes(file.read_bytes(), policy=policy.default))  # type: ignore[arg-type]
