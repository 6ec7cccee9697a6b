"""The old name of `sync_roles`, for one release."""

from trustsite.management.commands.sync_roles import Command  # noqa: F401
