"""Account recovery, from the server: for a lost phone, a forgotten password, or an account that
strangers keep busy.
"""

import logging
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from accounts.passwords import links as password_links

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Print a link with which a person chooses a new password and sets up a new second step. "
        "Once, within an hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True, is_staff=True).first()
        if user is None:
            raise CommandError(
                "Nobody by that name may use the desk. Names care about capital letters."
            )
        logger.warning("A way back in was made on the server for user %d.", user.pk)
        self.stdout.write(
            f"{password_links.link(user, password_links.RECOVERY)}\n\n"
            "It works once, within one hour. It takes away the second step"
        )
        self.stdout.write(
            "that is set up now, and logs out everywhere. Give it to its person alone."
        )
