"""The password reset e-mail."""

import logging
from smtplib import SMTPException
from threading import Thread

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.passwords import links as password_links

logger = logging.getLogger(__name__)


def send(address: str) -> None:
    """Mail a link to each account with this address.

    It goes out beside the answer, which would otherwise be slower for an address we know.
    """
    users = User.objects.filter(email__iexact=address, is_active=True, is_staff=True)
    for user in users:
        if user.has_usable_password():  # others have a invitation, from the owner
            Thread(target=_deliver, args=[_mail(user), user.pk]).start()


def _mail(user: User) -> EmailMessage:
    text = render_to_string(
        "accounts/password_reset_email.txt",
        {"link": password_links.link(user, password_links.RESET)},
    )
    return EmailMessage(
        "A new password", text, f"{settings.FROM_NAME} <{settings.FROM_EMAIL}>", [user.email]
    )


def _deliver(mail: EmailMessage, pk: int) -> None:
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        logger.error(
            "The mail for a new password of user %d did not leave (%s).", pk, type(error).__name__
        )
