"""The floor of a form: a Django project of one view that takes a post and answers the same few bytes.

granian serves it beside the site. As a command it prints, for each line that it reads, the milliseconds that such a request
takes.
"""

import io
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

REQUESTS = 15
BODY = urlencode({f"q{number:02}": "a" for number in range(1, 13)}).encode()


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.POST)}\n", content_type="text/plain")


urlpatterns = [path("", view), path("healthz", view)]
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="bench")
application = get_wsgi_application()


def environ() -> dict[str, Any]:
    """Return a post with as many fields as the quiz has."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(BODY)),
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.errors": sys.stderr,
    }


def start_response(status: str, headers: object, error: object = None) -> Callable[[bytes], object]:
    """Take the beginning of an answer."""
    assert status.startswith("200")
    return lambda data: None


def cost() -> float:
    """Return the milliseconds of processor time of one request: the mean of some."""
    begun = time.process_time()
    for _ in range(REQUESTS):
        answer = application(environ(), start_response)
        b"".join(answer)
        answer.close()
    return (time.process_time() - begun) / REQUESTS * 1000


if __name__ == "__main__":
    for _ in sys.stdin:
        print(cost(), flush=True)
