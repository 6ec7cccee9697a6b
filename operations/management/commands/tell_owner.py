"""`manage.py tell_owner`: what failed, by mail to the owner."""

import os
import smtplib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations import owner_mail


class Command(BaseCommand):
    help = (
        "Mail to OWNER_EMAIL what can’t wait, once a day while it lasts, and from six o’clock UTC the day’s "
        "digest. Nothing when all is well. A timer runs it every quarter of an hour; harmless to repeat."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        if not settings.OWNER_EMAIL:
            self.stdout.write("Nobody is told: OWNER_EMAIL isn’t set.")
            return
        try:
            told = owner_mail.tell()
        except (smtplib.SMTPException, OSError) as error:
            words = "The mail to the owner can’t be sent"
            raise CommandError(f"{words} ({type(error).__name__}). It is tried again.") from error
        self.stdout.write(
            f"urgent: {told.urgent}; the day’s digest: {'yes' if told.digest else 'no'}"
        )
