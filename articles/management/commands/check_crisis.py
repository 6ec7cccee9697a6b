"""The old name of `check_helplines`, for one release."""

from articles.management.commands.check_helplines import Command  # noqa: F401
