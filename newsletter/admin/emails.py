"""Every mail the site sends, as one made-up person would get it: for editors and list managers to look through."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter.emails import samples
from newsletter.emails.messages import Letter as Mail
from newsletter.emails.preview import look
from newsletter.issues import preflight
from newsletter.models import Delivery, Letter

# Its words only show what stands around those of every other letter.
SAMPLE = {
    "subject": "A letter",
    "body": "Hello,\n\nA letter’s own words.\n\n## A heading\n\n- One\n- [Two](/articles/)",
}
View = Callable[..., HttpResponse]


def for_the_curious(view: View) -> View:
    """Let in who writes letters or looks after the list."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not any(
            request.user.has_perm(f"newsletter.{name}")
            for name in ("change_letter", "change_delivery")
        ):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return require_safe(inner)


@for_the_curious
def mails(request: HttpRequest) -> HttpResponse:
    """List every kind of mail, with its subject."""
    kinds = [(kind, kind.label, _sample(kind).subject) for kind in Delivery.Kind]
    return _page(request, "mails.html", {"title": "Every mail we send", "kinds": kinds})


@for_the_curious
def mail(request: HttpRequest, kind: str) -> HttpResponse:
    """Show one of them, in a frame."""
    found = _kind(kind)
    return _page(request, "mail.html", {"title": found.label, "kind": found})


@for_the_curious
def mail_look(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what is in the frame."""
    return look(request, _sample(_kind(kind)))


def _kind(name: str) -> Delivery.Kind:
    try:
        return Delivery.Kind(name)
    except ValueError:
        raise Http404 from None


def _sample(kind: Delivery.Kind) -> Mail:
    return (
        preflight.as_mail(Letter(**SAMPLE))
        if kind == Delivery.Kind.LETTER
        else samples.render(kind)
    )


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), "opts": Letter._meta, **context}
    return render(request, f"admin/newsletter/letter/{template}", context)
