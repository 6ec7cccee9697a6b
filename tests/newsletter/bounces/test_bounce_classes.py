"""What each refusal is about: replies of servers, and the reports of every service we read, in the shape they document."""

import json
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from anymail.signals import EventType
from django.test import RequestFactory

from newsletter import suppression
from newsletter.bounces import bounce_classes, bounces
from newsletter.bounces.bounce_classes import Meaning, Refusal, Stage, classify
from newsletter.inbound import providers, webhooks
from newsletter.models import Bounce, Subscriber, Suppression
from tests.factories import make_subscriber

GONE, FOR_NOW, US, MESSAGE, UNKNOWN = Meaning
ADDRESS = "ann@example.org"

# -- replies of servers: (code, words, stage) --------------------------------------------------------------------------

REPLIES = [
    (550, "5.1.1 <ann@example.org>: Recipient address rejected: User unknown", "recipient", GONE),
    (550, "5.1.2 Bad destination system", "recipient", GONE),
    (553, "5.1.3 Bad mailbox syntax", "recipient", GONE),
    (550, "5.1.6 Mailbox has moved", "recipient", GONE),
    (
        550,
        "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "recipient",
        GONE,
    ),
    (550, "#5.1.1 no such user", "recipient", GONE),
    (550, "5.2.1 The email account that you tried to reach is disabled.", "recipient", GONE),
    (
        550,
        "5.1.1 The account does not exist, see https://example.com/blocked-policy",
        "recipient",
        GONE,
    ),
    (
        550,
        "5.2.1 The user you are trying to contact is receiving mail at a rate that is too high",
        "recipient",
        FOR_NOW,
    ),
    (
        450,
        "4.2.1 The user you are trying to contact is receiving mail too quickly",
        "recipient",
        FOR_NOW,
    ),
    # A code that accuses, and words that speak of something else.
    (550, "5.1.1 does not exist for you: 192.0.2.7 is blocked by Spamhaus", "recipient", US),
    (550, "5.1.1 rejected by our SPF check", "recipient", US),
    (550, "5.1.2 sender rejected: reputation", "recipient", US),
    (550, "5.1.1 The mailbox is full", "recipient", FOR_NOW),
    (554, "5.1.1 quota exceeded", "recipient", FOR_NOW),
    (550, "5.2.1 Mailbox temporarily disabled", "recipient", FOR_NOW),
    (550, "5.1.1 virus found", "recipient", MESSAGE),
    (550, "5.1.1 User unknown in relay recipient table", "recipient", GONE),
    (550, "5.1.1 Recipient address rejected: not allowed here: unknown user", "recipient", GONE),
    (450, "5.1.1 Recipient rejected", "recipient", FOR_NOW),
    (450, "4.1.1 Mailbox unavailable", "recipient", FOR_NOW),
    (452, "4.2.2 mailbox full", "recipient", FOR_NOW),
    (552, "5.2.2 Over quota", "recipient", FOR_NOW),
    (552, "Requested action aborted: exceeded storage allocation", "recipient", FOR_NOW),
    (550, "5.4.1 No answer from host", "recipient", FOR_NOW),
    (550, "5.4.7 Delivery expired", "recipient", FOR_NOW),
    (421, "Service not available", "recipient", FOR_NOW),
    (550, "Quota exceeded", "recipient", FOR_NOW),
    (550, "5.7.1 Service unavailable; client host blocked using Spamhaus", "recipient", US),
    (550, "5.7.26 This mail is unauthenticated", "data", US),
    (550, "5.7.509 Access denied, sending domain does not pass DMARC verification", "data", US),
    (550, "5.7.0 Local policy", "recipient", US),
    (550, "5.1.8 Sender address has null MX", "recipient", US),
    (
        554,
        "Your access to this mail system has been rejected due to poor reputation",
        "recipient",
        US,
    ),
    (550, "5.0.0 SPF check failed", "recipient", US),
    (550, "5.1.0 sender rejected", "recipient", US),
    (554, "relay access denied", "recipient", US),
    (552, "5.3.4 Message too large", "data", MESSAGE),
    (552, "5.2.3 Message length exceeds administrative limit", "recipient", MESSAGE),
    (554, "5.6.0 Message content rejected", "data", MESSAGE),
    (552, "no", "data", MESSAGE),
    (554, "Virus found in your mail", "data", MESSAGE),
    (550, "No such user here", "recipient", UNKNOWN),
    (550, "5.0.0 user unknown", "recipient", UNKNOWN),
    (550, "Requested action not taken: mailbox unavailable", "recipient", UNKNOWN),
    (554, "5.1.1 spam", "data", MESSAGE),
    (550, "", "recipient", UNKNOWN),
    (550, "5.1.1 unknown user", "sender", US),
    (550, "no", "sender", US),
    (550, "<5.1.1@example.org>: refused", "recipient", UNKNOWN),
    (550, "5.7.1 <5.1.1@example.org> refused", "recipient", US),
    (554, "Host 5.1.1.7 is not welcome", "recipient", UNKNOWN),
    (550, "5.1.1 unknown or 5.7.1 not wanted from you", "recipient", US),
    (550, "5.1.1000 odd", "recipient", UNKNOWN),
    (None, "2.1.1 all is well", "recipient", UNKNOWN),
    (550, "5.1.1 no such user", "data", UNKNOWN),  # it had taken the address before
    (450, "4.2.2 mailbox full", "data", FOR_NOW),
]


