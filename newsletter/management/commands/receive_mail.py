"""`receive_mail`: one mail from standard input, for a pipe of postfix or exim. docs/operators.md.

Its exit codes are those of sysexits: 0 when nothing is left to do, 75 when the mail server should
keep the mail and try again.
"""

import os
import sys
from argparse import ArgumentParser
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand

from newsletter.inbound import receive
from newsletter.inbound.mail_reports import MAX_BYTES

CHUNK = 64 * 1024


class Command(BaseCommand):
    help = "Take in returned mail, a complaint or a wish to leave from standard input."
    requires_system_checks = []  # a mail server that pipes a thousand mails waits for each

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipient", default="", help="whom the mail server brought the mail to"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.BOUNCE_ADDRESS:
            self.stderr.write("BOUNCE_ADDRESS isn’t set, so no report can be known as genuine.")
            sys.exit(os.EX_TEMPFAIL)
        try:
            outcome = receive.mail(read_bounded(sys.stdin.buffer), options["recipient"])
        except Exception as error:  # its words might quote the mail
            self.stderr.write(f"Not taken in: {type(error).__name__}. Try again later.")
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write(outcome.name.lower().replace("_", " "))


def read_bounded(stream: BinaryIO) -> bytes:
    """Return the beginning of a stream. The rest is read too: its writer would stumble else."""
    beginning = stream.read(MAX_BYTES)
    while stream.read(CHUNK):
        pass
    return beginning
