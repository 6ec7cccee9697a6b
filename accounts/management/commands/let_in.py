"""The old name of `reset_login`, for one release."""

from accounts.management.commands.reset_login import Command  # noqa: F401
