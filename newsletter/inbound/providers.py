"""E-mail service providers whose reports we understand, and which of them the owner has set up.

anymail knows each one's format and how it proves who it is. Here stands what anymail doesn't tell:
which of its settings is the proof and when a report was signed. What a report means for an address
is in provider_refusals.py.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import AnymailNotSupportedWarning, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.base import AnymailBaseWebhookView, AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.mandrill import MandrillTrackingWebhookView
from anymail.webhooks.postal import PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from anymail.webhooks.unisender_go import UnisenderGoTrackingWebhookView
from django.conf import settings
from django.http import HttpRequest

from newsletter.bounces.bounce_classes import Refusal
from newsletter.inbound import provider_refusals as refusals
from newsletter.inbound.amazon_sns import AmazonView
from newsletter.inbound.signatures import is_signed

Event = AnymailTrackingEvent


def never(request: HttpRequest) -> Any:
    """Return no time: the service doesn't sign one."""


def always(event: Event) -> bool:
    """Take every complaint for one: the service reports none but a person's."""
    return True


class ResendView(ResendTrackingWebhookView):
    """Resend's reports, proved by our own reading of their signature: anymail wants a library."""

    warn_if_no_basic_auth = False
    _svix_webhook = None

    def __init__(self, **kwargs: Any) -> None:
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        """Raise AnymailWebhookValidationFailure unless the request is signed, and of late."""
        if not is_signed(request, settings.ANYMAIL["RESEND_SIGNING_SECRET"], prefix="svix"):
            raise AnymailWebhookValidationFailure


class SendGridView(SendGridTrackingWebhookView):
    """SendGrid's reports. anymail has no account there any more to test with, and says so."""

    def __init__(self, **kwargs: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AnymailNotSupportedWarning)
            super().__init__(**kwargs)


@dataclass(frozen=True)
class Provider:
    """A provider: who parses its reports, which of anymail's settings proves them, its classes."""

    view: type[AnymailCoreWebhookView]
    refusal: Callable[[Event], Refusal]  # what a report of returned or refused mail tells
    # Whether what anymail calls a complaint is a person's own.
    is_complaint: Callable[[Event], bool] = always
    secret: str = "WEBHOOK_SECRET"  # noqa: S105  the name of a setting
    signed_at: Callable[[HttpRequest], Any] = never
    content_types: tuple[str, ...] = ("application/json",)
    is_tried_by_get: bool = False  # most try an address by HEAD
    # What anymail calls the events in which mail came back.
    returned: frozenset[str] = frozenset({EventType.BOUNCED, EventType.REJECTED})


def _mailgun_signed_at(request: HttpRequest) -> Any:
    return json.loads(request.body)["signature"]["timestamp"]


def _sendgrid_signed_at(request: HttpRequest) -> Any:
    return request.headers["X-Twilio-Email-Event-Webhook-Timestamp"]


PROVIDERS = {
    "amazon_ses": Provider(
        AmazonView,
        refusals.ses,
        refusals.is_complaint_to_ses,
        content_types=("text/plain", "application/json"),
    ),
    "brevo": Provider(BrevoTrackingWebhookView, refusals.brevo),
    "mailersend": Provider(
        MailerSendTrackingWebhookView,
        refusals.mailersend,
        secret="MAILERSEND_SIGNING_SECRET",  # noqa: S106  the name of a setting
    ),
    "mailgun": Provider(
        MailgunTrackingWebhookView,
        refusals.mailgun,
        secret="MAILGUN_WEBHOOK_SIGNING_KEY",  # noqa: S106
        signed_at=_mailgun_signed_at,
    ),
    "mailjet": Provider(MailjetTrackingWebhookView, refusals.mailjet),
    "mailtrap": Provider(
        MailtrapTrackingWebhookView,
        refusals.mailtrap,
        secret="MAILTRAP_TRACKING_SECRET",  # noqa: S106
    ),
    "mandrill": Provider(
        MandrillTrackingWebhookView,
        refusals.mandrill,
        secret="MANDRILL_WEBHOOK_KEY",  # noqa: S106
        content_types=("application/x-www-form-urlencoded",),
    ),
    "postal": Provider(
        PostalTrackingWebhookView,
        refusals.postal,
        secret="POSTAL_WEBHOOK_KEY",  # noqa: S106
        returned=frozenset({EventType.BOUNCED, EventType.FAILED}),
    ),
    "postmark": Provider(
        PostmarkTrackingWebhookView, refusals.postmark, refusals.is_complaint_to_postmark
    ),
    "resend": Provider(
        ResendView,
        refusals.resend,
        secret="RESEND_SIGNING_SECRET",  # noqa: S106
    ),
    "sendgrid": Provider(
        SendGridView,
        refusals.sendgrid,
        secret="SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",  # noqa: S106
        signed_at=_sendgrid_signed_at,
    ),
    "sparkpost": Provider(
        SparkPostTrackingWebhookView, refusals.sparkpost, refusals.is_complaint_to_sparkpost
    ),
    "unisender_go": Provider(
        UnisenderGoTrackingWebhookView,
        refusals.unisender_go,
        secret="UNISENDER_GO_API_KEY",  # noqa: S106
        is_tried_by_get=True,
    ),
}


def current_provider() -> Provider | None:
    """Return the provider whose reports we take, if its secret is there."""
    named = PROVIDERS.get(settings.MAIL_SERVICE)
    return named if named and settings.ANYMAIL.get(named.secret) else None
