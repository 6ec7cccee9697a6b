"""`manage.py run_mail_worker`: run the mail worker until it is told to stop."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analytics import api as analytics
from newsletter.models import Heartbeat
from newsletter.outbox.sender import SmtpAuthenticationRejected
from newsletter.worker import Worker

AUTHENTICATION_REJECTED = 3  # exit code: the mail server wants another password

logger = logging.getLogger("newsletter.work")


class Command(BaseCommand):
    """Sends mail until a signal (SIGTERM, SIGINT); finishes the mail in hand and exits with 0."""

    help = (
        "Send what waits in the outbox, and erase what has been kept long enough. "
        "Runs until it is stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, then stop")

    def handle(self, *, once: bool, **options: Any) -> None:
        """Run, or do one round."""
        worker = Worker()
        try:
            if once:
                worker.run_all()
            else:
                worker.run_until_stopped()
        except SmtpAuthenticationRejected as error:
            logger.critical(
                "The mail server does not let us in (%s). Nothing is sent until that is put right.",
                error,
            )
            Heartbeat.beat(f"The mail server does not let us in: {error}"[:200])
            raise SystemExit(AUTHENTICATION_REJECTED) from None
        finally:
            worker.close()
            analytics.stop()
            worker.end_mailbox()
