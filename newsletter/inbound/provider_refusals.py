"""Provider refusals: where each mail service puts what a far server said, and what its classes mean.

A class is taken for "this address doesn't exist" only where the service uses it for exactly that.
What a service wouldn't send, because of an earlier report of anybody's, says nothing now.
"""

from typing import Any

from anymail.signals import AnymailTrackingEvent

from newsletter.bounces.bounce_classes import Meaning, Refusal

Event = AnymailTrackingEvent

# What the report of a complaint is about, where it isn't a person who found a mail unwanted (RFC
# 5965, 3.1 and 7.3).
NO_COMPLAINT = {"not-spam", "auth-failure", "virus"}


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


def ses(event: Event) -> Refusal:
    bounce = event.esp_event.get("bounce", {})
    status = ""
    for recipient in bounce.get("bouncedRecipients", []):
        if recipient["emailAddress"] == event.recipient:
            status = str(recipient.get("status") or "")
            break
    says = SES_CLASSES.get((str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))))
    return Refusal(_words(event.mta_response), status=status, says=says)


def is_complaint_to_ses(event: Event) -> bool:
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


def brevo(event: Event) -> Refusal:
    says = BREVO_CLASSES.get(str(event.esp_event.get("event")))
    return Refusal(_words(event.mta_response), says=says)


# "hard_bounced" is none: whatever is refused for good.
MAILERSEND_CLASSES = {"soft_bounced": Meaning.UNAVAILABLE}


def mailersend(event: Event) -> Refusal:
    data = event.esp_event["data"]
    details = data.get("morph") or {}
    text = _words(details.get("reason"), details.get("readable_reason"))
    return Refusal(text, says=MAILERSEND_CLASSES.get(str(data["type"])))


MAILGUN_NOT_TRIED = {"605", "606", "607"}  # returned, unsubscribed, complained before


def mailgun(event: Event) -> Refusal:
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


def mailjet(event: Event) -> Refusal:
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


def postmark(event: Event) -> Refusal:
    data = event.esp_event
    if data.get("RecordType") == "SubscriptionChange":  # follows a report that tells more
        return Refusal(says=Meaning.UNKNOWN)
    says = POSTMARK_CLASSES.get(str(data.get("Type")), Meaning.UNKNOWN)
    return Refusal(_words(event.mta_response), says=says)


def is_complaint_to_postmark(event: Event) -> bool:
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


def sparkpost(event: Event) -> Refusal:
    data = _sparkpost_event(event)
    if data["type"] not in {"bounce", "out_of_band"}:  # refused by the service itself
        return Refusal(says=Meaning.UNKNOWN)
    says = SPARKPOST_CLASSES.get(str(data.get("bounce_class")))
    return Refusal(_words(event.mta_response), code=_code(data.get("error_code")), says=says)


def is_complaint_to_sparkpost(event: Event) -> bool:
    return _sparkpost_event(event).get("fbtype") not in NO_COMPLAINT


MAILTRAP_CLASSES = {"reject": Meaning.UNKNOWN}


def mailtrap(event: Event) -> Refusal:
    data = event.esp_event
    text = _words(data.get("response"), data.get("reason"))
    says = MAILTRAP_CLASSES.get(str(data.get("event")))
    return Refusal(text, code=_code(data.get("response_code")), says=says)


MANDRILL_CLASSES = {
    "bad_mailbox": Meaning.GONE,
    "invalid_domain": Meaning.GONE,
    "mailbox_full": Meaning.UNAVAILABLE,
    "mailbox_inactive": Meaning.UNAVAILABLE,
    "dns_failure": Meaning.UNAVAILABLE,
    "timeout": Meaning.UNAVAILABLE,
    "mail_block": Meaning.ABOUT_US,
    "spam_block": Meaning.ABOUT_US,
    "relaying_denied": Meaning.ABOUT_US,
    "message_too_large": Meaning.ABOUT_MESSAGE,
}


def mandrill(event: Event) -> Refusal:
    data = event.esp_event
    kind = data.get("event")
    if kind not in {"hard_bounce", "soft_bounce"}:  # not tried
        return Refusal(says=Meaning.UNKNOWN)
    says = MANDRILL_CLASSES.get(str(data["msg"].get("bounce_description")))
    if kind == "soft_bounce" and says in {None, Meaning.GONE}:
        says = Meaning.UNAVAILABLE
    return Refusal(_words(event.mta_response), says=says)


def postal(event: Event) -> Refusal:
    """Return what the far server said. Of mail that comes back later Postal tells no reason."""
    payload = event.esp_event.get("payload") or {}
    if payload.get("status") != "HardFail":
        return Refusal(says=Meaning.UNKNOWN)
    return Refusal(_words(payload.get("output")))


def resend(event: Event) -> Refusal:
    """Return what Amazon's servers said, which Resend sends by; their classes are the same."""
    bounce = event.esp_event["data"].get("bounce") or {}
    diagnosis = bounce.get("diagnosticCode") or []
    text = _words(*diagnosis) if isinstance(diagnosis, list) else _words(diagnosis)
    says = SES_CLASSES.get((str(bounce.get("type")), str(bounce.get("subType"))))
    return Refusal(text, says=says)


SENDGRID_CLASSES = {
    "Invalid Address": Meaning.GONE,
    "Mailbox Unavailable": Meaning.UNAVAILABLE,
    "Technical": Meaning.UNAVAILABLE,
    "Frequency or Volume Too High": Meaning.ABOUT_US,
    "Reputation": Meaning.ABOUT_US,
    "Content": Meaning.ABOUT_MESSAGE,
}


def sendgrid(event: Event) -> Refusal:
    data = event.esp_event
    if data.get("event") != "bounce":  # "dropped": not tried
        return Refusal(says=Meaning.UNKNOWN)
    says = SENDGRID_CLASSES.get(str(data.get("bounce_classification")))
    if says is Meaning.GONE and data.get("type") == "blocked":
        says = Meaning.UNKNOWN  # not for good
    return Refusal(_words(data.get("reason")), status=_words(data.get("status")), says=says)


UNISENDER_GO_CLASSES = {
    "err_user_unknown": Meaning.GONE,
    "err_user_inactive": Meaning.UNAVAILABLE,
    "err_mailbox_full": Meaning.UNAVAILABLE,
    "err_will_retry": Meaning.UNAVAILABLE,
    "err_unreachable": Meaning.UNAVAILABLE,
    "err_domain_inactive": Meaning.UNAVAILABLE,
    "err_destination_misconfigured": Meaning.UNAVAILABLE,
    "err_blacklisted": Meaning.ABOUT_US,
    "err_spam_rejected": Meaning.ABOUT_US,
    "err_too_large": Meaning.ABOUT_MESSAGE,
    "err_skip_letter": Meaning.UNKNOWN,  # not tried, because of an earlier report
    "err_spam_skipped": Meaning.UNKNOWN,
    "err_unsubscribed": Meaning.UNKNOWN,
}


def unisender_go(event: Event) -> Refusal:
    told = event.esp_event.get("delivery_info") or {}
    says = UNISENDER_GO_CLASSES.get(str(told.get("delivery_status")))
    return Refusal(_words(told.get("destination_response")), says=says)
