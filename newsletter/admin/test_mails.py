"""Test mails: a mail as a made-up person would get it, sent at once by the way all mail goes."""

from django.core.mail import EmailMultiAlternatives, get_connection

from newsletter.outbox.smtp_errors import classify_send_error


class NotSent(Exception):  # noqa: N818  said to who asked
    """A test didn't go out; the message says why."""


def send(mails: list[EmailMultiAlternatives]) -> int:
    """Send tests; return how many went. Raises NotSent."""
    if not mails:
        raise NotSent(
            "Your account has no e-mail address to send a test to. An owner can enter one."
        )
    for mail in mails:
        mail.subject = f"[Test] {mail.subject}"
    try:
        get_connection().send_messages(mails)
    except Exception as error:
        raise NotSent(f"The test didn’t go out: {classify_send_error(error).reply}") from error
    return len(mails)