@pytest.mark.parametrize(("code", "words", "stage", "meaning"), REPLIES)
def test_a_servers_reply_is_about_what_it_says(code, words, stage, meaning):
    assert classify(Refusal(words, code, stage=Stage(stage))) is meaning


# -- reports of services -----------------------------------------------------------------------------------------------


def mailgun(code=550, message="", description="", reason="bounce", **over):
    told = {
        "tls": True,
        "mx-host": "mx.example.com",
        "code": code,
        "message": message,
        "description": description,
    }
    told |= {"attempt-no": 1, "session-seconds": 0.4, "certificate-verified": True} | over
    data = {
        "event": "failed",
        "severity": "permanent",
        "reason": reason,
        "id": "x",
        "log-level": "error",
    }
    data |= {
        "recipient": ADDRESS,
        "recipient-domain": "example.org",
        "timestamp": 1.7e9,
        "delivery-status": told,
    }
    return "mailgun", {
        "signature": {"token": "t", "timestamp": "1700000000", "signature": "s"},
        "event-data": data,
    }


def postmark(kind, details="", record="Bounce"):
    report = {
        "RecordType": record,
        "MessageStream": "broadcast",
        "ID": 4323,
        "Type": kind,
        "TypeCode": 1,
    }
    report |= {
        "Name": kind,
        "Tag": "",
        "MessageID": "0001",
        "ServerID": 23,
        "Description": "",
        "Details": details,
    }
    return "postmark", report | {
        "Email": ADDRESS,
        "From": "notes@example.com",
        "BouncedAt": "2026-11-01T12:00:00Z",
    }


def postmark_change(why):
    report = {
        "RecordType": "SubscriptionChange",
        "MessageID": "0001",
        "ServerID": 23,
        "MessageStream": "broadcast",
    }
    report |= {"ChangedAt": "2026-11-01T12:00:00Z", "Recipient": ADDRESS, "Origin": "Recipient"}
    return "postmark", report | {"SuppressSending": True, "SuppressionReason": why}


def ses(kind, sub, status="", words=""):
    recipient = {
        "emailAddress": ADDRESS,
        "action": "failed",
        "status": status,
        "diagnosticCode": words,
    }
    if not status:
        recipient = {"emailAddress": ADDRESS}
    bounce = {
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": [recipient],
        "feedbackId": "0001",
    }
    return "amazon_ses", _sns({"notificationType": "Bounce", "bounce": bounce})


