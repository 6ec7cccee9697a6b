"""The WSGI application that the web server runs: Django in the page cache, in the body guard, in
the trusted proxy.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
os.environ["IN_REQUESTS"] = "on"  # somebody waits: short limits on every wait, see the settings
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from trustsite.web.client_network import TrustedProxy  # noqa: E402
from trustsite.web.page_cache import PageStore  # noqa: E402  needs the settings
from trustsite.web.request_body import BodyGuard  # noqa: E402

application = TrustedProxy(
    BodyGuard(PageStore(django_application)),
    settings.TRUSTED_PROXIES,
    settings.PROXY_ADDRESS_HEADER,
)
