"""The edge in a test: no threads; what its threads would do is done before each request."""

import io
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from trustsite.web.serving.edge import Edge
from trustsite.wsgi import Application, django_application

close_if_unusable = BaseDatabaseWrapper.close_if_unusable_or_obsolete


def close_outside_transactions(self: BaseDatabaseWrapper) -> None:
    """Leave the connection open that a test's transaction stands in, as the requests of Django's test client do."""
    if not self.in_atomic_block:
        close_if_unusable(self)


BaseDatabaseWrapper.close_if_unusable_or_obsolete = close_outside_transactions  # type: ignore[method-assign]


def make_edge(application: Any = django_application) -> Any:
    """Return an edge that has looked at the database once."""
    edge = Edge(application)
    edge.prepare()
    edge.refresher.versions.check()
    return edge


def catch_up(edge: Any) -> None:
    """Do what the background threads do, apart from compressing."""
    edge.refresher.versions.check()
    while stale := edge.cache.next_stale():
        edge.refresher._renew(*stale)


def get(edge: Any, path: str, method: str = "GET", *, look: bool = True, **headers: Any) -> Any:
    """Ask for `path`; give status, headers by lower-case name, and body."""
    if look:
        edge.refresher.check_version()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **headers,
    }
    answer: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        answer.update(status=status, headers={name.lower(): value for name, value in headers})

    application = Application(edge)
    application.is_started = True
    answer["body"] = b"".join(application(environ, start_response))
    return answer
