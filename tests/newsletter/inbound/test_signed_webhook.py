"""/newsletter/webhooks/signed/ and the services that sign: who is believed, and what is done."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from newsletter.bounces import return_path
from newsletter.inbound.signatures import sign
from newsletter.models import Bounce, Subscriber, Suppression
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.bounces.test_bounce_classes import (
    mandrill,
    postal,
    resend,
    sendgrid,
    unisender_go,
)
from tests.newsletter.inbound.returned_mails import PERSON, postfix

pytestmark = pytest.mark.django_db
SECRET = "a-secret-that-two-programs-share-0"
WHSEC = "whsec_" + base64.b64encode(b"k" * 24).decode()


@pytest.fixture(autouse=True)
def person(settings):
    settings.BOUNCE_WEBHOOK_SECRET = SECRET
    settings.BOUNCE_ADDRESS = "bounces@mail.example"
    return make_subscriber(address=PERSON, wants_letters=True)


def head(body, *, secret=SECRET, at=None, ago=0, name="msg_1", prefix="webhook", signed=None):
    at = str(int(time.time()) - ago if at is None else at)
    signature = sign(secret, name, at, body if signed is None else signed)
    values = {"id": name, "timestamp": at, "signature": f"v1a,x v1,{signature}"}
    return {f"{prefix}-{key}": value for key, value in values.items()}


@pytest.fixture
def tell(client):
    def tell(report, *, content_type="application/json", headers=None, **over):
        body = report if isinstance(report, bytes) else json.dumps(report).encode()
        headers = head(body, **over) if headers is None else headers
        path = "/newsletter/webhooks/signed/"
        return client.post(path, body, content_type=content_type, headers=headers)

    return tell


def events(**over):
    return {"events": [{"type": "bounced", "recipient": PERSON, "status": "5.1.1"} | over]}


def state():
    return list(Subscriber.objects.values_list("state", flat=True))


def test_a_signed_event_counts_once(tell):
    assert tell(events(id="7")).status_code == 200
    assert state() == ["returned"]
    tell(events(id="7"), name="msg_2")
    assert Bounce.objects.count() == 1


DONE = [
    (events(text="550 5.1.1 gone", status=None), ["returned"], []),
    (events(status="5.7.1", code=550, text="blocked"), ["confirmed"], []),
    (events(status="", text="no such user"), ["confirmed"], []),
    (events(status=["5.1.1"], code="550"), ["confirmed"], []),
    (events(type="complained"), [], ["complained"]),
    (events(type="unsubscribed"), [], ["unsubscribed"]),
    (events(recipient="nobody@example.org", type="unsubscribed"), ["confirmed"], []),
    (events(recipient="no address"), ["confirmed"], []),
    ({"events": []}, ["confirmed"], []),
]


@pytest.mark.parametrize(("report", "left", "suppressed"), DONE)
def test_what_each_event_does(tell, report, left, suppressed):
    assert tell(report).status_code == 200
    assert state() == left
    assert list(Suppression.objects.values_list("reason", flat=True)) == suppressed


def test_a_returned_mail_may_come_as_it_is(tell, person):
    path = return_path.address(make_delivery(subscriber=person, kind="guide", state="sent"))
    raw = postfix("5.1.1", "550 5.1.1 unknown")
    assert tell(raw, content_type="message/rfc822").json() == {"outcome": "unproved"}
    headers = head(raw, name="msg_2") | {"webhook-recipient": path}
    assert tell(raw, content_type="message/rfc822", headers=headers).json() == {"outcome": "taken"}
    assert state() == ["returned"]


REFUSED = [
    {"secret": "another-secret-of-the-same-length-0"},
    {"signed": b"another body"},
    {"ago": 400},
    {"ago": -400},
    {"at": "soon"},
    {"at": "9" * 30},
    {"name": ""},
    {"headers": {}},
    {"headers": {"webhook-id": "a", "webhook-timestamp": "²"}},
]


@pytest.mark.parametrize("over", REFUSED, ids=range(9))
def test_what_is_not_signed_of_late_with_our_secret_is_refused(tell, over):
    assert tell(events(), **over).status_code == 403
    assert state() == ["confirmed"]


def test_without_a_secret_there_is_no_such_page(tell, settings):
    settings.BOUNCE_WEBHOOK_SECRET = ""
    assert tell(events(), secret="").status_code == 404


NONSENSE = [
    b"",
    b"{",
    b"[]",
    b"7",
    b'{"events": {}}',
    b'{"events": [7]}',
    b"[" * 100_000,
    json.dumps({"events": events()["events"] * 1001}).encode(),
    json.dumps({"events": [{"type": "eaten", "recipient": PERSON}]}).encode(),
    json.dumps({"events": [*events()["events"], {"type": "bounced"}]}).encode(),
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused_whole_with_words(tell, body):
    answer = tell(body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert state() == ["confirmed"]


def test_a_body_that_is_too_long_is_refused(tell):
    assert tell(b" " * 300_000).status_code == 413


# -- services that sign --------------------------------------------------------------------------


def public(key):
    lines = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "".join(lines.decode().splitlines()[1:-1])


EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
KEYS = {
    "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": public(EC_KEY),
    "POSTAL_WEBHOOK_KEY": public(RSA_KEY),
    "RESEND_SIGNING_SECRET": WHSEC,
    "MANDRILL_WEBHOOK_KEY": "mandrill-key",
    "UNISENDER_GO_API_KEY": "unisender-key",
}


def _sendgrid(report, body, at):
    signature = EC_KEY.sign(str(at).encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    return body, {
        f"{name}-Signature": base64.b64encode(signature).decode(),
        f"{name}-Timestamp": str(at),
    }


def _postal(report, body, at):
    signature = RSA_KEY.sign(body, padding.PKCS1v15(), hashes.SHA1())
    return body, {"X-Postal-Signature": base64.b64encode(signature).decode()}


def _mandrill(report, body, at):
    text = "http://testserver/newsletter/webhooks/mandrill/mandrill_events" + body.decode()
    signature = base64.b64encode(hmac.digest(b"mandrill-key", text.encode(), hashlib.sha1))
    body = urlencode({"mandrill_events": body.decode()}).encode()
    return body, {"X-Mandrill-Signature": signature.decode()}


def _unisender_go(report, body, at):
    report["auth"] = "unisender-key"
    signed = hashlib.md5(json.dumps(report).encode()).hexdigest()
    report["auth"] = signed
    return json.dumps(report).encode(), {}


def _resend(report, body, at):
    return body, head(body, secret=WHSEC, at=at, prefix="svix")


SERVICES = {
    "sendgrid": (_sendgrid, sendgrid(status="5.1.1", reason="550 5.1.1 gone")),
    "resend": (_resend, resend(words=["smtp; 550 5.1.1 gone"])),
    "postal": (_postal, postal("550 5.1.1 gone")),
    "mandrill": (_mandrill, mandrill("hard_bounce", "bad_mailbox")),
    "unisender_go": (
        _unisender_go,
        unisender_go("hard_bounced", "err_user_unknown", "550 5.1.1 gone"),
    ),
}


@pytest.fixture
def tell_as(client, settings):
    def tell_as(name, *, at=None, damage=lambda body: body):
        settings.MAIL_SERVICE, settings.ANYMAIL = name, KEYS
        prove, (_, report) = SERVICES[name]
        report = _now(json.loads(json.dumps(report)))
        at = int(time.time()) if at is None else at
        body, headers = prove(report, json.dumps(report).encode(), at)
        kind = "application/x-www-form-urlencoded" if name == "mandrill" else "application/json"
        path = f"/newsletter/webhooks/{name}/"
        return client.post(path, damage(body), content_type=kind, headers=headers).status_code

    return tell_as


def _now(report):
    """Return a report of this moment: those of 2023 are old news."""
    text = json.dumps(report).replace("1700000000", str(int(time.time())))
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return json.loads(text.replace("2026-11-01 12", f"{today} 00").replace("2026-11-01", today))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_believed_by_its_signature(tell_as, name):
    assert tell_as(name) == 200
    assert state() == ["returned"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_body_that_was_changed_on_the_way_is_refused(tell_as, name):
    status = tell_as(name, damage=lambda body: body.replace(b"example.org", b"example.net"))
    assert status == 403
    assert state() == ["confirmed"]


@pytest.mark.parametrize("name", ["sendgrid", "resend"])
@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_long_ago_or_later_than_now_is_refused(tell_as, name, minutes):
    assert tell_as(name, at=int(time.time()) + 60 * minutes) == 403
    assert state() == ["confirmed"]


def test_unisender_tries_an_address_by_get_and_others_by_head(client, settings):
    settings.ANYMAIL = KEYS
    for name, status in {"unisender_go": 200, "resend": 405}.items():
        settings.MAIL_SERVICE = name
        assert client.get(f"/newsletter/webhooks/{name}/").status_code == status
        assert client.head(f"/newsletter/webhooks/{name}/").status_code == 200
