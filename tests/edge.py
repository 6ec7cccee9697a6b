"""The edge in a test: no threads; what its threads would do is done before each request."""

import io
from urllib.parse import urlsplit

from django.conf import settings

from trustsite.web.serving.edge import Edge
from trustsite.wsgi import Application, django_application


def make_edge(application=django_application):
    """Return an edge that has looked at the database once."""
    edge = Edge(application)
    edge.prepare()
    edge.cache.drop("/get-help/")
    edge.refresher.versions.check()
    return edge


def catch_up(edge):
    """Do what the background threads do, apart from compressing."""
    edge.refresher.versions.check()
    while stale := edge.cache.next_stale():
        edge.refresher._renew(*stale)


def get(edge, path, method="GET", *, look=True, **headers):
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
    answer = {}

    def start_response(status, headers, exc_info=None):
        answer.update(status=status, headers={name.lower(): value for name, value in headers})

    application = Application(edge)
    application.is_started = True
    answer["body"] = b"".join(application(environ, start_response))
    return answer
