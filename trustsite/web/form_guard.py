"""Guards of the public forms, which use no cookie: where a post came from, and a token that says
the page was ours.

A token is signed per hour, so a page that carries one is the same bytes for everyone, and is good
for a day.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

HOURS = 24  # how long a token is good
_signer = signing.Signer(salt="form-stamp")


def form_token() -> str:
    """Return this hour's token."""
    return _signer.sign(str(_hour()))


def is_good(token: str) -> bool:
    """Whether `token` is one of ours, made in this hour or the last `HOURS`."""
    try:
        age = _hour() - int(_signer.unsign(token))
    except (signing.BadSignature, ValueError):
        return False
    return 0 <= age <= HOURS


def _hour() -> int:
    return int(timezone.now().timestamp()) // 3600


def is_cross_site(request: HttpRequest) -> bool:
    """Whether a browser says that this post comes from another site.

    Browsers that say nothing pass.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:  # such as http://[x
        return True
    return host not in {request.get_host(), urlsplit(settings.SITE_URL).netloc}


def same_origin_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse posts that another site sent (403).

    Takes the place of Django's CSRF cookie on public forms.
    """

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and is_cross_site(request):
            return render(request, "403.html", status=403)
        return view(request, *args, **kwargs)

    return csrf_exempt(inner)
