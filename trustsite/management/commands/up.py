"""The old name of `dev`, for one release."""

from trustsite.management.commands.dev import Command  # noqa: F401