def ses_complaint(feedback, sub=None):
    complaint = {
        "complainedRecipients": [{"emailAddress": ADDRESS}],
        "complaintFeedbackType": feedback,
    }
    complaint |= {"complaintSubType": sub, "feedbackId": "0001", "userAgent": "Feedback Loop"}
    return "amazon_ses", _sns({"eventType": "Complaint", "complaint": complaint})


def _sns(message):
    message |= {"mail": {"messageId": "m", "source": "notes@example.com", "destination": [ADDRESS]}}
    return {
        "Type": "Notification",
        "MessageId": "n",
        "TopicArn": "a",
        "Message": json.dumps(message),
    }


def sparkpost(bounce_class, words="", kind="bounce", code="550", **over):
    event = {
        "type": kind,
        "bounce_class": bounce_class,
        "error_code": code,
        "event_id": "9",
        "timestamp": "1700000000",
    }
    event |= {
        "raw_reason": words,
        "reason": words,
        "raw_rcpt_to": ADDRESS,
        "rcpt_to": ADDRESS,
        "num_retries": "0",
    }
    return "sparkpost", [{"msys": {"message_event": event | over}}]


def brevo(event, reason=""):
    report = {
        "event": event,
        "email": ADDRESS,
        "id": 26224,
        "date": "2026-11-01 12:00:00",
        "ts": 1700000000,
    }
    report |= {
        "message-id": "<m@example.com>",
        "ts_event": 1700000000,
        "subject": "Hello",
        "sending_ip": "192.0.2.1",
    }
    return "brevo", report | {"ts_epoch": 1700000000000, "reason": reason, "tag": ""}


def mailjet(error, *, hard=True, event="bounce", comment="", related="recipient"):
    report = {
        "event": event,
        "time": 1700000000,
        "MessageID": 19421777396190490,
        "email": ADDRESS,
        "mj_campaign_id": 7,
    }
    report |= {
        "blocked": False,
        "hard_bounce": hard,
        "error_related_to": related,
        "error": error,
        "comment": comment,
    }
    return "mailjet", [report]


def mailersend(kind, reason="", readable=""):
    morph = {"object": "recipient_bounce", "id": "62f1", "created_at": "2026-11-01T12:00:00Z"}
    morph |= {"reason": reason, "readable_reason": readable}
    email = {"object": "email", "id": "62f2", "status": "rejected", "recipient": {"email": ADDRESS}}
    data = {"object": "activity", "id": "62f3", "type": kind, "created_at": "2026-11-01T12:00:00Z"}
    return "mailersend", {
        "type": f"activity.{kind}",
        "data": data | {"email": email, "morph": morph},
    }


def sendgrid(event="bounce", *, status="", reason="", sort="bounce", classified=""):
    report = {"email": ADDRESS, "timestamp": 1700000000, "smtp-id": "<m@example.com>"}
    report |= {"event": event, "category": ["cat"], "sg_event_id": "e", "sg_message_id": "m"}
    report |= {"reason": reason, "status": status, "type": sort, "ip": "192.0.2.1", "tls": 1}
    return "sendgrid", [report | {"bounce_classification": classified}]


def resend(kind="Permanent", sub="General", words=(), event="email.bounced"):
    bounce = {"message": "The recipient's email provider sent a hard bounce message.", "type": kind}
    bounce |= {"subType": sub, "diagnosticCode": list(words)}
    data = {"broadcast_id": "b", "created_at": "2026-11-01T12:00:00Z", "email_id": "m"}
    data |= {"from": "Notes <notes@example.com>", "to": [ADDRESS], "subject": "Hello"}
    if event == "email.bounced":
        data |= {"bounce": bounce}
    return "resend", {"type": event, "created_at": "2026-11-01T12:00:00Z", "data": data}


def mandrill(event, described="", diag="", reject=None):
    msg = {"ts": 1700000000, "subject": "Hello", "email": ADDRESS, "tags": [], "opens": []}
    msg |= {"state": "bounced", "bounce_description": described, "diag": diag, "reject": reject}
    return "mandrill", [{"event": event, "ts": 1700000000, "_id": "m", "msg": msg}]


