"""/newsletter/webhooks/<service>/: who is believed, and what is done."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from newsletter import hashing
from newsletter.inbound import providers
from newsletter.models import Bounce, Subscriber, Suppression
from newsletter.subscribing import signup
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"
SECRET = "reports:a-long-password-of-ours"
KEY = "mailgun-signing-key"


@pytest.fixture(autouse=True)
def person():
    return make_subscriber(address=ADDRESS, wants_letters=True)


@pytest.fixture
def use(settings):
    def use(name, **anymail):
        settings.MAIL_SERVICE = name
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY, **anymail}

    return use


@pytest.fixture
def tell(client):
    def tell(
        name,
        report,
        *,
        secret=SECRET,
        content_type="application/json",
        folder="webhooks",
        **headers,
    ):
        if secret is not None:
            headers["authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
        body = report if isinstance(report, bytes) else json.dumps(report)
        return client.post(
            f"/newsletter/{folder}/{name}/", body, content_type=content_type, headers=headers
        )

    return tell


def postmark(kind="HardBounce", record="Bounce", **over):
    when = datetime.now(UTC).isoformat()
    return {
        "RecordType": record,
        "Type": kind,
        "ID": 1,
        "MessageID": "m",
        "Email": ADDRESS,
        "BouncedAt": when,
    } | over


def mailgun(event="failed", *, at=None, token="t" * 50, key=KEY, **over):
    stamp = str(int(time.time() if at is None else at))
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    data = {
        "event": event,
        "severity": "permanent",
        "recipient": ADDRESS,
        "timestamp": time.time(),
        "reason": "bounce",
    }
    data["delivery-status"] = {"code": 550, "message": "5.1.1 no such user"}
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": data | over,
    }


def ses(kind="Permanent"):
    bounce = {
        "notificationType": "Bounce",
        "mail": {"messageId": "m", "destination": [ADDRESS]},
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": ADDRESS, "status": "5.1.1"}],
        },
    }
    when = datetime.now(UTC).isoformat()
    return {
        "Type": "Notification",
        "MessageId": "n",
        "TopicArn": "a",
        "Message": json.dumps(bounce),
        "Timestamp": when,
    }


def is_resting():
    return Subscriber.objects.get().state == "returned" and not Suppression.objects.exists()


def is_erased(reason):
    return not Subscriber.objects.exists() and [
        row.reason for row in Suppression.objects.all()
    ] == [reason]


# who is let in


def test_a_service_that_was_set_up_with_the_old_address_is_heard_as_well(use, tell):
    use("postmark")
    assert tell("postmark", postmark(), folder="reports").status_code == 200
    assert Bounce.objects.count() == 1


def test_without_a_service_there_is_no_such_page(client, tell):
    for name in providers.PROVIDERS:
        assert tell(name, postmark()).status_code == 404
        assert client.get(f"/newsletter/webhooks/{name}/").status_code in {404, 405}


def test_without_its_secret_there_is_none_either(use, tell, settings):
    for name, service in providers.PROVIDERS.items():
        use(name)
        settings.ANYMAIL = {
            name: value for name, value in settings.ANYMAIL.items() if name != service.secret
        }
        assert tell(name, postmark()).status_code == 404
    assert Subscriber.objects.exists()


def test_of_the_others_there_is_none(use, tell):
    use("postmark")
    assert tell("mailgun", mailgun()).status_code == 404
    assert tell("nobody", postmark()).status_code == 404
    assert tell("postmark", postmark()).status_code == 200


@pytest.mark.parametrize(
    "secret", [None, "", "reports:wrong", SECRET[:-1], SECRET[:-1] + "x", SECRET + "x", "é:é"]
)
def test_a_wrong_or_missing_password_is_refused(use, tell, secret, dump):
    use("postmark")
    before = dump()
    assert tell("postmark", postmark(), secret=secret).status_code == 403
    assert dump() == before


def test_the_comparison_takes_the_same_time_for_every_secret(monkeypatch, use, tell):
    from anymail.webhooks import base

    compared = []
    monkeypatch.setattr(base, "constant_time_compare", lambda *both: compared.append(both) or False)
    use("postmark")
    tell("postmark", postmark())
    assert compared == [(SECRET, SECRET)]


@pytest.mark.parametrize("signature", ["", "0" * 64, "0" * 63, None, 7, ["x"]])
def test_a_forged_signature_is_refused(use, tell, signature, dump):
    use("mailgun")
    report = mailgun()
    report["signature"]["signature"] = signature
    before = dump()
    assert tell("mailgun", report).status_code in {400, 403}
    assert dump() == before


def test_a_report_signed_with_another_key_or_not_at_all_is_refused(use, tell):
    use("mailgun")
    assert tell("mailgun", mailgun(key="another")).status_code == 403
    report = mailgun()
    del report["signature"]
    assert tell("mailgun", report).status_code == 403
    assert Subscriber.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_signature_that_is_old_or_from_the_future_is_refused(use, tell, minutes):
    use("mailgun")
    assert tell("mailgun", mailgun(at=time.time() + 60 * minutes)).status_code == 403
    assert Subscriber.objects.exists()


def test_a_good_signature_is_believed(use, tell):
    use("mailgun")
    assert tell("mailgun", mailgun(at=time.time() - 200)).status_code == 200
    assert is_resting()


def test_it_needs_no_cookie_and_no_origin_of_ours(use):
    from django.test import Client

    use("postmark")
    headers = {
        "authorization": "Basic " + base64.b64encode(SECRET.encode()).decode(),
        "sec-fetch-site": "cross-site",
    }
    answer = Client(enforce_csrf_checks=True).post(
        "/newsletter/webhooks/postmark/",
        json.dumps(postmark()),
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 200
    assert not answer.cookies


def test_amazon_is_asked_for_its_password_and_then_believed(use, tell):
    use("amazon_ses")
    names = {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "n"}
    asked = tell(
        "amazon_ses", ses(), secret=None, content_type="text/plain; charset=UTF-8", **names
    )
    assert (asked.status_code, asked["WWW-Authenticate"]) == (401, 'Basic realm="reports"')
    assert (
        tell(
            "amazon_ses", ses(), secret="reports:wrong", content_type="text/plain", **names
        ).status_code
        == 403
    )
    assert Subscriber.objects.exists()
    assert (
        tell("amazon_ses", ses(), content_type="text/plain; charset=UTF-8", **names).status_code
        == 200
    )
    assert is_resting()


# what is too much, or makes no sense


def test_a_body_of_ten_megabytes_is_refused_unread(use, tell):
    use("postmark")
    assert tell("postmark", b"[" * 10_000_000).status_code == 413


@pytest.mark.parametrize("name", ["postmark", "mailgun", "sparkpost", "brevo", "mailjet"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"x"',
        b"[" * 200_000,
        b'{"a":' * 40_000,
        b"\xff\xfe",
        b"[[]]",
        b'{"event": {}}',
    ],
    ids=[
        "empty",
        "half",
        "list",
        "number",
        "null",
        "text",
        "deep list",
        "deep object",
        "no utf-8",
        "lists",
        "odd",
    ],
)
def test_nonsense_is_refused_and_changes_nothing(use, tell, name, body, dump, log):
    use(name)
    before = dump()
    assert tell(name, body).status_code in {200, 400, 403}
    assert dump() == before
    assert "Traceback" not in log.getvalue()


@pytest.mark.parametrize(
    "kind", ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type_is_refused(use, tell, kind):
    use("mailgun")
    assert tell("mailgun", json.dumps(mailgun()).encode(), content_type=kind).status_code == 400
    assert Subscriber.objects.exists()


def test_it_is_not_for_reading(use, client):
    use("postmark")
    assert client.get("/newsletter/webhooks/postmark/").status_code == 405
    assert client.head("/newsletter/webhooks/postmark/").status_code == 200


# what is done


REPORTS = {
    "postmark hard": ("postmark", postmark(), "hard"),
    "postmark soft": ("postmark", postmark("SoftBounce"), "soft"),
    "postmark blocked": ("postmark", postmark("Blocked"), "about-us"),
    "postmark bad address": ("postmark", postmark("BadEmailAddress"), "hard"),
    "postmark for now": ("postmark", postmark("Transient"), None),
    "postmark unable to route": ("postmark", postmark(Details="smtp;550 5.4.4 no route"), "soft"),
    "postmark complaint": ("postmark", postmark("SpamComplaint", "SpamComplaint"), "complaint"),
    "postmark delivered": ("postmark", {"RecordType": "Delivery", "Recipient": ADDRESS}, None),
    "mailgun for now": ("mailgun", mailgun(severity="temporary"), None),
    "mailgun complaint": ("mailgun", mailgun("complained"), "complaint"),
    "brevo hard": (
        *(
            "brevo",
            {
                "event": "hard_bounce",
                "email": ADDRESS,
                "message-id": "m",
                "reason": "550 5.1.1 unknown",
            },
        ),
        "hard",
    ),
    "brevo hard, without a code": (
        "brevo",
        {"event": "hard_bounce", "email": ADDRESS, "message-id": "m"},
        None,
    ),
    "brevo soft": ("brevo", {"event": "soft_bounce", "email": ADDRESS, "message-id": "m"}, "soft"),
    "mailjet hard": (
        *(
            "mailjet",
            [
                {
                    "event": "bounce",
                    "email": ADDRESS,
                    "hard_bounce": True,
                    "error": "user unknown",
                    "time": 2e9,
                }
            ],
        ),
        "hard",
    ),
    "mailjet hard, without a reason": (
        *("mailjet", [{"event": "bounce", "email": ADDRESS, "hard_bounce": True, "time": 2e9}]),
        None,
    ),
    "postmark spam filter": ("postmark", postmark("SpamNotification"), None),
    "mailjet soft": (
        "mailjet",
        [{"event": "bounce", "email": ADDRESS, "hard_bounce": False, "time": 2e9}],
        "soft",
    ),
}


@pytest.mark.parametrize(("name", "report", "kind"), REPORTS.values(), ids=REPORTS)
def test_each_report_is_understood(use, tell, name, report, kind):
    use(name)
    if name == "mailgun":  # signed when it is sent
        report["signature"] = mailgun()["signature"]
    assert tell(name, report).status_code == 200
    assert list(Bounce.objects.values_list("kind", flat=True)) == ([kind] if kind else [])
    assert list(Suppression.objects.values_list("reason", flat=True)) == (
        ["complained"] if kind == "complaint" else []
    )
    left = {"complaint": [], "hard": ["returned"]}.get(kind, ["confirmed"])
    assert list(Subscriber.objects.values_list("state", flat=True)) == left


def test_sparkpost_tells_classes(use, tell):
    use("sparkpost")
    event = {
        "type": "bounce",
        "raw_rcpt_to": ADDRESS,
        "bounce_class": "22",
        "event_id": "1",
        "timestamp": time.time(),
    }
    assert tell("sparkpost", [{"msys": {"message_event": event}}]).status_code == 200
    assert Bounce.objects.get().kind == "soft"
    event |= {
        "type": "policy_rejection",
        "bounce_class": "51",
        "event_id": "3",
    }  # taken for spam by a far server
    tell("sparkpost", [{"msys": {"message_event": event}}])
    assert Subscriber.objects.exists()
    event |= {"type": "bounce", "bounce_class": "10", "event_id": "2"}
    tell("sparkpost", [{"msys": {"message_event": event}}])
    assert is_resting()


def test_mailersend_signs_the_whole_body(use, client):
    use("mailersend", MAILERSEND_SIGNING_SECRET="signing")
    data = {"type": "hard_bounced", "id": "1", "email": {"recipient": {"email": ADDRESS}}}
    data["morph"] = {"object": "recipient_bounce", "reason": "550 5.1.1 unknown user"}
    body = json.dumps(
        {
            "type": "activity.hard_bounced",
            "data": data | {"created_at": datetime.now(UTC).isoformat()},
        }
    )
    for key, status in (("another", 403), ("signing", 200)):
        signature = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
        basic = base64.b64encode(SECRET.encode()).decode()
        answer = client.post(
            "/newsletter/webhooks/mailersend/",
            body,
            content_type="application/json",
            headers={"signature": signature, "authorization": f"Basic {basic}"},
        )
        assert answer.status_code == status
    assert is_resting()


def test_leaving_by_the_services_own_link_counts_as_leaving(use, tell):
    use("postmark")
    report = {"RecordType": "SubscriptionChange", "Recipient": ADDRESS, "SuppressSending": True}
    tell("postmark", report | {"SuppressionReason": "ManualSuppression"})
    assert is_erased("unsubscribed")


def test_the_same_report_again_is_harmless(use, tell):
    use("postmark")
    for _ in range(5):
        assert tell("postmark", postmark("SoftBounce")).status_code == 200
    assert Bounce.objects.count() == 1
    assert Subscriber.objects.exists()


def test_three_soft_ones_about_three_mails_pause_and_erase_nothing(use, tell):
    use("postmark")
    for number in range(3):
        tell("postmark", postmark("SoftBounce", ID=number))
    person = Subscriber.objects.get()
    assert (person.state, person.paused_until > timezone.now()) == ("confirmed", True)


@pytest.mark.parametrize(
    "email", ["stranger@example.org", "", None, "no address", 7, "a@b.co\nBcc: x@y.z"]
)
def test_a_report_about_somebody_else_is_taken_and_forgotten(use, tell, email, dump, log):
    use("postmark")
    before = dump()
    assert tell("postmark", postmark(Email=email)).status_code == 200
    assert dump() == before
    assert "stranger" not in log.getvalue()


def test_capitals_make_no_difference(use, tell):
    use("postmark")
    tell("postmark", postmark(Email="ANN@Example.ORG"))
    assert is_resting()


def test_news_of_returned_mail_is_old_after_thirty_days_and_a_complaint_never(use, tell):
    use("postmark")
    when = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    tell("postmark", postmark(BouncedAt=when))
    assert Subscriber.objects.get().state == "confirmed"
    tell("postmark", postmark("SpamComplaint", "SpamComplaint", BouncedAt=when))
    assert is_erased("complained")


def test_what_a_far_server_said_is_kept_nowhere(use, tell, dump, log):
    use("postmark")
    words = "<script>canary\r\nINFO forged\0" + "x" * 10_000
    assert (
        tell("postmark", postmark("SoftBounce", Details=words, Description=words)).status_code
        == 200
    )
    assert Bounce.objects.exists()
    assert "canary" not in str(dump()) + log.getvalue()


def test_a_database_that_fails_is_not_told_as_a_success(use, tell, monkeypatch):
    from django.db import OperationalError

    def fail(*args):
        raise OperationalError("database is locked")

    use("postmark")
    monkeypatch.setattr("newsletter.bounces.bounces.record", fail)
    answer = tell("postmark", postmark())
    assert (answer.status_code, answer["Retry-After"]) == (503, "600")


# what the system checks say


def said(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return [message.id for message in run_checks() if message.id.startswith("newsletter.")]


def test_the_checks_name_what_is_missing(settings):
    assert said(settings, MAIL_SERVICE="", ANYMAIL={}) == []
    assert said(settings, MAIL_SERVICE="nobody") == ["newsletter.E001"]
    assert said(settings, MAIL_SERVICE="postmark") == ["newsletter.E003"]
    assert said(settings, MAIL_SERVICE="mailgun", ANYMAIL={"WEBHOOK_SECRET": SECRET}) == [
        "newsletter.E003"
    ]
    assert said(settings, MAIL_SERVICE="postmark", ANYMAIL={"WEBHOOK_SECRET": "short"}) == [
        "newsletter.E004"
    ]
    assert said(settings, MAIL_SERVICE="postmark", ANYMAIL={"WEBHOOK_SECRET": SECRET}) == []
    backend = "anymail.backends.postmark.EmailBackend"
    assert said(settings, MAIL_SERVICE="", EMAIL_BACKEND=backend) == ["newsletter.W001"]


ARN = "arn:aws:sns:eu-west-1:123456789012:returned"


@pytest.fixture
def subscribe(use, tell, monkeypatch):
    """Have Amazon ask whether we want its reports; return its answer and what we asked for."""
    asked = []

    class Opener:
        def open(self, request, timeout):
            asked.append((request.full_url, timeout))
            raise OSError

    def subscribe(topic=ARN, token="t" * 40, **over):
        use("amazon_ses")
        monkeypatch.setattr("newsletter.inbound.amazon_sns._opener", Opener)
        message = {"Type": "SubscriptionConfirmation", "MessageId": "n", "TopicArn": topic}
        message |= {"Token": token, "SubscribeURL": "https://inside.example/?x"}
        names = {"x-amz-sns-message-type": message["Type"], "x-amz-sns-message-id": "n"}
        answer = tell("amazon_ses", message, content_type="text/plain", **names, **over)
        return answer.status_code, asked

    return subscribe


def test_amazon_is_asked_in_its_own_region_whatever_address_a_message_names(subscribe, log):
    status, [(url, patience)] = subscribe()
    assert url == (
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        f"&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Areturned&Token={'t' * 40}"
    )
    assert patience <= 5
    assert status == 503  # Amazon was away, and asks again
    assert "t" * 40 not in log.getvalue()


@pytest.mark.parametrize(
    ("topic", "token"),
    [
        ("arn:aws:sns:evil.example/:123456789012:x", "t" * 40),
        ("arn:aws:sns:eu-west-1.evil.example#:123456789012:x", "t" * 40),
        ("arn:aws:sns:eu-west-1:123456789012:x&y=z", "t" * 40),
        ("", "t" * 40),
        (ARN, ""),
        (ARN, "a&b=" + "c" * 40),
    ],
)
def test_a_topic_that_is_none_of_amazons_is_refused_and_nobody_is_asked(subscribe, topic, token):
    assert subscribe(topic, token) == (403, [])


def test_who_has_no_password_makes_us_ask_nobody(subscribe):
    assert subscribe(secret="reports:wrong") == (403, [])


def test_a_complaint_is_not_undone_by_asking_again(use, tell, ask):
    use("postmark")
    tell("postmark", postmark("SpamComplaint", "SpamComplaint"))
    ask(ADDRESS)
    assert not Subscriber.objects.exists()
    signup.leave(hashing.fingerprint(ADDRESS))
    assert Suppression.objects.get().reason == "complained"
