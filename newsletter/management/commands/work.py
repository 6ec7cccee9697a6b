"""The old name of `run_mail_worker`, for one release."""

from newsletter.management.commands.run_mail_worker import Command  # noqa: F401
