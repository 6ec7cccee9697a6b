"""Asking for the guide, confirming, leaving, and the guide itself. A mailed link opens a page; only its button acts."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsletter.emails.guide_pdf import GUIDE_FILE_NAME, GUIDE_PAGES, compile_guide
from newsletter.emails.messages import guide_url
from newsletter.subscribing import address_change, limits, signup, tokens
from newsletter.subscribing.constant_time import evenly
from newsletter.subscribing.forms import SignUpForm
from trustsite.web.form_guard import from_here
from trustsite.web.page_cache import public

View = Callable[..., HttpResponse]
SOON = "600"  # seconds until another try makes sense
logger = logging.getLogger(__name__)

require_page = require_http_methods(["GET", "HEAD", "POST"])


def or_later(view: View) -> View:
    """Say kindly "not now" (503) when the database can't take what was sent, so that nobody believes it was taken."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DatabaseError:
            logger.exception("The database did not take a request.")
            return later(request, 503)

    return inner


@require_safe
@public(made_of=["forms"])
def guide(request: HttpRequest) -> HttpResponse:
    """Say what is in the guide, and offer it."""
    context = {"pages": GUIDE_PAGES, "guide_url": guide_url() if settings.GUIDE_PUBLIC else ""}
    return render(request, "newsletter/guide.html", context)


@public(made_of=["forms"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form on a page of its own."""
    return render(request, "newsletter/sign_up.html", {"form": SignUpForm()})


@require_page
@or_later
@from_here
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take in a request for the guide. The answer is the same whatever is known of the address."""
    if request.method != "POST":
        return sign_up(request)
    form = SignUpForm(request.POST)
    if form.is_from_a_machine():
        return _asked(request)
    if not form.is_valid():
        return render(request, "newsletter/sign_up.html", {"form": form}, status=422)
    if not limits.may_ask(request, form.cleaned_data["address"]):
        return later(request, 429)
    with evenly():
        signup.ask(form.cleaned_data["address"], letters=form.cleaned_data["letters"])
    return _asked(request)


def _asked(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/asked.html", {"sender": settings.FROM_NAME})


def later(request: HttpRequest, status: int) -> HttpResponse:
    """Ask to try again soon."""
    response = render(request, "newsletter/later.html", {"busy": status == 429}, status=status)
    response.headers["Retry-After"] = SOON
    return response


@csrf_exempt
@require_page
@or_later
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that confirms, and take its press."""
    public_id = tokens.read_confirm_token(token)
    subscriber = signup.find(public_id) if public_id else None
    if subscriber is None:
        return gone(request)
    if request.method == "POST":
        subscriber = (address_change if subscriber.replaces_id else signup).confirm(
            subscriber.public_id
        )
    if subscriber is None:  # they left from another window, between the two lines
        return gone(request)
    context = {"subscriber": subscriber, "guide_url": guide_url(), "pages": GUIDE_PAGES}
    context["moving"] = address_change.has_moved(subscriber)
    confirmed = "moved" if context["moving"] else "confirmed"
    page = confirmed if subscriber.state == subscriber.State.CONFIRMED else "confirm"
    return render(request, f"newsletter/{page}.html", context)


@csrf_exempt
@require_page
@or_later
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that ends all mail, and take its press or a mail program's (RFC 8058: any body, from anywhere)."""
    fingerprint = tokens.read_unsubscribe_token(token)
    if fingerprint is None:
        return gone(request)
    if request.method == "POST":
        signup.leave(fingerprint)
    return render(request, "newsletter/unsubscribe.html", {"done": request.method == "POST"})


def gone(request: HttpRequest) -> HttpResponse:
    """Say that a link no longer works, whatever the reason. Who tries very many is asked to wait."""
    if not limits.may_guess(request):
        return later(request, 429)
    return render(request, "newsletter/link_gone.html", status=404)


@require_safe
def guide_file(request: HttpRequest, token: str = "") -> HttpResponse:
    """Open the guide: the same bytes, at the same address, for everybody."""
    if not (tokens.is_guide_token(token) or (settings.GUIDE_PUBLIC and not token)):
        raise Http404
    response = HttpResponse(compile_guide(), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{GUIDE_FILE_NAME}"'
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
