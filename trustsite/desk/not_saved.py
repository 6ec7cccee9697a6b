"""The desk’s answer when something can’t be saved just now: a full disk, a folder that is read-only, no database."""

import logging
import re

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

NOT_NOW = (OperationalError, InterfaceError, OSError)
NOT_SHOWN = re.compile("csrf|password|token|^code$|^initial-|^_")  # names of fields

logger = logging.getLogger(__name__)


class NotSavedMiddleware(MiddlewareMixin):
    """Shows what was typed at the desk when it couldn't be saved, so that nobody types it again."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a form of the desk that failed for a reason that is over some day."""
        is_form = request.method == "POST" and request.path.startswith(reverse("admin:index"))
        if not is_form or not isinstance(error, NOT_NOW) or isinstance(error, UnreadablePostError):
            return None
        logger.error("A form of the desk was not saved: %s.", type(error).__name__)
        typed = []
        for name, values in request.POST.lists():
            if not NOT_SHOWN.search(name):
                typed += [(name.replace("_", " "), str(value)) for value in values if value]
        context = {
            "title": "That couldn’t be saved just now",
            "typed": typed,
            "had_files": bool(request.FILES),
        }
        response = render(request, "admin/not_saved.html", context, status=503)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Retry-After"] = "60"
        return response
