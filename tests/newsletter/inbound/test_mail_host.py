"""The whole way through a real postfix, dovecot and opendkim: out, back by each intake, and signed."""

import base64
import hashlib
import imaplib
import io
import os
import re
import ssl
import sys
import time
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.core.management import call_command
from django.utils import timezone

from newsletter import tokens
from newsletter.bounces import return_path
from newsletter.inbound import mailbox, receive
from newsletter.inbound.signatures import sign
from newsletter.models import Bounce, Heartbeat, Letter, Subscriber, Suppression
from newsletter.outbox import queue, sender
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.conftest import Sink, connect
from tests.newsletter.inbound import mail_servers
from tests.newsletter.inbound.mail_servers import DOMAIN, PASSWORD, PIPED, mail_host, until
from tests.newsletter.inbound.returned_mails import arf, postfix

pytestmark = pytest.mark.django_db
PERSON = "ann@far.example"
SECRET = "a-secret-that-two-programs-share-0"


@pytest.fixture(scope="module")
def host():
    if missing := mail_servers.missing():
        must = os.environ.get("REQUIRE_SERVERS") and mail_servers.AS_ROOT
        (pytest.fail if must else pytest.skip)(missing)
    with mail_host() as host:
        until(lambda: mail_servers.listens(host.smtp) and mail_servers.listens(host.milter))
        yield host


@pytest.fixture(autouse=True)
def _settings(host, settings, monkeypatch):
    settings.FROM_EMAIL, settings.BOUNCE_ADDRESS = f"notes@{DOMAIN}", f"bounces@{DOMAIN}"
    settings.IMAP_HOST, settings.IMAP_PORT = "localhost", host.imap
    settings.IMAP_USER, settings.IMAP_PASSWORD = "bounces", PASSWORD
    monkeypatch.setenv("SSL_CERT_FILE", str(host.certificate))


@pytest.fixture
def far(host, serve):
    """The far server that postfix passes mail on to."""
    sink = Sink()
    serve(sink, host.far)
    return sink


@pytest.fixture
def box(host):
    """A logged-in look into the mailbox, empty at first."""
    context = ssl.create_default_context(cafile=host.certificate)
    with imaplib.IMAP4_SSL("localhost", host.imap, ssl_context=context) as server:
        server.login("bounces", PASSWORD)
        yield Box(server)


class Box:
    def __init__(self, server):
        self.server = server
        for folder in ("INBOX", "Reports", "Others"):
            if self.count(folder):
                server.store("1:*", "+FLAGS", r"(\Deleted)")
                server.expunge()

    def count(self, folder="INBOX"):
        kind, [number] = self.server.select(folder)
        return int(number) if kind == "OK" else 0

    def put(self, raw, folder="INBOX", at=None):
        self.server.append(folder, None, at and imaplib.Time2Internaldate(at), raw)


def person_with_mail(**over):
    person = make_subscriber(address=PERSON, wants_letters=True)
    return make_delivery(kind="guide", subscriber=person, **over)


def send(host, delivery):
    """Send a mail as the worker does."""
    claimed = queue.claim()
    assert claimed.pk == delivery.pk
    backend = connect(host.smtp)
    backend.timeout = 20
    assert sender.deliver(claimed, backend) is None
    backend.close()


def state():
    return list(Subscriber.objects.values_list("state", flat=True))


def test_what_a_far_server_refuses_comes_back_to_the_mailbox_and_counts(host, far, box):
    far.refuse[PERSON] = "550 5.1.1 No such user"
    send(host, person_with_mail())
    until(lambda: box.count() == 1)
    assert mailbox.look() == 1
    assert state() == ["returned"]
    assert [box.count(folder) for folder in ("INBOX", "Reports", "Others")] == [0, 1, 0]
    assert Heartbeat.mailbox_is_read()


def test_what_a_far_server_refuses_because_of_us_blames_nobody(host, far, box):
    far.answer[PERSON] = "550 5.7.26 This mail is unauthenticated"
    send(host, person_with_mail())
    until(lambda: box.count() == 1)
    mailbox.look()
    assert state() == ["confirmed"]
    assert Bounce.objects.get().kind == "about-us"
    assert box.count("Reports") == 1


