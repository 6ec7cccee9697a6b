"""The site's settings for the tests: a development site on an in-memory database, with plain static files and no pause."""

import os
import tempfile

os.environ["MODE"] = "development"
os.environ.setdefault("DATA", tempfile.mkdtemp(prefix="site-tests-"))

from trustsite.settings import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