def unisender_go(status, delivery="", answer=""):
    told = {"delivery_status": delivery, "destination_response": answer}
    event = {"job_id": "j", "email": ADDRESS, "status": status, "metadata": {}}
    event |= {"event_time": "2026-11-01 12:00:00", "delivery_info": told}
    events = [{"event_name": "transactional_email_status", "event_data": event}]
    return "unisender_go", {"auth": "x", "events_by_user": [{"user_id": 1, "events": events}]}


def postal(output, status="HardFail"):
    message = {"id": 12345, "token": "t", "direction": "outgoing", "message_id": "m@example.com"}
    message |= {"to": ADDRESS, "from": "notes@example.com", "subject": "Hello", "tag": "letter"}
    payload = {"message": message, "status": status, "details": "Permanent SMTP delivery error"}
    payload |= {"output": output, "sent_with_ssl": True, "timestamp": 1700000000.1, "time": 0.3}
    event = {"event": "MessageDeliveryFailed", "timestamp": 1700000000.2, "uuid": "u"}
    return "postal", event | {"payload": payload}


def postal_bounce():
    message = {"id": 12345, "direction": "outgoing", "to": ADDRESS, "from": "notes@example.com"}
    bounce = {"id": 2, "direction": "incoming", "to": "abc@psrp.example.com", "subject": "Failed"}
    payload = {"original_message": message, "bounce": bounce}
    return "postal", {"event": "MessageBounced", "timestamp": 1700000000.2, "payload": payload}


def mailtrap(event, response="", code=None, reason="", category=None):
    told = {"event": event, "message_id": "m", "sending_stream": "bulk", "email": ADDRESS}
    told |= {"timestamp": 1700000000, "event_id": "e", "reason": reason, "response": response}
    return "mailtrap", {"events": [told | {"response_code": code, "bounce_category": category}]}


