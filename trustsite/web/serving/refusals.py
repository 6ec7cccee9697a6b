"""Refusals: the pages that stand in for Django's when it can't be asked, made when the worker starts."""

import io
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.shortcuts import render

from trustsite.web.security_headers import SecurityHeadersMiddleware
from trustsite.web.serving import request_body
from trustsite.web.serving.stored_answer import Answer, StoredAnswer

RETRY_AFTER = "10"  # seconds
KB, MB = 1024, 1024 * 1024
BACK = "Nothing you typed is lost: go back in your browser, and it will still be there."
WORDS: dict[int, tuple[str, str]] = {
    400: ("That didn’t arrive whole", f"Part of it was lost on the way to us. {BACK}"),
    405: (
        "That can’t be done here",
        "This address can be opened, but what was asked of it isn’t something it does. Open it in your browser instead.",
    ),
    408: (
        "That took too long to reach us",
        f"We wait {request_body.DEADLINE:.0f} seconds for a form, and not all of yours had come. {BACK}"
        " A steadier connection, or a shorter text, may help.",
    ),
    413: (
        "That is more than we can take",
        f"This form takes up to {request_body.MAX_BYTES // KB} KB, files included "
        f"({request_body.MAX_BYTES_ADMIN // MB} MB in the admin). {BACK}",
    ),
    421: (
        "This isn’t the site’s address",
        f"What you are looking for may be at {settings.SITE_URL}/ instead.",
    ),
    431: (
        "Your browser sent more than we can read",
        "The address, or what your browser added to it, is longer than we take. The first page is a good place to go on from.",
    ),
    500: (
        "Something went wrong on our side",
        f"It isn’t anything you did. If you sent a form: {BACK[0].lower()}{BACK[1:]}",
    ),
    503: (
        "We can’t answer that just now",
        f"Many requests came at once, or a part of the site is being mended. If you sent a form: {BACK[0].lower()}{BACK[1:]}"
        f" Please try again in {RETRY_AFTER} seconds.",
    ),
}


def request_for(path: str) -> HttpRequest:
    """Return a reader's request for `path`, as it reaches Django over TLS."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": settings.ALLOWED_HOSTS[0],
        "SERVER_NAME": "",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
    }
    return WSGIRequest(environ)


def with_headers(response: HttpResponse, path: str = "/") -> Answer:
    """Return `response` with the headers that every answer carries."""
    inner = XFrameOptionsMiddleware(lambda request: response)
    chain: Any = SecurityMiddleware(inner)
    sent = SecurityHeadersMiddleware(chain)(request_for(path))
    return Answer(sent.status_code, list(sent.items()), sent.content)


def page(request: HttpRequest, status: int) -> HttpResponse:
    """Return the page that says why a request isn't answered."""
    title, words = WORDS[status]
    return render(request, "refused.html", {"title": title, "words": words}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer, in Django's place, what no browser sends (400)."""
    return page(request, 400)


def pages() -> dict[int, StoredAnswer]:
    """Return the page for each status."""
    made = {}
    for status in WORDS:
        response = page(request_for("/"), status)
        if status == 503:
            response.headers["Retry-After"] = RETRY_AFTER
        if status in {400, 408, 413, 431}:
            response.headers["Connection"] = "close"  # the rest of it isn't read
        made[status] = StoredAnswer.of(with_headers(response))
    return made
