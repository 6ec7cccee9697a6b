"""E-mail preview: a mail taken apart and shown as people will see it: HTML, text, headers.

A mail carries its styles in its elements, which no other page of ours may. So it is shown in
documents of its own, whose policy allows styles and nothing else: no script, no request, no form.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from typing import NamedTuple

from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.emails.email import to_bytes

EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
PREVIEW_POLICY = (
    EMAIL_POLICY.replace("style-src", "style-src 'self'") + "; sandbox allow-same-origin"
)


@dataclass(frozen=True)
class Finding:
    """One thing a person should know before a mail goes: found by preflight, shown in previews."""

    name: str
    message: str
    blocks: bool = True


class Attachment(NamedTuple):
    """A file that comes with a mail."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class ParsedEmail:
    """A mail, parsed, by its name."""

    name: str
    parsed: ParsedMessage

    @classmethod
    def of(cls, data: bytes, name: str = "") -> "ParsedEmail":
        """Take a mail apart."""
        return cls(name, message_from_bytes(data, policy=policy.default))

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
                data = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
                html = html.replace(
                    f"cid:{part['Content-ID'].strip('<>')}",
                    f"data:{part.get_content_type()};base64,{data}",
                )
        return html.replace("<head>", '<head><base target="_top">', 1)

    @property
    def attachments(self) -> list[Attachment]:
        """Name, type and bytes of each attachment."""
        return [
            Attachment(
                part.get_filename() or "",
                part.get_content_type(),
                part.get_payload(decode=True),  # type: ignore[arg-type]
            )
            for part in self.parsed.walk()
            if part.get_content_disposition() == "attachment"
        ]

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        return part.get_content() if part else ""


def html_response(email: ParsedEmail) -> HttpResponse:
    """Answer with a mail's HTML part, for a frame of ours."""
    return _framed(HttpResponse(email.html), EMAIL_POLICY)


def preview_response(
    request: HttpRequest, message: EmailMessage | None, findings: Sequence[Finding] = ()
) -> HttpResponse:
    """Answer with a mail as a person reads it, and what was found in it; for a frame of ours.

    At two widths, and as text.
    """
    email = ParsedEmail.of(to_bytes(message)) if message else None
    context = {"mail": email, "findings": findings}
    return _framed(render(request, "newsletter/message_preview.html", context), PREVIEW_POLICY)


def _framed(response: HttpResponse, policy: str) -> HttpResponse:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
