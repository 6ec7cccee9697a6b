"""The WSGI application: the same site for servers that know WSGI alone.

They must bound bodies and waits themselves, as trustsite/rsgi.py does.
"""

import atexit
import os
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
os.environ["IN_REQUESTS"] = "on"  # somebody waits: short limits on every wait, see the settings
django_application = get_wsgi_application()

from analytics.visits import visits  # noqa: E402  needs the settings
from trustsite.web.serving.edge import Edge, header_of, path_of  # noqa: E402  needs the settings
from trustsite.web.serving.stored_answer import Answer  # noqa: E402


class Application:
    """The edge as a WSGI application; it begins to watch the database with the first request."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.is_started = False
        self.lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        with self.lock:
            if not self.is_started:
                self.edge.start()
                atexit.register(self.edge.stop)
                self.is_started = True
        answer = respond(self.edge, environ)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.headers)
        return [answer.body] if answer.body else []


def respond(edge: Edge, environ: dict[str, Any]) -> Answer:
    """Return the edge's own answer, or else Django's."""
    answer = None
    method, get = environ["REQUEST_METHOD"], environ.get
    if method in {"GET", "HEAD"}:
        scheme = get("HTTP_X_FORWARDED_PROTO") if edge.trusts_proxy else ""
        answer = edge.quick(
            method,
            path_of(environ),
            get("QUERY_STRING", ""),
            get("HTTP_HOST", ""),
            scheme or environ["wsgi.url_scheme"],
            get("HTTP_ACCEPT_ENCODING", ""),
            get("HTTP_IF_NONE_MATCH", ""),
            header_of(environ),
        )
    return answer or edge.respond(environ)


edge = Edge(django_application, visits())
edge.prepare()
application = Application(edge)
