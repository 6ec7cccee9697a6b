"""The page of a form whose CSRF token doesn't fit (403): Django's own has styles that our policy
blocks.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened and the way on.

    The reason is a developer's; it says nothing to who reads this.
    """
    return render(request, "csrf_failure.html", {"back_url": request.path}, status=403)
