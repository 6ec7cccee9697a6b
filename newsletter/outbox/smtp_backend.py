"""The SMTP backend: Django's, and three things more.

It names our mail domain to the server, it knows an unsure outcome, and it sends its commands in one
go where the server allows that (PIPELINING, RFC 2920): two round trips a mail instead of four. A
server that reads a whole message before it answers is given the ten minutes of RFC 5321, 4.5.3.2.6.
"""

import re
import select
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

ACCEPTED = {250, 251}  # a recipient; 251: the server forwards
CLOSING = 421
LONGEST_ANSWER = 600.0  # seconds to wait for the word on a whole message
TELL_EVERY = 60.0  # seconds between two words to who holds the mail that we still wait
LOOK_EVERY = 1.0
PLAIN_PATH = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)
LEADING_DOT = re.compile(rb"\n\.")  # a pattern finds it sooner than bytes.replace does


class UnsureOutcome(smtplib.SMTPServerDisconnected):
    """The whole message was handed over and no answer came: it may or may not have been taken."""


class LostBeforeMessage(smtplib.SMTPServerDisconnected):
    """The connection broke before the server had seen anything of the message."""


class WatchedSMTP(smtplib.SMTP):
    """An SMTP connection that notices when a time-out leaves the outcome open."""

    handed_over = False
    has_begun = False  # to hand the message over
    on_silence: Callable[[], object] = staticmethod(lambda: None)
    is_stopping: Callable[[], bool] = staticmethod(lambda: False)

    def __init__(self, *args: Any, **params: Any) -> None:
        # Django would greet with this machine's own name, which readers could then find in the
        # mail's Received lines.
        params["local_hostname"] = settings.FROM_EMAIL.rpartition("@")[2]
        super().__init__(*args, **params)

    def send(self, s: Any) -> None:
        is_message = isinstance(s, bytes)
        self.has_begun = self.has_begun or is_message
        super().send(s)
        self.handed_over = is_message and s.endswith(b"\r\n.\r\n")

    def getreply(self) -> tuple[int, bytes]:
        if self.handed_over:
            self._await_verdict()
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if self.handed_over and isinstance(error.__context__, TimeoutError):
                raise UnsureOutcome("No answer after the whole message was sent") from error
            raise

    def _await_verdict(self) -> None:
        """Wait for the word on a whole message; a worker that is to stop waits no longer than for
        any other answer. Raises UnsureOutcome.
        """
        start = told = time.monotonic()
        while not self._has_answer(min(LOOK_EVERY, self.timeout)):
            now = time.monotonic()
            longest = self.timeout if self.is_stopping() else LONGEST_ANSWER
            if now - start >= longest:
                self.close()
                raise UnsureOutcome("No answer after the whole message was sent")
            if now - told >= TELL_EVERY:
                self.on_silence()
                told = now

    def _has_answer(self, seconds: float) -> bool:
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        return self.sock is None or bool(select.select([self.sock], [], [], seconds)[0])

    def sendmail(  # type: ignore[override]
        self,
        from_addr: str,
        to_addrs: Sequence[str],
        msg: bytes,
        mail_options: Any = (),
        rcpt_options: Any = (),
    ) -> dict[str, tuple[int, bytes]]:
        """Send a mail. Raises what smtplib raises, and LostBeforeMessage."""
        self.has_begun = False
        try:
            return self._sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        except OSError as error:
            is_answer = isinstance(error, smtplib.SMTPException)
            is_lost = not is_answer or isinstance(error, smtplib.SMTPServerDisconnected)
            if is_lost and not self.has_begun:
                raise LostBeforeMessage(str(error)) from error
            raise

    def _sendmail(
        self,
        from_addr: str,
        to_addrs: Sequence[str],
        msg: bytes,
        mail_options: Any,
        rcpt_options: Any,
    ) -> dict[str, tuple[int, bytes]]:
        self.ehlo_or_helo_if_needed()
        if len(to_addrs) != 1 or mail_options or rcpt_options or not self.has_extn("pipelining"):
            return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        [recipient] = to_addrs
        size = f" SIZE={len(msg)}" if self.has_extn("size") else ""
        mail_from, rcpt_to = _path(from_addr), _path(recipient)
        self.send(f"MAIL FROM:{mail_from}{size}\r\nRCPT TO:{rcpt_to}\r\nDATA\r\n")
        sender, receiver, data = self.getreply(), self.getreply(), self.getreply()
        if sender[0] == 250 and receiver[0] in ACCEPTED and data[0] == 354:
            self.send(_as_data(msg))
            data = self.getreply()
            if data[0] == 250:
                return {}
        elif data[0] == 354:  # it would take a message to nobody
            self.send(b".\r\n")
            self.getreply()
        self._reset({sender[0], receiver[0], data[0]})
        if sender[0] != 250:
            raise smtplib.SMTPSenderRefused(*sender, from_addr)
        if receiver[0] not in ACCEPTED:
            raise smtplib.SMTPRecipientsRefused({recipient: receiver})
        raise smtplib.SMTPDataError(*data)

    def _reset(self, codes: set[int]) -> None:
        """Make the connection ready for the next mail; close it if the server is closing it."""
        if CLOSING in codes:
            self.close()
        else:
            self._rset()  # type: ignore[attr-defined]


def _path(address: str) -> str:
    """Return an address as SMTP's commands want it. One that is plain needs no parsing."""
    return f"<{address}>" if PLAIN_PATH.fullmatch(address) else smtplib.quoteaddr(address)


def _as_data(msg: bytes) -> bytes:
    """Return a message as SMTP's DATA wants it: dots that begin a line doubled, one at the end."""
    msg = LEADING_DOT.sub(b"\n..", msg)
    start = b"." if msg.startswith(b".") else b""
    end = b"" if msg.endswith(b"\r\n") else b"\r\n"
    return start + msg + end + b".\r\n"


class WatchedSSL(WatchedSMTP, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class Backend(EmailBackend):
    """Sends by SMTP. Uses TLS as the settings say, and never falls back to none."""

    on_silence: Callable[[], object] = staticmethod(lambda: None)
    is_stopping: Callable[[], bool] = staticmethod(lambda: False)

    def open(self) -> bool | None:
        opened = super().open()
        if isinstance(self.connection, WatchedSMTP):
            self.connection.on_silence = lambda: self.on_silence()
            self.connection.is_stopping = lambda: self.is_stopping()
        return opened

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return WatchedSSL if self.use_ssl else WatchedSMTP

    def send_raw(self, return_path: str, recipient: str, raw: bytes) -> None:
        """Send a mail that is bytes already."""
        assert self.connection is not None, "open() comes first"  # noqa: S101  for the type checker
        self.connection.sendmail(return_path, [recipient], raw)
