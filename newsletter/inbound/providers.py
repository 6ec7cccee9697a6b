"""E-mail service providers whose reports we understand, and which of them the owner has set up.

anymail knows each one's format and how it proves who it is. Here stands what anymail doesn't tell:
which of its settings is the proof, where a provider puts what a far server said, and what its own
classes mean. A class is taken for "this address doesn't exist" only where the provider uses it for
exactly that. What a provider wouldn't send, because of an earlier report of anybody's, says nothing
now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings

from newsletter.outbox.bounce_classes import Meaning, Refusal

Event = AnymailTrackingEvent


def never(report: Any) -> Any:
    """Return no time: the service doesn't sign one."""


def always(event: Event) -> bool:
    """Take every complaint for one: the service reports none but a person's."""
    return True


# What the report of a complaint is about, where it isn't a person who found a mail unwanted (RFC
# 5965, 3.1 and 7.3).
NO_COMPLAINT = {"not-spam", "auth-failure", "virus"}


@dataclass(frozen=True)
class Provider:
    """A provider: who parses its reports, which of anymail's settings proves them, its classes."""

    view: type[AnymailCoreWebhookView]
    refusal: Callable[[Event], Refusal]  # what a report of returned or refused mail tells
    # Whether what anymail calls a complaint is a person's own.
    is_complaint: Callable[[Event], bool] = always
    secret: str = "WEBHOOK_SECRET"  # noqa: S105  the name of a setting
    signed_at: Callable[[Any], Any] = never
    content_types: tuple[str, ...] = ("application/json",)


