"""The "try again later" answer: to who is over a rate limit (429), or when the database is away."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RETRY_AFTER = "600"  # seconds until another try makes sense
logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def retry_later(request: HttpRequest, status: int) -> HttpResponse:
    """Answer kindly that now isn't possible, and say when to try again."""
    context = {"busy": status == 429}
    response = render(request, "newsletter/retry_later.html", context, status=status)
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def retry_later_on_db_error(view: View) -> View:
    """Answer 503 when the database can't take what was sent, so nobody believes it was taken."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DatabaseError:
            logger.exception("The database did not take a request.")
            return retry_later(request, 503)

    return inner
