"""The mail services whose reports we understand, and which of them the owner has set up.

anymail knows each one's language and how it proves who it is. Here stands what anymail doesn't tell: which of its settings
is the proof, where a service puts what a far server said, and what its own classes mean. A class is taken for "this address
doesn't exist" only where the service uses it for exactly that. What a service wouldn't send, because of an earlier report of
anybody's, says nothing now.
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

from newsletter.bounce_classes import Meaning, Refusal

Event = AnymailTrackingEvent


def never(report: Any) -> Any:
    """Return no time: the service doesn't sign one."""


def always(event: Event) -> bool:
    """Take every complaint for one: the service reports none but a person's."""
    return True


# What the report of a complaint is about, where it isn't a person who found a mail unwanted (RFC 5965, 3.1 and 7.3).
NO_COMPLAINT = {"not-spam", "auth-failure", "virus"}


@dataclass(frozen=True)
class Service:
    """A mail service: who reads its reports, which of anymail's settings proves that they are its own, and its words."""

    view: type[AnymailCoreWebhookView]
    refusal: Callable[[Event], Refusal]  # what a report of returned or refused mail tells
    is_complaint: Callable[[Event], bool] = (
        always  # whether what anymail calls a complaint is a person's own
    )
    secret: str = "WEBHOOK_SECRET"  # noqa: S105  the name of a setting
    signed_at: Callable[[Any], Any] = never
    content_types: tuple[str, ...] = ("application/json",)


def _code(told: object) -> int | None:
    """Return a basic reply code. Services have codes of their own beyond those of SMTP."""
    text = str(told or "")
    return int(text) if text.isascii() and text.isdigit() and 400 <= int(text) < 600 else None


def _words(*told: object) -> str:
    return " ".join(str(one) for one in told if one)


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
    of_this = [
        one for one in bounce.get("bouncedRecipients", []) if one["emailAddress"] == event.recipient
    ]
    status = str(of_this[0].get("status") or "") if of_this else ""
    says = SES_CLASSES.get((str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))))
    return Refusal(_words(event.mta_response), status=status, says=says)


def _is_complaint_to_ses(event: Event) -> bool:
    told = event.esp_event.get("complaint", {})
    return (
        not told.get("complaintSubType") and told.get("complaintFeedbackType") not in NO_COMPLAINT
    )


BREVO_CLASSES = {
    "soft_bounce": Meaning.UNAVAILABLE,
    "invalid_email": Meaning.GONE,
    "blocked": Meaning.UNKNOWN,
}  # "hard_bounce" is none: whatever is refused for good


def _brevo(event: Event) -> Refusal:
    return Refusal(
        _words(event.mta_response), says=BREVO_CLASSES.get(str(event.esp_event.get("event")))
    )


MAILERSEND_CLASSES = {
    "soft_bounced": Meaning.UNAVAILABLE
}  # "hard_bounced" is none: whatever is refused for good


def _mailersend(event: Event) -> Refusal:
    data = event.esp_event["data"]
    told = data.get("morph") or {}
    text = _words(told.get("reason"), told.get("readable_reason"))
    return Refusal(text, says=MAILERSEND_CLASSES.get(str(data["type"])))


MAILGUN_NOT_TRIED = {"605", "606", "607"}  # returned, unsubscribed, complained before


def _mailgun(event: Event) -> Refusal:
    data = event.esp_event["event-data"]
    told = data.get("delivery-status") or {}
    not_tried = str(told.get("code")) in MAILGUN_NOT_TRIED or str(data.get("reason")).startswith(
        "suppress"
    )
    return Refusal(
        _words(told.get("message"), told.get("description")),
        code=_code(told.get("code")),
        status=_words(told.get("enhanced-code")),
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
    told = event.esp_event
    says = MAILJET_CLASSES.get(str(told.get("error")))
    if says is Meaning.GONE and not (
        told.get("event") == "bounce" and told.get("hard_bounce") is True
    ):
        says = Meaning.UNKNOWN  # not tried, or not for good
    if says is None and told.get("event") == "bounce" and told.get("hard_bounce") is False:
        says = Meaning.UNAVAILABLE
    return Refusal(_words(told.get("smtp_reply"), told.get("comment")), says=says)


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
    told = event.esp_event
    if told.get("RecordType") == "SubscriptionChange":  # follows a report that tells more
        return Refusal(says=Meaning.UNKNOWN)
    says = POSTMARK_CLASSES.get(str(told.get("Type")), Meaning.UNKNOWN)
    return Refusal(_words(event.mta_response), says=says)


def _is_complaint_to_postmark(event: Event) -> bool:
    told = event.esp_event
    kind = told.get("Type") or told.get("SuppressionReason") or told.get("RecordType")
    return bool(kind == "SpamComplaint")


SPARKPOST_CLASSES = dict.fromkeys(("20", "21", "22", "24", "70"), Meaning.UNAVAILABLE)
SPARKPOST_CLASSES |= dict.fromkeys(("50", "51", "54"), Meaning.ABOUT_US)
SPARKPOST_CLASSES |= dict.fromkeys(("23", "52", "53"), Meaning.ABOUT_MESSAGE)
SPARKPOST_CLASSES |= {
    "10": Meaning.GONE,
    "25": Meaning.UNKNOWN,
}  # 25: not sent, by the service's own rules


def _sparkpost_event(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(event.esp_event["msys"].values()))
    return found


def _sparkpost(event: Event) -> Refusal:
    told = _sparkpost_event(event)
    if told["type"] not in {"bounce", "out_of_band"}:  # refused by the service itself
        return Refusal(says=Meaning.UNKNOWN)
    says = SPARKPOST_CLASSES.get(str(told.get("bounce_class")))
    return Refusal(_words(event.mta_response), code=_code(told.get("error_code")), says=says)


def _is_complaint_to_sparkpost(event: Event) -> bool:
    return _sparkpost_event(event).get("fbtype") not in NO_COMPLAINT


SERVICES = {
    "amazon_ses": Service(
        AmazonSESTrackingWebhookView,
        _ses,
        _is_complaint_to_ses,
        content_types=("text/plain", "application/json"),
    ),
    "brevo": Service(BrevoTrackingWebhookView, _brevo),
    "mailersend": Service(
        MailerSendTrackingWebhookView,
        _mailersend,
        secret="MAILERSEND_SIGNING_SECRET",  # noqa: S106  the name of a setting
    ),
    "mailgun": Service(
        MailgunTrackingWebhookView,
        _mailgun,
        secret="MAILGUN_WEBHOOK_SIGNING_KEY",  # noqa: S106
        signed_at=lambda report: report["signature"]["timestamp"],
    ),
    "mailjet": Service(MailjetTrackingWebhookView, _mailjet),
    "postmark": Service(PostmarkTrackingWebhookView, _postmark, _is_complaint_to_postmark),
    "sparkpost": Service(SparkPostTrackingWebhookView, _sparkpost, _is_complaint_to_sparkpost),
}


def service() -> Service | None:
    """Return the service whose reports we take, if its secret is there."""
    named = SERVICES.get(settings.MAIL_SERVICE)
    return (
        named
        if named and settings.ANYMAIL.get(named.secret) and can_be_made(settings.MAIL_SERVICE)
        else None
    )


def can_be_made(name: str) -> bool:
    """Whether what anymail needs for a service is installed: Amazon's wants its own library."""
    return name != "amazon_ses" or find_spec("boto3") is not None