BLOCKED = "5.7.1 Service unavailable; client blocked using Spamhaus"
SUPPRESSED = (
    "Amazon SES has suppressed sending to this address because it has a history of bouncing"
)
REPORTS = [
    (mailgun(message="5.1.1 The email account that you tried to reach does not exist."), GONE),
    (mailgun(message="user unknown", **{"enhanced-code": "5.1.1"}), GONE),
    (
        mailgun(message="5.7.26 This mail has been blocked because the sender is unauthenticated."),
        US,
    ),
    (mailgun(message=BLOCKED), US),
    (mailgun(message="5.2.2 mailbox full"), FOR_NOW),
    (mailgun(602, message="Too old", reason="old"), FOR_NOW),
    (mailgun(552, message="5.3.4 Message size exceeds fixed limit"), MESSAGE),
    (mailgun(message="Blocked", reason="espblock"), US),
    (
        mailgun(
            605,
            description="Not delivering to previously bounced address",
            reason="suppress-bounce",
        ),
        UNKNOWN,
    ),
    (mailgun(605, message="5.1.1 no such user", reason="suppress-bounce"), UNKNOWN),
    (
        mailgun(
            607,
            description="Not delivering to a user who marked your messages",
            reason="suppress-complaint",
        ),
        UNKNOWN,
    ),
    (mailgun(message="No such user"), UNKNOWN),
    (mailgun(498, message="No MX for example.org", reason="generic"), FOR_NOW),
    (mailgun(None, message=None), UNKNOWN),
    (postmark("HardBounce", "smtp;550 5.1.1 The email account does not exist"), GONE),
    (postmark("HardBounce"), GONE),
    (postmark("HardBounce", f"smtp;550 {BLOCKED}"), US),
    (postmark("HardBounce", "smtp;550 5.7.26 unauthenticated"), US),
    (postmark("HardBounce", "smtp;552 5.2.2 mailbox full"), FOR_NOW),
    (postmark("HardBounce", "mailbox is full"), FOR_NOW),
    (postmark("HardBounce", "smtp;550 5.4.4 no route"), FOR_NOW),
    (postmark("HardBounce", "smtp;552 5.3.4 too big"), MESSAGE),
    (postmark("BadEmailAddress"), GONE),
    (postmark("SoftBounce"), FOR_NOW),
    (postmark("SoftBounce", "smtp;550 5.7.1 not from you"), US),
    (postmark("SoftBounce", "smtp;550 5.1.1 unknown"), FOR_NOW),
    (postmark("SpamNotification", "smtp;554 looks like spam"), MESSAGE),
    (postmark("SpamNotification", "smtp;554 5.7.1 looks like spam"), US),
    (postmark("VirusNotification"), MESSAGE),
    (postmark("Blocked", "smtp;550 5.1.1 blocked"), US),
    (postmark("DMARCPolicy"), US),
    (postmark("ManuallyDeactivated"), UNKNOWN),
    (postmark("Unconfirmed"), UNKNOWN),
    (postmark("SomethingNew", "smtp;550 5.1.1 unknown"), UNKNOWN),
    (postmark_change("HardBounce"), UNKNOWN),
    (ses("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"), GONE),
    (ses("Permanent", "General", "5.7.1", f"smtp; 550 {BLOCKED}"), US),
    (ses("Permanent", "General", "5.1.1", "smtp; 550 5.7.1 not from you"), US),
    (ses("Permanent", "General", "5.2.2", "smtp; 552 5.2.2 mailbox full"), FOR_NOW),
    (ses("Permanent", "General"), UNKNOWN),
    (ses("Permanent", "NoEmail", "5.1.1"), UNKNOWN),
    (ses("Permanent", "Suppressed", "5.1.1", SUPPRESSED), UNKNOWN),
    (ses("Permanent", "OnAccountSuppressionList", "5.1.1", SUPPRESSED), UNKNOWN),
    (ses("Transient", "General", "4.4.7", "smtp; 550 4.4.7 Message expired"), FOR_NOW),
    (ses("Transient", "MailboxFull"), FOR_NOW),
    (ses("Transient", "MessageTooLarge"), MESSAGE),
    (ses("Transient", "ContentRejected"), MESSAGE),
    (ses("Transient", "AttachmentRejected"), MESSAGE),
    (ses("Undetermined", "Undetermined"), UNKNOWN),
    (sparkpost("10", "550 5.1.1 user unknown"), GONE),
    (sparkpost("10", "550 No such user"), GONE),
    (sparkpost("10", "550 5.7.1 denied by policy"), US),
    (sparkpost("10", "450 unknown for now", code="450"), FOR_NOW),
    (sparkpost("20"), FOR_NOW),
    (sparkpost("22", "552 5.2.2 mailbox full", code="552"), FOR_NOW),
    (sparkpost("23", "552 5.3.4 too large", code="552"), MESSAGE),
    (sparkpost("24", code=None), FOR_NOW),
    (sparkpost("25", "550 5.7.1 recipient address suppressed", kind="policy_rejection"), UNKNOWN),
    (sparkpost("10", "554 5.1.1 not tried", kind="policy_rejection"), UNKNOWN),
    (sparkpost("30", "no recipient could be determined"), UNKNOWN),
    (sparkpost("40"), UNKNOWN),
    (sparkpost("50", "550 blocked"), US),
    (sparkpost("51", f"554 {BLOCKED}"), US),
    (sparkpost("52", "554 5.6.0 content"), MESSAGE),
    (sparkpost("1", "550 5.1.1 user unknown", kind="out_of_band"), GONE),
    (brevo("hard_bounce", "550 5.1.1 user unknown"), GONE),
    (brevo("hard_bounce", "550-5.7.26 This mail is unauthenticated"), US),
    (brevo("hard_bounce", "552 5.2.2 mailbox full"), FOR_NOW),
    (brevo("hard_bounce", "sent"), UNKNOWN),
    (brevo("soft_bounce", "server is down"), FOR_NOW),
    (brevo("soft_bounce", f"550 {BLOCKED}"), US),
    (brevo("invalid_email"), GONE),
    (brevo("blocked", "blocked : due to blacklist user"), UNKNOWN),
    (mailjet("user unknown"), GONE),
    (mailjet("user unknown", comment="550 5.7.1 denied by policy"), US),
    (mailjet("user unknown", hard=False), UNKNOWN),
    (mailjet("invalid domain", related="domain"), GONE),
    (mailjet("mailbox inactive"), FOR_NOW),
    (mailjet("quota exceeded", hard=False), FOR_NOW),
    (mailjet("no mail host", related="domain"), FOR_NOW),
    (mailjet("relay/access denied", related="domain"), US),
    (mailjet("sender blocked", event="blocked", hard=False, related="mailjet"), US),
    (mailjet("policy issue", related="spam"), US),
    (mailjet("content blocked", event="blocked", related="content"), MESSAGE),
    (mailjet("preblocked", event="blocked", related="mailjet"), UNKNOWN),
    (mailjet("typofix", event="blocked", related="mailjet"), UNKNOWN),
    (mailjet("spam reporter", event="blocked"), UNKNOWN),
    (mailersend("hard_bounced", "550 5.1.1 unknown user", "The mailbox does not exist"), GONE),
    (mailersend("hard_bounced", f"550 {BLOCKED}", "Blocked"), US),
    (mailersend("hard_bounced", "552 5.2.2 full"), FOR_NOW),
    (mailersend("hard_bounced", "Host or domain name not found"), UNKNOWN),
    (mailersend("hard_bounced"), UNKNOWN),
    (mailersend("soft_bounced", "connection refused"), FOR_NOW),
    (mailersend("soft_bounced", "554 5.6.0 refused"), MESSAGE),
    (sendgrid(status="5.1.1", reason="550 5.1.1 The account does not exist"), GONE),
    (sendgrid(status="5.0.0", reason="550 unknown", classified="Invalid Address"), GONE),
    (sendgrid(status="5.0.0", sort="blocked", classified="Invalid Address"), UNKNOWN),
    (sendgrid(status="5.7.1", sort="blocked", reason=f"550 {BLOCKED}"), US),
    (sendgrid(status="5.7.26", sort="blocked", reason="550-5.7.26 unauthenticated"), US),
    (sendgrid(status="5.0.0", sort="blocked", classified="Reputation"), US),
    (sendgrid(status="5.2.2", reason="552 5.2.2 full", classified="Mailbox Unavailable"), FOR_NOW),
    (sendgrid(status="5.0.0", classified="Technical"), FOR_NOW),
    (sendgrid(status="4.4.7", sort="blocked", reason="unable to deliver: expired"), FOR_NOW),
    (sendgrid(status="5.0.0", sort="blocked", classified="Content"), MESSAGE),
    (sendgrid(status="5.0.0", classified="Unclassified"), UNKNOWN),
    (sendgrid("dropped", reason="Bounced Address"), UNKNOWN),
    (sendgrid("dropped", status="5.1.1", reason="Spam Reporting Address"), UNKNOWN),
    (resend(words=["smtp; 550 5.1.1 user unknown"]), GONE),
    (resend(words=[f"smtp; 550 {BLOCKED}"]), US),
    (resend(words=["smtp; 550 5.7.26 unauthenticated"]), US),
    (resend(words=["smtp; 552 5.2.2 mailbox full"]), FOR_NOW),
    (resend("Transient", "MailboxFull"), FOR_NOW),
    (resend("Transient", "General"), FOR_NOW),
    (resend("Transient", "MessageTooLarge"), MESSAGE),
    (resend("Permanent", "Suppressed", ["smtp; 550 5.1.1 suppressed"]), UNKNOWN),
    (resend("Permanent", "OnAccountSuppressionList"), UNKNOWN),
    (resend(), UNKNOWN),
    (resend("Undetermined", "Undetermined"), UNKNOWN),
    (mandrill("hard_bounce", "bad_mailbox", "smtp;550 5.1.1 user unknown"), GONE),
    (mandrill("hard_bounce", "bad_mailbox", "smtp;550 no"), GONE),
    (mandrill("hard_bounce", "invalid_domain"), GONE),
    (mandrill("hard_bounce", "bad_mailbox", f"smtp;550 {BLOCKED}"), US),
    (mandrill("soft_bounce", "spam_block", "smtp;554 blocked"), US),
    (mandrill("soft_bounce", "mail_block"), US),
    (mandrill("soft_bounce", "mailbox_full", "smtp;552 5.2.2 Over Quota"), FOR_NOW),
    (mandrill("soft_bounce", "bad_mailbox", "smtp;550 5.1.1 unknown"), FOR_NOW),
    (mandrill("soft_bounce", "undetermined"), FOR_NOW),
    (mandrill("soft_bounce", "message_too_large"), MESSAGE),
    (mandrill("hard_bounce", "general", "smtp;550 no"), UNKNOWN),
    (mandrill("reject", reject={"reason": "hard-bounce", "last_event_at": "x"}), UNKNOWN),
    (unisender_go("hard_bounced", "err_user_unknown", "550 5.1.1 no such user"), GONE),
    (unisender_go("hard_bounced", "err_user_unknown", "550 no such user"), GONE),
    (unisender_go("hard_bounced", "err_user_unknown", f"550 {BLOCKED}"), US),
    (unisender_go("hard_bounced", "err_blacklisted", "550 no"), US),
    (unisender_go("hard_bounced", "err_spam_rejected", "554 5.7.1 spam"), US),
    (unisender_go("hard_bounced", "err_mailbox_full", "552 5.2.2 over quota"), FOR_NOW),
    (unisender_go("hard_bounced", "err_user_inactive", "550 disabled"), FOR_NOW),
    (unisender_go("hard_bounced", "err_domain_inactive"), FOR_NOW),
    (unisender_go("hard_bounced", "err_too_large", "552 5.3.4 too big"), MESSAGE),
    (unisender_go("hard_bounced", "err_skip_letter"), UNKNOWN),
    (unisender_go("hard_bounced", "err_delivery_failed"), UNKNOWN),
    (unisender_go("hard_bounced", "err_lost"), UNKNOWN),
    (postal("550 5.1.1 user unknown"), GONE),
    (postal(f"550 {BLOCKED}"), US),
    (postal("550-5.7.26 unauthenticated"), US),
    (postal("552 5.2.2 mailbox full"), FOR_NOW),
    (postal("554 5.6.0 content"), MESSAGE),
    (postal("550 no such user"), UNKNOWN),
    (postal(""), UNKNOWN),
    (postal_bounce(), UNKNOWN),
    (mailtrap("bounce", "550 5.1.1 user unknown", 550), GONE),
    (mailtrap("bounce", f"550 {BLOCKED}", 550), US),
    (mailtrap("bounce", "552 5.2.2 mailbox full", 552), FOR_NOW),
    (mailtrap("bounce", "452 5.1.1 unknown", 452), FOR_NOW),
    (mailtrap("bounce", "550 no such user", 550), UNKNOWN),
    (mailtrap("reject", "550 5.1.1 unknown", 550, "the address bounced before"), UNKNOWN),
]
SECRETS = {
    "WEBHOOK_SECRET": "reports:word",
    "MAILERSEND_SIGNING_SECRET": "s",
    "MAILGUN_WEBHOOK_SIGNING_KEY": "k",
    "MANDRILL_WEBHOOK_KEY": "k",
    "POSTAL_WEBHOOK_KEY": "k",
    "UNISENDER_GO_API_KEY": "k",
}


