"""The mail services whose reports we understand, and which of them the owner has set up.

anymail knows each one's language and how it proves who it is. Here stands what anymail doesn't tell: which of its settings
is the proof, and what a service calls an address that isn't there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings


def never(report: Any) -> Any:
    """Return no time: the service doesn't sign one."""


@dataclass(frozen=True)
class Service:
    """A mail service: who reads its reports, which of anymail's settings proves that they are its own, and its words."""

    view: type[AnymailCoreWebhookView]
    is_hard: Callable[[Any], bool]  # whether a report of returned mail says that the address isn't there
    secret: str = "WEBHOOK_SECRET"  # noqa: S105  the name of a setting
    signed_at: Callable[[Any], Any] = never
    content_types: tuple[str, ...] = ("application/json",)


SERVICES = {
    "amazon_ses": Service(
        AmazonSESTrackingWebhookView,
        lambda report: report["bounce"]["bounceType"] == "Permanent",
        content_types=("text/plain", "application/json"),
    ),
    "brevo": Service(BrevoTrackingWebhookView, lambda report: report["event"] in {"hard_bounce", "invalid_email"}),
    "mailersend": Service(
        MailerSendTrackingWebhookView,
        lambda report: report["data"]["type"] == "hard_bounced",
        secret="MAILERSEND_SIGNING_SECRET",  # noqa: S106  the name of a setting
    ),
    "mailgun": Service(
        MailgunTrackingWebhookView,
        lambda report: report["event-data"].get("severity") == "permanent",
        secret="MAILGUN_WEBHOOK_SIGNING_KEY",  # noqa: S106
        signed_at=lambda report: report["signature"]["timestamp"],
    ),
    "mailjet": Service(MailjetTrackingWebhookView, lambda report: report.get("hard_bounce") is True),
    "postmark": Service(
        PostmarkTrackingWebhookView,
        lambda report: "HardBounce" in {report.get("Type"), report.get("SuppressionReason")},
    ),
    "sparkpost": Service(
        SparkPostTrackingWebhookView,
        lambda report: str(next(iter(report["msys"].values()))["bounce_class"]) in {"10", "30"},
    ),
}


def service() -> Service | None:
    """Return the service whose reports we take, if its secret is there."""
    named = SERVICES.get(settings.MAIL_SERVICE)
    return named if named and settings.ANYMAIL.get(named.secret) and can_be_made(settings.MAIL_SERVICE) else None


def can_be_made(name: str) -> bool:
    """Whether what anymail needs for a service is installed: Amazon's wants its own library."""
    return name != "amazon_ses" or find_spec("boto3") is not None