def test_it_comes_back_into_a_pipe_and_waits_while_that_cannot_take_it(
    host, far, settings, monkeypatch
):
    settings.BOUNCE_ADDRESS = f"bounces@{PIPED}"
    far.refuse[PERSON] = "550 5.1.1 No such user"
    host.exit_with(os.EX_TEMPFAIL)
    send(host, person_with_mail())
    until(lambda: len(host.piped()) >= 2)  # postfix has tried again
    until(host.waiting)
    host.exit_with(0)
    until(lambda: not host.waiting())  # it was taken, once the pipe took it
    recipient, raw = host.piped()[-1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("receive_mail", "--recipient", recipient)
    assert state() == ["returned"]


def test_each_sort_of_mail_finds_its_folder_and_a_second_look_changes_nothing(box):
    delivery = person_with_mail(state="sent")
    path = return_path.address(delivery).encode()
    leaving = f"Subject: unsubscribe {tokens.unsubscribe_token(delivery.subscriber)}\n\n\n"
    to = b"bounces@mail.example"
    box.put(postfix("5.2.2", "552 5.2.2 full").replace(to, path))
    box.put(postfix("5.2.2", "552 5.2.2 full").replace(to, path))
    box.put(b"Subject: A letter\n\nTo whom it may concern")
    box.put(b"")
    box.put(postfix("5.1.1", "550 5.1.1 forged"))
    assert mailbox.look() in {4, 5}  # a server may refuse a mail of no bytes
    assert Bounce.objects.get().kind == "soft"
    assert (box.count(), box.count("Reports")) == (0, 2)
    assert box.count("Others") in {2, 3}
    box.put(leaving.encode())
    box.put(arf("abuse", mail_from=path.decode()))
    mailbox.look()
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason in {"unsubscribed", "complained"}
    assert mailbox.look() == 0


def test_a_mail_is_read_again_when_we_die_before_it_is_moved(box, monkeypatch):
    path = return_path.address(person_with_mail(state="sent")).encode()
    box.put(postfix("5.2.2", "552 5.2.2 full").replace(b"bounces@mail.example", path))

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mailbox._Folders, "move", die)
        with pytest.raises(KeyboardInterrupt):
            mailbox.look()
    assert (box.count(), Bounce.objects.count()) == (1, 1)
    mailbox.look()
    assert (box.count(), box.count("Reports"), Bounce.objects.count()) == (0, 1, 1)


def test_a_server_without_move_is_served_too(box, monkeypatch):
    box.put(b"Subject: A letter\n\nTo whom it may concern")
    look = mailbox._Folders.__init__

    def without(self, server):
        look(self, server)
        self.can -= {"MOVE", "UIDPLUS"}

    monkeypatch.setattr(mailbox._Folders, "__init__", without)
    mailbox.look()
    assert (box.count(), box.count("Others")) == (0, 1)


def test_reports_are_deleted_after_thirty_days_and_other_mail_never(box):
    mailbox.look()
    now = timezone.now().timestamp()
    for days in (29, 32):
        for folder in ("Reports", "Others"):
            box.put(b"Subject: old\n\nold", folder, now - days * 86_400)
    mailbox.look()
    assert [box.count(folder) for folder in ("Reports", "Others")] == [1, 2]


def test_a_wrong_password_is_said_at_the_desk_and_no_address_with_it(settings, box, log):
    settings.IMAP_PASSWORD = "wrong"
    assert mailbox.look() == 0
    heart = Heartbeat.objects.get()
    assert heart.mailbox_trouble == (
        "The mailbox for returned mail can’t be read: the server refuses the login."
    )
    assert not Heartbeat.mailbox_is_read()
    assert Heartbeat.is_late()  # the worker's own pulse is another matter


def test_a_server_whose_certificate_is_not_trusted_is_told_no_password(monkeypatch, settings):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert mailbox.look() == 0
    assert "SSLCertVerificationError" in Heartbeat.objects.get().mailbox_trouble


def test_a_database_that_takes_nothing_leaves_the_mail_where_it_is(box, monkeypatch):
    def fail(raw):
        raise OSError

    box.put(b"Subject: x\n\nx")
    monkeypatch.setattr(receive, "mail", fail)
    mailbox.look()
    assert box.count() == 1


# -- a letter, from writing to the archive ---------------------------------------------------------


def by_imap(host, box, client, monkeypatch):
    """Have the worker look into its mailbox."""
    until(lambda: box.count() == 2)
    mailbox.look()


def by_pipe(host, box, client, monkeypatch):
    """Do what postfix's pipe does with each mail."""
    until(lambda: len(host.piped()) == 2)
    for recipient, raw in host.piped():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        call_command("receive_mail", "--recipient", recipient)


def by_webhook(host, box, client, monkeypatch):
    """Have a program of the owner's hand each mail on."""
    until(lambda: len(host.box()) == 2)
    for number, raw in enumerate(host.box()):
        at = str(int(time.time()))
        signature = sign(SECRET, str(number), at, raw)
        headers = {"webhook-id": str(number), "webhook-timestamp": at}
        headers["webhook-signature"] = f"v1,{signature}"
        where = "/newsletter/webhooks/signed/"
        told = client.post(where, raw, content_type="message/rfc822", headers=headers)
        assert told.json() == {"outcome": "taken"}


