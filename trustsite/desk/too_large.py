"""The desk’s answer to a form that is larger than the site takes: its size, the limit, and all that was typed."""

import io
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from trustsite.desk.not_saved import NOT_SHOWN
from trustsite.desk.writing import form_note
from trustsite.web.django_internal import read_whole_body
from trustsite.web.serving.request_body import MAX_BYTES_ADMIN

MOST_FIELDS = 5000  # read of a form that is too large


class TooLargeMiddleware(MiddlewareMixin):
    """Gives back what was typed into a form of the desk that Django refuses to read."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a form that is too large; let every other pass as it came."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_form = request.method == "POST" and request.path.startswith(reverse("admin:index"))
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not is_form or not length.isdecimal() or not most < int(length) <= MAX_BYTES_ADMIN:
            return None
        body = read_whole_body(request)
        try:
            request.POST  # noqa: B018  reading it is what may fail
        except (RequestDataTooBig, TooManyFieldsSent):
            return _give_back(request, body)
        return None


def _give_back(request: HttpRequest, body: bytes) -> HttpResponse:
    fields = list(_fields(request.META.get("CONTENT_TYPE", ""), body))
    note = form_note.read(dict(fields).get(form_note.NAME, ""))
    is_ours = request.user.is_staff or note is not None
    typed = []
    for name, text in fields:
        if is_ours and text and name != form_note.NAME and not NOT_SHOWN.search(name):
            typed.append((name.replace("_", " "), text))
    context = {
        "title": "This is more than the site takes in one form",
        "size": _kilobytes(sum(len(text.encode()) for _, text in fields)),
        "most": _kilobytes(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        "typed": typed,
    }
    response = render(request, "admin/too_large.html", context, status=413)
    response.headers["Cache-Control"] = "no-store"
    return response


def _kilobytes(size: int) -> int:
    return -(-size // 1024)


def _fields(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and text of each field of a form, however it was sent; files aren't given back."""
    if not content_type.startswith("multipart/"):
        yield from parse_qsl(body.decode(errors="replace"), max_num_fields=None)[:MOST_FIELDS]
        return
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message: Any = BytesParser(policy=HTTP).parse(io.BytesIO(head + body))
    for part in list(message.iter_parts())[:MOST_FIELDS]:
        name = part.get_param("name", header="content-disposition")
        if name and not part.get_filename():
            yield str(name), part.get_payload(decode=True).decode(errors="replace")
