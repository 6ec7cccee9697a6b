"""The quiz in Django admin."""

from quiz.admin import versions  # noqa: F401  registers it
