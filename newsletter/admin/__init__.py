"""The desk of the newsletter, a module a table."""

from newsletter.admin import deliveries, issues, subscribers

__all__ = ["deliveries", "issues", "subscribers"]