def test_by_its_code_alone_a_blocklist_would_accuse_an_address(monkeypatch):
    blocked = Refusal("5.1.1 does not exist for you: you are blocked by Spamhaus", 550)
    assert classify(blocked) is US
    monkeypatch.setattr(bounce_classes, "_CONTRADICT_PATTERNS", [])
    assert classify(blocked) is GONE


@pytest.fixture
def read(settings):
    """Return the events that anymail makes of a report, with who reads them."""
    settings.ANYMAIL = SECRETS

    def read(sample):
        name, report = sample
        teller = providers.PROVIDERS[name]
        body, content_type = json.dumps(report), "application/json"
        if name == "mandrill":
            body = urlencode({"mandrill_events": body})
            content_type = "application/x-www-form-urlencoded"
        request = RequestFactory().post("/", body, content_type=content_type)
        return [(teller, event) for event in teller.view().parse_events(request)]

    return read


def name(sample):
    return f"{sample[0]}: {json.dumps(sample[1])[:60]}" if isinstance(sample, tuple) else None


@pytest.mark.parametrize(("sample", "meaning"), REPORTS, ids=name)
def test_a_services_report_is_about_what_it_says(read, sample, meaning):
    [(teller, event)] = read(sample)
    assert event.recipient == ADDRESS
    assert classify(teller.refusal(event)) is meaning


