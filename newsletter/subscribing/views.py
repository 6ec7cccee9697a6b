"""Public pages: asking for the guide, confirming, leaving, and the guide itself.

A mailed link opens a page; only its button acts.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from analytics.api import ASKED, GUIDE, SOURCE
from newsletter import tokens
from newsletter.consent import AGREED, WORDING
from newsletter.emails.guide_pdf import GUIDE_FILE_NAME, GUIDE_PAGES, compile_guide
from newsletter.emails.messages import guide_url
from newsletter.models import FormRequest, Subscriber
from newsletter.retry_later import RETRY_AFTER, retry_later, retry_later_on_db_error
from newsletter.subscribing import address_change, intake, limits, signup, source_pages
from newsletter.subscribing.forms import AddressForm, SignUpForm
from trustsite.web.form_guard import same_origin_required
from trustsite.web.serving.fragments import page_with_slots
from trustsite.web.serving.page_cache import counts_as, public

View = Callable[..., HttpResponse]
TOO_MANY = (
    "Many requests are coming in at the moment, perhaps from others on your network. It isn’t "
    "anything you did. Your address is still here: in ten minutes, sending it should work."
)
NOT_NOW = (
    "We couldn’t take this in just now. It isn’t anything you did. "
    "Your address is still here: please send it once more in ten minutes."
)
logger = logging.getLogger(__name__)

require_page = require_http_methods(["GET", "HEAD", "POST"])


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
@retry_later_on_db_error
@same_origin_required
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take in a request for the guide. The answer is the same whatever is known of the address."""
    if request.method != "POST":
        return sign_up(request)
    form = SignUpForm(request.POST)
    if form.is_from_a_machine():
        return _check_inbox(request, form)
    status = 422
    if form.is_valid():
        letters = form.cleaned_data["letters"]
        status = take(request, form, FormRequest.Kind.GUIDE, wants_letters=letters)
    if status == 200:
        counts_as(GUIDE, ASKED)
        counts_as(SOURCE, form.cleaned_data["src"])
        return _check_inbox(request, form)
    return form_again(request, "newsletter/sign_up.html", form, status)


def take(request: HttpRequest, form: AddressForm, kind: FormRequest.Kind, **more: Any) -> int:
    """Take in what a valid form asks for; return 200, or the status that says why not now."""
    address = form.cleaned_data["address"]
    if not limits.allow_request(request, address):
        form.postpone(TOO_MANY)
        return 429
    try:
        intake.take(kind, address, **more)
    except intake.IntakeClosedError:
        form.postpone(NOT_NOW)
        return 503
    except DatabaseError:
        logger.exception("The database did not take a request.")
        form.postpone(NOT_NOW)
        return 503
    return 200


def form_again(request: HttpRequest, template: str, form: AddressForm, status: int) -> HttpResponse:
    """Show a form again with all that was typed, and what to do."""
    response = render(request, template, {"form": form}, status=status)
    if form.is_postponed:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _check_inbox(request: HttpRequest, form: SignUpForm) -> HttpResponse:
    """Say what comes to which address, what to do if nothing does, and lead back."""
    typed = form.data.get("instead") or form.data.get("address", "")
    came_from = source_pages.known(form.data.get("src", ""))
    back = reverse("articles:index") if came_from == source_pages.ELSEWHERE else came_from
    shown = "".join(filter(str.isprintable, typed)).strip()[:254]
    return finished("newsletter/check_inbox.html", request, address=shown, back=back)


def finished(template: str, request: HttpRequest, **own: str) -> HttpResponse:
    """Answer with the page that says that a form was taken: the same whatever is known of the
    address. `own` is what of the form stands in it.
    """
    sender = {"sender": settings.FROM_NAME}
    return HttpResponse(page_with_slots(request, template, sender, own))


@csrf_exempt
@require_page
@retry_later_on_db_error
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that confirms, and take its press."""
    asked = tokens.read_confirm_token(token)
    subscriber = signup.find(asked.public_id) if asked else None
    if asked is None or subscriber is None:
        return link_expired(request)
    letters = subscriber.wants_letters if asked.letters is None else asked.letters
    if request.method == "POST":
        subscriber = _confirm(request, subscriber, letters=letters)
        letters = False
    if subscriber is None:  # they left from another window, between the two lines
        return link_expired(request)
    is_moving = address_change.has_moved(subscriber)
    adds_letters = letters and not subscriber.wants_letters and not is_moving
    template = "newsletter/confirm.html"
    if subscriber.state == subscriber.State.CONFIRMED and not adds_letters:
        template = "newsletter/moved.html" if is_moving else "newsletter/confirmed.html"
    context = {
        "subscriber": subscriber,
        "letters": letters,
        "letters_words": AGREED[WORDING][1],
        "guide_url": guide_url(),
        "pages": GUIDE_PAGES,
        "moving": is_moving,
    }
    return render(request, template, context)


def _confirm(request: HttpRequest, subscriber: Subscriber, *, letters: bool) -> Subscriber | None:
    """Take the press of the button: with its box's word about the letters, or else the mail's."""
    if subscriber.replaces_id:
        return address_change.confirm(subscriber.public_id)
    if "box" in request.POST:
        letters = "letters" in request.POST
    return signup.confirm(subscriber.public_id, letters=letters)


@csrf_exempt
@require_page
@retry_later_on_db_error
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that ends all mail, and take its press.

    Or a mail program's: by RFC 8058 with any body, from anywhere.
    """
    fingerprint = tokens.read_unsubscribe_token(token)
    if fingerprint is None:
        return link_expired(request)
    if request.method == "POST":
        signup.leave(fingerprint)
    return render(request, "newsletter/unsubscribe.html", {"done": request.method == "POST"})


def link_expired(request: HttpRequest) -> HttpResponse:
    """Answer that a link no longer works, whatever the reason.

    Who tries very many is asked to wait.
    """
    if not limits.allow_token_try(request):
        return retry_later(request, 429)
    return render(request, "newsletter/link_expired.html", status=404)


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
