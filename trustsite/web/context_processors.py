"""What every template knows about the site.

No queries: base.html must render on an empty database.
"""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's own facts and this page's canonical address."""
    return {
        "site": {
            "name": settings.SITE_NAME,
            "url": settings.SITE_URL,
            "publisher": settings.PUBLISHER,
            "contact": settings.CONTACT_EMAIL,
            "exit_url": settings.EXIT_URL,
            "year": timezone.now().year,
            "development": settings.DEVELOPMENT,
        },
        "canonical": settings.SITE_URL + request.path,
    }