COMPLAINTS = [
    (postmark("SpamComplaint", record="SpamComplaint"), True),
    (postmark_change("SpamComplaint"), True),
    (postmark("SpamNotification"), False),
    (ses_complaint("abuse"), True),
    (ses_complaint(None), True),
    (ses_complaint("not-spam"), False),
    (ses_complaint("virus"), False),
    (ses_complaint("auth-failure"), False),
    (ses_complaint(None, "OnAccountSuppressionList"), False),
    (sparkpost("", kind="spam_complaint", fbtype="abuse"), True),
    (sparkpost("", kind="spam_complaint", fbtype="not-spam"), False),
    (brevo("spam"), True),
    (mailjet("", event="spam"), True),
    (mailersend("spam_complaint"), True),
    (sendgrid("spamreport"), True),
    (resend(event="email.complained"), True),
    (mandrill("spam"), True),
    (unisender_go("spam"), True),
    (mailtrap("spam"), True),
]


@pytest.mark.parametrize(("sample", "is_complaint"), COMPLAINTS, ids=name)
def test_only_a_persons_own_complaint_is_one(read, sample, is_complaint):
    [(teller, event)] = read(sample)
    assert event.event_type == EventType.COMPLAINED
    event.timestamp = None
    kinds = [meaning[1] for meaning in [webhooks._report(teller, event)] if meaning]
    assert kinds == ([Bounce.Kind.COMPLAINT] if is_complaint else [])


