"""What the web server runs: Django, with the page store around it and the body guard around both."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
os.environ["IN_REQUESTS"] = "on"  # somebody waits: short limits on every wait, see the settings
django_application = get_wsgi_application()

from trustsite.web.page_cache import PageStore  # noqa: E402  needs the settings
from trustsite.web.request_body import BodyGuard  # noqa: E402

application = BodyGuard(PageStore(django_application))
