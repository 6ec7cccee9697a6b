"""The e-mails admin: every mail the site sends, as one made-up person would get it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from newsletter.admin import test_mails as tests
from newsletter.emails import samples, words
from newsletter.emails.preview import preview_response
from newsletter.emails.words import EDITABLE
from newsletter.issues import preflight
from newsletter.models import Delivery, Letter

# Its words only show what stands around those of every other letter.
SAMPLE = {
    "subject": "A letter",
    "body": "Hello,\n\nA letter’s own words.\n\n## A heading\n\n- One\n- [Two](/articles/)",
}
View = Callable[..., HttpResponse]


def mail_staff_required(view: View) -> View:
    """Allow a view to who writes issues or manages the list, for reading alone."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        may_write = user.has_perm("newsletter.change_letter")
        if not (may_write or user.has_perm("newsletter.change_delivery")):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return require_safe(inner)


@mail_staff_required
def mails(request: HttpRequest) -> HttpResponse:
    """List every kind of mail, with its subject."""
    kinds = [(kind, kind.label, _sample(kind).subject) for kind in Delivery.Kind]
    return _page(request, "emails.html", {"title": "Every mail we send", "kinds": kinds})


@mail_staff_required
def mail(request: HttpRequest, kind: str) -> HttpResponse:
    """Show one of them, in a frame."""
    known = _kind(kind)
    context = {
        "title": known.label,
        "kind": known,
        "is_editable": known in EDITABLE and request.user.has_perm("newsletter.add_emailwords"),
        "own": words.own(known.value),
        "seeds": len(settings.TEST_ADDRESSES),
    }
    return _page(request, "email.html", context)


def send_test(request: HttpRequest, kind: str) -> HttpResponse:
    """Send one of them to the test addresses, or to who asks. Its links act on nobody."""
    if not request.user.has_perm("newsletter.change_letter"):
        raise PermissionDenied
    known = _kind(kind)
    to = (
        settings.TEST_ADDRESSES if "seeds" in request.POST else [getattr(request.user, "email", "")]
    )
    try:
        number = tests.send([_sample(known, address) for address in to if address])
    except tests.NotSent as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{number} sent as a test. Their links do nothing.")
    return HttpResponseRedirect(reverse("admin:newsletter_mail", args=[known]))


@mail_staff_required
def mail_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what is in the frame."""
    return preview_response(request, _sample(_kind(kind)))


def _kind(name: str) -> Delivery.Kind:
    try:
        return Delivery.Kind(name)
    except ValueError:
        raise Http404 from None


def _sample(kind: Delivery.Kind, to: str = samples.ADDRESS) -> EmailMultiAlternatives:
    if kind == Delivery.Kind.LETTER:
        return preflight.as_email(Letter(**SAMPLE), to=to)
    return samples.render(kind, to=to)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), "opts": Letter._meta, **context}
    return render(request, f"admin/newsletter/letter/{template}", context)