def test_every_service_has_samples_of_each_sort():
    for service in providers.PROVIDERS:
        meanings = {meaning for (name, _), meaning in REPORTS if name == service}
        assert {GONE, FOR_NOW, US, UNKNOWN} <= meanings


# -- the twin: what the rule before did with reports that blame nobody's address -----------------------------------------

BLAMELESS = [
    "5.7.26 sender is unauthenticated",
    "5.7.1 blocked using Spamhaus",
    "5.2.2 mailbox full",
    "too old",
]


@pytest.fixture
def tell(read, db):
    person = make_subscriber(address=ADDRESS, wants_letters=True)

    def tell(words):
        [(teller, event)] = read(mailgun(message=words))
        event.timestamp = None
        if meaning := webhooks._report(teller, event):
            webhooks._act("mailgun", meaning)
        return person

    return tell


@pytest.mark.parametrize("words", BLAMELESS)
def test_a_reader_stays_when_the_report_blames_nobodys_address(tell, words):
    tell(words)
    person = Subscriber.objects.get()
    assert (person.state, person.paused_until) == ("confirmed", None)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("words", BLAMELESS)
def test_with_the_rule_before_each_of_them_erased(tell, monkeypatch, words):
    monkeypatch.setattr(webhooks, "classify", lambda refusal: GONE)  # "permanent" was enough
    monkeypatch.setattr(
        bounces, "_rest", lambda print_: suppression.forget(print_, Suppression.Reason.BOUNCED)
    )
    tell(words)
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "bounced"


def test_what_a_report_holds_besides_words_is_no_matter():
    event = SimpleNamespace(esp_event={"event": ["x"], "email": ADDRESS}, mta_response={"a": 1})
    assert providers.PROVIDERS["brevo"].refusal(event).says is None


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_server_that_wants_a_login_says_nothing_of_the_recipient(code):
    assert classify(Refusal(code=code)) is Meaning.ABOUT_US
