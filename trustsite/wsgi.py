"""The WSGI application that the web server runs: Django, the page cache around it, the trusted proxy around both."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from trustsite.web.client_network import TrustedProxy  # noqa: E402
from trustsite.web.page_cache import PageStore  # noqa: E402  needs the settings

application = TrustedProxy(
    PageStore(django_application), settings.TRUSTED_PROXIES, settings.PROXY_ADDRESS_HEADER
)
