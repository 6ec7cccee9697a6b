"""The e-mails admin: every mail the site sends, as one made-up person would get it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter.emails import samples
from newsletter.emails.preview import preview_response
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
    return _page(request, "email.html", {"title": known.label, "kind": known})


@mail_staff_required
def mail_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what is in the frame."""
    return preview_response(request, _sample(_kind(kind)))


def _kind(name: str) -> Delivery.Kind:
    try:
        return Delivery.Kind(name)
    except ValueError:
        raise Http404 from None


def _sample(kind: Delivery.Kind) -> EmailMultiAlternatives:
    if kind == Delivery.Kind.LETTER:
        return preflight.as_email(Letter(**SAMPLE))
    return samples.render(kind)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), "opts": Letter._meta, **context}
    return render(request, f"admin/newsletter/letter/{template}", context)
