"""A mail taken apart, and shown as people will see it: HTML in frames, the text, the head.

A mail carries its styles in its elements, which no other page of ours may. So it is shown in documents of its own, whose
policy allows styles and nothing else: no script, no request, no form.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from typing import Any

from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.issues.preflight import Finding

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
LOOK_POLICY = MAIL_POLICY.replace("style-src", "style-src 'self'") + "; sandbox allow-same-origin"


@dataclass(frozen=True)
class Mail:
    """A mail, parsed, by its name."""

    name: str
    parsed: Parsed

    @classmethod
    def of(cls, data: bytes, name: str = "") -> "Mail":
        """Take a mail apart."""
        return cls(name, message_from_bytes(data, policy=policy.default))  # type: ignore[arg-type]

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
                    f"cid:{part['Content-ID'].strip('<>')}",
                    f"data:{part.get_content_type()};base64,{picture}",
                )
        return html.replace("<head>", '<head><base target="_top">', 1)

    @property
    def attachments(self) -> list[tuple[str, str, bytes]]:
        """Name, type and bytes of each attachment."""
        found = [
            part for part in self.parsed.walk() if part.get_content_disposition() == "attachment"
        ]
        return [
            (part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True))
            for part in found
        ]  # type: ignore[misc]

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        return part.get_content() if part else ""


def html_alone(mail: Mail) -> HttpResponse:
    """Answer with a mail's HTML part, for a frame of ours."""
    return _framed(HttpResponse(mail.html), MAIL_POLICY)


def look(
    request: HttpRequest, message: EmailMessage | None, findings: Sequence[Finding] = ()
) -> HttpResponse:
    """Answer with a mail as a person reads it, at two widths and as text, and with what was found; for a frame of ours."""
    mail = message and Mail.of(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
    context: dict[str, Any] = {"mail": mail, "findings": findings}
    return _framed(render(request, "newsletter/mail_look.html", context), LOOK_POLICY)


def _framed(response: HttpResponse, policy: str) -> HttpResponse:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
