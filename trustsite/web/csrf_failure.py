"""The page of a form whose CSRF token doesn't fit (403): Django's own has styles that our policy
blocks.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened and the way on.

    The reason is a developer's; it says nothing to who reads this. Django's token guards the admin
    alone (`form_guard` the public forms): elsewhere, what was sent came to an address that takes
    nothing, and its view wasn't asked.
    """
    if not request.path.startswith(reverse("admin:index")):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return render(request, "csrf_failure.html", {"back_url": request.path}, status=403)
