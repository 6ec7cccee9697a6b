"""What doctor looks up about mail: the sender's domain in the DNS, the mail server, a test mail."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from newsletter.issues import sender_domain
from newsletter.issues.sender_domain import Verdict
from operations.doctor.findings import Finding, fail, ok, warn

PATIENCE = 10.0  # seconds for the mail server
RECORDS = "docs/operators.md, “Returned mail”, has the records."


def sender(options: dict[str, Any]) -> Iterator[Finding]:
    """Ask the DNS for all that decides whether mail from our domain is believed."""
    for fact in sender_domain.examine():
        mend = f"{fact.mend} {RECORDS}"
        if fact.verdict is Verdict.GOOD:
            yield ok("sender", fact.words)
        elif fact.verdict is Verdict.FAULT:
            yield fail("sender", fact.words, mend)
        else:
            yield warn("sender", fact.words, mend)


def mail_server(options: dict[str, Any]) -> Iterator[Finding]:
    """Log in to the mail server, and send a test mail if one was asked for."""
    if "smtp" not in settings.EMAIL_BACKEND.lower():
        words = f"Mail leaves by {settings.EMAIL_BACKEND.rpartition('.')[0]}: no login to try."
        yield ok("mail server", words)
    else:
        yield from _login()
    if options.get("test_mail"):
        yield from _test_mail(options["test_mail"])


def _login() -> Iterator[Finding]:
    mend = "Compare EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_USE_SSL and the login with your mail service’s page."
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    context = ssl.create_default_context()
    options: dict[str, Any] = {"context": context} if settings.EMAIL_USE_SSL else {}
    try:
        with kind(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=PATIENCE, **options) as server:
            if settings.EMAIL_USE_TLS:
                server.starttls(context=context)
            if settings.EMAIL_HOST_USER:
                server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
            yield from _encrypted()
    except smtplib.SMTPAuthenticationError as error:
        yield fail("mail server", f"It refuses the login ({error.smtp_code}).", mend)
    except (smtplib.SMTPException, OSError) as error:
        yield fail("mail server", f"It can’t be reached ({_kind(error)}).", mend)


def _encrypted() -> Iterator[Finding]:
    is_local = settings.EMAIL_HOST in {"localhost", "127.0.0.1", "::1"}
    if is_local or settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
        yield ok("mail server", "It lets us in.")
    else:
        mend = "Set EMAIL_USE_TLS=on with port 587, or EMAIL_USE_SSL=on with 465."
        yield fail("mail server", "Addresses go to it over the network unencrypted.", mend)


def _test_mail(to: str) -> Iterator[Finding]:
    connection = get_connection(timeout=PATIENCE)
    mail = EmailMessage(
        "A test of this site’s mail",
        "If you can read this, the site’s mail arrives. Look where it landed: inbox or junk.",
        settings.FROM_EMAIL,
        [to],
        connection=connection,
    )
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        mend = "Read the mail server’s log; docs/operators.md, “Returned mail”, says what refusals mean."
        yield fail("test mail", f"It wasn’t taken ({_kind(error)}).", mend)
    else:
        yield ok("test mail", "It was handed over. See where it arrives.")


def _kind(error: Exception) -> str:
    """Return what kind of error it is; its own words may hold an address."""
    if isinstance(error, socket.gaierror):
        return "its name isn’t known"
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
