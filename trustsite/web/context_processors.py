"""What every template knows about the site.

No queries: base.html must render on an empty database.
"""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

IN_HEADER = {"/articles/", "/responses/", "/tools/", "/guide/", "/quiz/", "/get-help/"}


def site_facts() -> dict[str, str | int | bool]:
    """Return the site's own facts."""
    return {
        "name": settings.SITE_NAME,
        "url": settings.SITE_URL,
        "publisher": settings.PUBLISHER,
        "contact": settings.CONTACT_EMAIL,
        "exit_url": settings.EXIT_URL,
        "year": timezone.now().year,
        "development": settings.DEVELOPMENT,
    }


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's own facts, this page's canonical address, and which link of the header leads here."""
    return {
        "site": site_facts(),
        "canonical": settings.SITE_URL + request.path,
        "here": request.path if request.path in IN_HEADER else "",
    }
