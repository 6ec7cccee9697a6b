"""What only the settings know of the publisher, and of how the site is run.

Texts hold `{publisher}` and its like, a page shows the setting.
"""

from html import escape
from urllib.parse import quote

from django.conf import settings

from trustsite.web.smart_quotes import smart_quotes

UNNAMED = "a {} company (ask us for its name and country)"


def placeholder_values() -> dict[str, str]:
    """Return each placeholder, as texts hold it, and what stands there when a page is shown."""
    return {
        "{publisher}": smart_quotes(settings.PUBLISHER),
        "{postal_address}": smart_quotes(settings.POSTAL_ADDRESS),
        "{contact_email}": settings.CONTACT_EMAIL,
        "{site_name}": settings.SITE_NAME,
        "{backup_days}": str(settings.BACKUP_DAYS),
        "{hosting_company}": smart_quotes(settings.HOSTING_COMPANY) or UNNAMED.format("hosting"),
        "{mail_company}": smart_quotes(settings.MAIL_COMPANY) or UNNAMED.format("mail"),
    }


def substitute(text: str) -> str:
    """Fill the placeholders of a plain text in."""
    for name, value in placeholder_values().items():
        text = text.replace(name, value)
    return text


def substitute_html(html: str) -> str:
    """Fill the placeholders of rendered HTML in, in what is read and in the addresses of links."""
    for name, value in placeholder_values().items():
        html = html.replace(name, escape(value)).replace(quote(name), quote(value, safe="@"))
    return html
