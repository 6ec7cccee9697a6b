"""/dev/mail/: the development mailbox as pages. On a live site they don't exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter.emails import dev_mailbox
from newsletter.emails.preview import ParsedEmail, html_response
from trustsite.web.security_headers import page_policy

View = Callable[..., HttpResponse]


def in_development(view: View) -> View:
    """Hide a view where MODE isn't development."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEVELOPMENT:
            raise Http404
        return view(request, *args, **kwargs)

    return require_safe(inner)


@in_development
def mails(request: HttpRequest) -> HttpResponse:
    """List every mail, the newest first."""
    return render(request, "newsletter/dev_mails.html", {"mails": dev_mailbox.mails()})


@in_development
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail: headers, text, attachments, and its HTML in a frame."""
    response = render(request, "newsletter/dev_mail.html", {"mail": _mail_or_404(name)})
    response.headers["Content-Security-Policy"] = (
        f"{page_policy(response.content)}; frame-src 'self'"
    )
    return response


@in_development
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show the HTML part alone."""
    return html_response(_mail_or_404(name))


@in_development
def attachment(request: HttpRequest, name: str, number: int, filename: str) -> HttpResponse:
    """Hand out one attachment."""
    attachments = _mail_or_404(name).attachments
    if number >= len(attachments):
        raise Http404
    _, content_type, data = attachments[number]
    return HttpResponse(
        data, content_type=content_type, headers={"Content-Disposition": "attachment"}
    )


def _mail_or_404(name: str) -> ParsedEmail:
    email = dev_mailbox.mail(name)
    if email is None:
        raise Http404
    return email
