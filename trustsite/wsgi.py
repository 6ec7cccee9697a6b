"""What the web server runs: Django, with the page store around it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
django_application = get_wsgi_application()

from trustsite.web.page_cache import PageStore  # noqa: E402  needs the settings

application = PageStore(django_application)
