"""Composing a digest: what each app says of the day (settings.DIGEST_PROVIDERS), as one plain mail."""

import hashlib
from dataclasses import dataclass
from datetime import date
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.module_loading import import_string

from trustsite.dashboard import DigestPart

STOP = "morning-mail"  # the part of the login's page that stops it


@dataclass(frozen=True)
class Digest:
    """What one person is told on a day."""

    user: Any
    day: date
    parts: list[DigestPart]

    @property
    def fingerprint(self) -> str:
        """A hash of all that it says, for the same not to be said day after day."""
        said = [
            (part.heading, [(line.text, line.url) for line in part.lines]) for part in self.parts
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()

    def mail(self) -> EmailMessage:
        """Return the mail. It holds no token: its links ask for the login."""
        context = {
            "parts": self.parts,
            "site_url": settings.SITE_URL,
            "stop_url": f"{settings.SITE_URL}{reverse('accounts:index')}#{STOP}",
        }
        return EmailMessage(
            f"The desk on {self.day:%A %-d %B}",
            render_to_string("accounts/digest.txt", context),
            f"{settings.FROM_NAME} <{settings.FROM_EMAIL}>",
            [self.user.email],
            headers={
                "Auto-Submitted": "auto-generated",
                "Message-ID": make_msgid(domain=settings.FROM_EMAIL.rpartition("@")[2]),
            },
        )


def compose(user: Any, day: date) -> Digest:
    """Return what waits for somebody on a day: parts of one heading together, in the order of their providers."""
    found: dict[str, DigestPart] = {}
    for path in settings.DIGEST_PROVIDERS:
        for part in import_string(path)(user, day):
            if part.lines:
                known = found.setdefault(part.heading, DigestPart(part.heading, []))
                known.lines.extend(part.lines)
    return Digest(user, day, list(found.values()))
