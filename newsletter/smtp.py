"""Django's SMTP backend with two things more: it names our mail domain to the server, and it knows an unsure outcome."""

import smtplib
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class UnsureOutcome(smtplib.SMTPServerDisconnected):
    """The whole message was handed over and the server did not answer in time: it may or may not have taken it."""


class Watched(smtplib.SMTP):
    """An SMTP connection that notices when a time-out leaves the outcome open."""

    handed_over = False

    def __init__(self, *args: Any, **params: Any) -> None:
        # Django would greet with this machine's own name, which readers could then find in the mail's Received lines.
        super().__init__(*args, **{**params, "local_hostname": settings.FROM_EMAIL.rpartition("@")[2]})

    def send(self, s: Any) -> None:
        super().send(s)
        self.handed_over = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")

    def getreply(self) -> tuple[int, bytes]:
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if self.handed_over and isinstance(error.__context__, TimeoutError):
                raise UnsureOutcome("No answer after the whole message was sent") from error
            raise


class WatchedSSL(Watched, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class Backend(EmailBackend):
    """Sends by SMTP. Uses TLS as the settings say, and never falls back to none."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return WatchedSSL if self.use_ssl else Watched