def _code(value: object) -> int | None:
    """Return a basic reply code. Services have codes of their own beyond those of SMTP."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and 400 <= int(text) < 600 else None


def _words(*values: object) -> str:
    return " ".join(str(value) for value in values if value)


SES_CLASSES = {
    ("Permanent", "NoEmail"): Meaning.UNKNOWN,  # the returned mail didn't name its recipient
    ("Permanent", "Suppressed"): Meaning.UNKNOWN,
    ("Permanent", "OnAccountSuppressionList"): Meaning.UNKNOWN,
    ("Permanent", "UnsubscribedRecipient"): Meaning.UNKNOWN,
    ("Transient", "General"): Meaning.UNAVAILABLE,
    ("Transient", "MailboxFull"): Meaning.UNAVAILABLE,
    ("Transient", "CustomTimeoutExceeded"): Meaning.UNAVAILABLE,
    ("Transient", "MessageTooLarge"): Meaning.ABOUT_MESSAGE,
    ("Transient", "ContentRejected"): Meaning.ABOUT_MESSAGE,
    ("Transient", "AttachmentRejected"): Meaning.ABOUT_MESSAGE,
}


def _ses(event: Event) -> Refusal:
    bounce = event.esp_event.get("bounce", {})
    status = ""
    for recipient in bounce.get("bouncedRecipients", []):
        if recipient["emailAddress"] == event.recipient:
            status = str(recipient.get("status") or "")
            break
    says = SES_CLASSES.get((str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))))
    return Refusal(_words(event.mta_response), status=status, says=says)


def _is_complaint_to_ses(event: Event) -> bool:
    complaint = event.esp_event.get("complaint", {})
    if complaint.get("complaintSubType"):
        return False
    return complaint.get("complaintFeedbackType") not in NO_COMPLAINT


# "hard_bounce" is none: whatever is refused for good.
BREVO_CLASSES = {
    "soft_bounce": Meaning.UNAVAILABLE,
    "invalid_email": Meaning.GONE,
    "blocked": Meaning.UNKNOWN,
}


def _brevo(event: Event) -> Refusal:
    says = BREVO_CLASSES.get(str(event.esp_event.get("event")))
    return Refusal(_words(event.mta_response), says=says)


# "hard_bounced" is none: whatever is refused for good.
MAILERSEND_CLASSES = {"soft_bounced": Meaning.UNAVAILABLE}


def _mailersend(event: Event) -> Refusal:
    data = event.esp_event["data"]
    details = data.get("morph") or {}
    text = _words(details.get("reason"), details.get("readable_reason"))
    return Refusal(text, says=MAILERSEND_CLASSES.get(str(data["type"])))


MAILGUN_NOT_TRIED = {"605", "606", "607"}  # returned, unsubscribed, complained before


def _mailgun(event: Event) -> Refusal:
    data = event.esp_event["event-data"]
    status = data.get("delivery-status") or {}
    is_suppressed = str(data.get("reason")).startswith("suppress")
    not_tried = is_suppressed or str(status.get("code")) in MAILGUN_NOT_TRIED
    return Refusal(
        _words(status.get("message"), status.get("description")),
        code=_code(status.get("code")),
        status=_words(status.get("enhanced-code")),
        says=Meaning.UNKNOWN if not_tried else None,
    )


MAILJET_CLASSES = {
    "user unknown": Meaning.GONE,
    "invalid domain": Meaning.GONE,
    "mailbox inactive": Meaning.UNAVAILABLE,
    "quota exceeded": Meaning.UNAVAILABLE,
    "no mail host": Meaning.UNAVAILABLE,
    "greylisted": Meaning.UNAVAILABLE,
    "connection issue": Meaning.UNAVAILABLE,
    "relay/access denied": Meaning.ABOUT_US,
    "sender blocked": Meaning.ABOUT_US,
    "policy issue": Meaning.ABOUT_US,
    "content blocked": Meaning.ABOUT_MESSAGE,
    "blacklisted": Meaning.UNKNOWN,
    "spam reporter": Meaning.UNKNOWN,
    "preblocked": Meaning.UNKNOWN,
    "typofix": Meaning.UNKNOWN,
    "duplicate in campaign": Meaning.UNKNOWN,
}


def _mailjet(event: Event) -> Refusal:
    data = event.esp_event
    says = MAILJET_CLASSES.get(str(data.get("error")))
    is_hard = data.get("hard_bounce") if data.get("event") == "bounce" else None
    if says is Meaning.GONE and is_hard is not True:
        says = Meaning.UNKNOWN  # not tried, or not for good
    if says is None and is_hard is False:
        says = Meaning.UNAVAILABLE
    return Refusal(_words(data.get("smtp_reply"), data.get("comment")), says=says)


POSTMARK_CLASSES = {
    "HardBounce": Meaning.GONE,
    "BadEmailAddress": Meaning.GONE,
    "SoftBounce": Meaning.UNAVAILABLE,
    "SpamNotification": Meaning.ABOUT_MESSAGE,  # by the filter of the recipient's server
    "VirusNotification": Meaning.ABOUT_MESSAGE,
    "Blocked": Meaning.ABOUT_US,
    "DMARCPolicy": Meaning.ABOUT_US,
}


def _postmark(event: Event) -> Refusal:
    data = event.esp_event
    if data.get("RecordType") == "SubscriptionChange":  # follows a report that tells more
        return Refusal(says=Meaning.UNKNOWN)
    says = POSTMARK_CLASSES.get(str(data.get("Type")), Meaning.UNKNOWN)
    return Refusal(_words(event.mta_response), says=says)


def _is_complaint_to_postmark(event: Event) -> bool:
    data = event.esp_event
    kind = data.get("Type") or data.get("SuppressionReason") or data.get("RecordType")
    return bool(kind == "SpamComplaint")


SPARKPOST_CLASSES = dict.fromkeys(("20", "21", "22", "24", "70"), Meaning.UNAVAILABLE)
SPARKPOST_CLASSES |= dict.fromkeys(("50", "51", "54"), Meaning.ABOUT_US)
SPARKPOST_CLASSES |= dict.fromkeys(("23", "52", "53"), Meaning.ABOUT_MESSAGE)
SPARKPOST_CLASSES |= {
    "10": Meaning.GONE,
    "25": Meaning.UNKNOWN,  # not sent, by the service's own rules
}


def _sparkpost_event(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = next(iter(event.esp_event["msys"].values()))
    return data


def _sparkpost(event: Event) -> Refusal:
    data = _sparkpost_event(event)
    if data["type"] not in {"bounce", "out_of_band"}:  # refused by the service itself
        return Refusal(says=Meaning.UNKNOWN)
    says = SPARKPOST_CLASSES.get(str(data.get("bounce_class")))
    return Refusal(_words(event.mta_response), code=_code(data.get("error_code")), says=says)


def _is_complaint_to_sparkpost(event: Event) -> bool:
    return _sparkpost_event(event).get("fbtype") not in NO_COMPLAINT


PROVIDERS = {
    "amazon_ses": Provider(
        AmazonSESTrackingWebhookView,
        _ses,
        _is_complaint_to_ses,
        content_types=("text/plain", "application/json"),
    ),
    "brevo": Provider(BrevoTrackingWebhookView, _brevo),
    "mailersend": Provider(
        MailerSendTrackingWebhookView,
        _mailersend,
        secret="MAILERSEND_SIGNING_SECRET",  # noqa: S106  the name of a setting
    ),
    "mailgun": Provider(
        MailgunTrackingWebhookView,
        _mailgun,
        secret="MAILGUN_WEBHOOK_SIGNING_KEY",  # noqa: S106
        signed_at=lambda report: report["signature"]["timestamp"],
    ),
    "mailjet": Provider(MailjetTrackingWebhookView, _mailjet),
    "postmark": Provider(PostmarkTrackingWebhookView, _postmark, _is_complaint_to_postmark),
    "sparkpost": Provider(SparkPostTrackingWebhookView, _sparkpost, _is_complaint_to_sparkpost),
}


def current_provider() -> Provider | None:
    """Return the provider whose reports we take, if its secret is there."""
    named = PROVIDERS.get(settings.MAIL_SERVICE)
    if named is None or not settings.ANYMAIL.get(named.secret):
        return None
    return named if is_installed(settings.MAIL_SERVICE) else None


def is_installed(name: str) -> bool:
    """Whether what anymail needs for a provider is installed: Amazon's wants its own library."""
    return name != "amazon_ses" or find_spec("boto3") is not None
