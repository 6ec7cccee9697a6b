"""The newsletter's admin, a module a table.

Imports everything below; nothing imports it but Django's admin.
"""

from newsletter.admin import deliveries, email_words, issues, subscribers

__all__ = ["deliveries", "email_words", "issues", "subscribers"]
