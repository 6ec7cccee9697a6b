"""The site's settings for the tests: a development site on an in-memory database, with plain static files and no pause."""

import os
import tempfile
from pathlib import Path

os.environ["MODE"] = "development"
os.environ["ENV_FILE"] = os.devnull
os.environ.pop("IN_REQUESTS", None)  # set by a web entry that was imported before
os.environ.setdefault("DATA", tempfile.mkdtemp(prefix="site-tests-"))

if os.environ.get("CACHE_URL"):  # each of pytest's processes counts in a database of its own
    _number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    os.environ["CACHE_URL"] = f"{os.environ['CACHE_URL'].rpartition('/')[0]}/{_number}"

from trustsite.settings import *  # noqa: F403

# A file of this process alone: tests that run beside each other count apart.
LIMITS_FILE = Path(tempfile.mkdtemp(prefix="site-limits-")) / "limits.sqlite3"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# One connection needs no thread, so tests that turn back the database see what is sent.
MAIL_CONNECTIONS = int(os.environ.get("MAIL_CONNECTIONS", "1"))
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