DESK = "/admin/newsletter/letter/"


def write_and_send(desk):
    """Write a letter at the desk, let everybody read it, and have it sent."""
    desk.post(f"{DESK}add/", {"subject": "A quiet week", "body": "Hello.\n\nOne small thing."})
    letter = Letter.objects.get()
    desk.post(f"{DESK}{letter.pk}/sending/show/")
    desk.post(f"{DESK}{letter.pk}/sending/send/", {"sure": "yes"})
    return letter


@pytest.mark.parametrize("way", [by_imap, by_pipe, by_webhook])
def test_a_letter_is_written_sent_heard_back_from_and_read_in_the_archive(
    way, host, far, box, settings, admin_client, client, monkeypatch
):
    settings.EMAIL_BACKEND = "newsletter.outbox.smtp_backend.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", host.smtp, False
    settings.IMAP_HOST, settings.BOUNCE_WEBHOOK_SECRET = "", SECRET  # looked into below
    if way is by_pipe:
        settings.BOUNCE_ADDRESS = f"bounces@{PIPED}"
        host.forget_piped()
    reads, gone, complains, leaves = (
        make_subscriber(address=f"{name}@far.example", wants_letters=True)
        for name in ("reads", "gone", "complains", "leaves")
    )
    far.refuse[gone.address] = "550 5.1.1 No such user"
    letter = write_and_send(admin_client)
    call_command("run_mail_worker", "--once")
    until(lambda: len(far.envelopes) == 3)
    mails = {envelope.rcpt_tos[0]: envelope for envelope in far.envelopes}
    told = message_from_bytes(mails[complains.address].content)
    assert told["DKIM-Signature"]
    path = mails[complains.address].mail_from
    report = arf("abuse", mail_from=path).replace(b"bounces@mail.example", path.encode())
    with connect(host.smtp) as backend:
        backend.send_raw("", path, report)
    settings.IMAP_HOST = "localhost"
    way(host, box, client, monkeypatch)
    leave = message_from_bytes(mails[leaves.address].content)["List-Unsubscribe"]
    assert client.post(urlsplit(re.search("<(https?:[^>]*)>", leave)[1]).path).status_code == 200
    people = dict(Subscriber.objects.values_list("address", "state"))
    assert people == {reads.address: "confirmed", gone.address: "returned"}
    reasons = {row.fingerprint: row.reason for row in Suppression.objects.all()}
    assert reasons == {complains.fingerprint: "complained", leaves.fingerprint: "unsubscribed"}
    letter.refresh_from_db()
    assert (letter.state, letter.reached) == ("sent", 4)
    listed = client.get("/newsletter/issues/").content.decode()
    assert f"/newsletter/issues/{letter.pk}/" in listed
    page = client.get(f"/newsletter/issues/{letter.pk}/").content.decode()
    assert "One small thing." in page
    assert "@far.example" not in page


# -- DKIM: the signature, read without opendkim's help (RFC 6376) ----------------------------------


def test_the_signature_is_good_and_covers_both_ways_out(host, far):
    send(host, person_with_mail())
    until(lambda: far.envelopes)
    head, _, body = far.envelopes[-1].content.partition(b"\r\n\r\n")
    headers = re.findall(rb"^([^\s:]+):([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.M)
    [signature] = [value for name, value in headers if name == b"DKIM-Signature"]
    tags = dict(part.strip().split(b"=", 1) for part in signature.split(b";") if part.strip())
    signed = re.sub(rb"\s", b"", tags[b"h"]).split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from", b"subject"} <= {
        name.lower() for name in signed
    }
    canonical = body.rstrip(b"\r\n") + b"\r\n"
    assert base64.b64decode(tags[b"bh"]) == hashlib.sha256(canonical).digest()
    left = list(headers)
    lines = []
    for name in signed:
        found = [one for one in left if one[0].lower() == name.lower()]
        if found:
            left.remove(found[-1])
            lines.append(_relaxed(*found[-1]))
    without = re.sub(rb"(\bb=)[^;]*", rb"\1", signature)
    lines.append(_relaxed(b"DKIM-Signature", without).rstrip(b"\r\n"))
    key = serialization.load_pem_private_key((host.folder / "key.pem").read_bytes(), None)
    value = base64.b64decode(re.sub(rb"\s", b"", tags[b"b"]))
    key.public_key().verify(value, b"".join(lines), padding.PKCS1v15(), hashes.SHA256())


def _relaxed(name, value):
    return name.lower() + b":" + re.sub(rb"\s+", b" ", value).strip() + b"\r\n"
