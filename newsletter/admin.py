"""The desk of the newsletter, a module a table."""

from newsletter import delivery_admin, letter_admin, list_desk  # noqa: F401  each registers its own
