"""The desk of the newsletter, a module a table."""

from newsletter.admin import deliveries, letters, people

__all__ = ["deliveries", "letters", "people"]
