"""Returned mail, complaints and wishes to leave that come as mails: what they say, and what proves them."""

import base64
import io
import os
import random
import sys
from datetime import timedelta
from email.header import Header

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from newsletter import tokens
from newsletter.bounces import return_path
from newsletter.bounces.bounce_classes import Meaning, Refusal, classify
from newsletter.inbound import mail_reports, receive
from newsletter.inbound.mail_reports import Wish
from newsletter.models import Bounce, Subscriber, Suppression
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.inbound import returned_mails as mails
from tests.newsletter.inbound.returned_mails import PERSON, arf, dsn, exim, fields, gmail, postfix

GONE, FOR_NOW, US, MESSAGE, UNKNOWN = Meaning
BLOCKED = "5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org"


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.BOUNCE_ADDRESS, settings.FROM_EMAIL = "bounces@mail.example", "notes@mail.example"
    settings.SITE_URL = "https://site.example"


RETURNED = [
    (postfix("5.1.1", f"550 5.1.1 <{PERSON}>: Recipient address rejected: User unknown"), GONE),
    (postfix("5.1.1", "550 5.1.1 User unknown", "end of DATA"), UNKNOWN),
    (postfix("5.1.1", "550 5.1.1 not you", "MAIL FROM"), US),
    (postfix("5.7.1", f"550 {BLOCKED}"), US),
    (postfix("5.7.26", "550-5.7.26 This mail is unauthenticated", "end of DATA"), US),
    (postfix("5.2.2", "552 5.2.2 mailbox full"), FOR_NOW),
    (postfix("4.4.1", "connect to mx.far.example[192.0.2.7]:25: Connection timed out"), FOR_NOW),
    (postfix("5.4.4", "Host or domain name not found"), FOR_NOW),
    (postfix("5.3.4", "552 5.3.4 Message size exceeds fixed limit"), MESSAGE),
    (postfix("5.0.0", "550 no such user"), UNKNOWN),
    (exim("550 5.1.1 user unknown"), GONE),
    (exim("550 no such user here"), UNKNOWN),
    (exim("550 5.2.2 quota exceeded"), FOR_NOW),
    (exim(f"550 {BLOCKED}"), US),
    (mails.exim_in_words("550 5.1.1 no such user"), GONE),
    (mails.exim_in_words("Unrouteable address"), UNKNOWN),
    (mails.qmail("550 5.1.1 user unknown"), GONE),
    (mails.qmail("550 sorry, no mailbox here by that name"), UNKNOWN),
    (mails.qmail("554 5.7.1 rejected by policy"), US),
    (mails.exchange("5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found"), GONE),
    (mails.exchange("5.1.1", "RESOLVER.ADR.ExRecipNotFound; not found"), GONE),
    (mails.exchange("5.2.2", "RESOLVER.RST.QuotaExceeded; mailbox full"), FOR_NOW),
    (mails.exchange("5.7.705", "Access denied, tenant has exceeded threshold"), US),
    (mails.exchange("5.7.133", "RESOLVER.RST.SenderNotAuthenticatedForGroup"), US),
    (mails.exchange("5.4.1", "Recipient address rejected: Access denied"), FOR_NOW),
    (gmail("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist."), GONE),
    (gmail("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."), GONE),
    (gmail("5.2.1", "550 5.2.1 receiving mail at a rate that prevents delivery"), FOR_NOW),
    (gmail("4.2.2", "452-4.2.2 The recipient's inbox is out of storage space."), FOR_NOW),
    (gmail("5.7.26", "550-5.7.26 Your email has been blocked: unauthenticated"), US),
    (mails.yahoo("5.1.1", "550 5.1.1 unknown user"), GONE),
    (
        mails.yahoo("5.0.0", "554 delivery error: dd This user doesn't have an account [-9]"),
        UNKNOWN,
    ),
    (mails.yahoo("5.7.9", "554 5.7.9 Message not accepted for policy reasons"), US),
    (mails.yahoo("5.0.0", "554 30 Sorry, this mailbox is disabled (554.30)"), UNKNOWN),
]


@pytest.mark.parametrize(("raw", "meaning"), RETURNED)
def test_a_returned_mail_is_about_what_it_says(raw, meaning):
    about = mail_reports.read(raw).about
    assert isinstance(about, Refusal)
    assert classify(about) is meaning


NO_REPORTS = [
    dsn(fields("4.4.7", "smtp; 451 5.1.1 later", action="delayed")),
    dsn(fields("2.0.0", action="delivered")),
    dsn(fields("2.0.0", action="relayed")),
    dsn(fields("5.1.1", action="")),
    mails.vacation("bounces@mail.example"),
    b"",
    b"\xff\x00\n\n\xfe",
    b"Subject: Question\n\nWho are you?",
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n\n--b--",
    arf("not-spam"),
    arf("auth-failure"),
    arf("virus"),
    arf("other"),
    arf("fraud"),
    arf(""),
]


@pytest.mark.parametrize("raw", NO_REPORTS)
def test_what_reports_no_failure_is_no_report(raw):
    assert mail_reports.read(raw).about is None


def test_parts_within_parts_without_end_are_not_followed():
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number)
        for number in range(300)
    )
    assert mail_reports.read(nested + postfix("5.1.1", "550 5.1.1 unknown")).about is None


def test_a_mail_that_is_damaged_anywhere_is_read_or_left():
    """Each byte may be another, a piece may be missing or be there twice."""
    chance = random.Random(7)
    samples = [raw for raw, _ in RETURNED] + NO_REPORTS + [arf("abuse", original="To: x\n")]
    for raw in samples * 8:
        damaged = bytearray(raw)
        for _ in range(chance.randrange(1, 6)):
            start = chance.randrange(len(damaged) + 1)
            piece = bytes(chance.choices(b'\x00\xff\n:;="-=?bqB ', k=chance.randrange(4)))
            damaged[start : start + chance.randrange(8)] = piece
        mail_reports.read(bytes(damaged))


def test_a_mail_that_trips_the_parser_is_no_report(monkeypatch, log):
    def trip(*args, **options):
        raise LookupError(f"unknown encoding {PERSON}")

    monkeypatch.setattr(mail_reports, "message_from_bytes", trip)
    assert receive.mail(b"Subject: x") is receive.Outcome.NO_REPORT
    assert "LookupError" in log.getvalue()
    assert PERSON not in log.getvalue()


# -- the return path: what proves a report -------------------------------------------------------


@pytest.fixture
def sent(db):
    """Return a mail that went out to Ann, and its return path."""
    delivery = make_delivery(
        kind="guide",
        subscriber=make_subscriber(address=PERSON, wants_letters=True),
        state="sent",
    )
    return delivery, return_path.address(delivery)


def state():
    return list(Subscriber.objects.values_list("state", flat=True))


def test_a_return_path_holds_no_address_and_fits(sent, settings):
    _, path = sent
    local, _, domain = path.rpartition("@")
    assert (local[:8], domain) == ("bounces+", "mail.example")
    assert len(local) <= 64
    assert path == path.lower()
    settings.BOUNCE_ADDRESS = ""
    assert return_path.address(sent[0]) == "notes@mail.example"


def test_a_return_path_names_its_mail(sent, settings):
    delivery, path = sent
    assert return_path.find(f"<{path.upper()}>") == delivery.pk
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "k" * 60
    assert return_path.find(path) == delivery.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert return_path.find(path) is None


def test_a_return_path_with_one_letter_changed_names_nothing(sent):
    _, path = sent
    for place in range(8, path.index("@") - 1):
        other = "a" if path[place] != "a" else "q"
        assert return_path.find(path[:place] + other + path[place + 1 :]) is None


def test_a_return_path_is_good_for_thirty_days(sent, monkeypatch):
    delivery, path = sent
    now = timezone.now()
    for days, named in ((29, delivery.pk), (30, delivery.pk), (32, None)):
        monkeypatch.setattr(timezone, "now", lambda days=days: now + timedelta(days=days))
        assert return_path.find(path) == named


def test_a_report_with_the_return_path_counts_and_a_second_copy_does_not(sent):
    to = sent[1].encode()
    raw = postfix("5.1.1", "550 5.1.1 unknown").replace(b"bounces@mail.example", to)
    assert receive.mail(raw) is receive.Outcome.TAKEN
    assert state() == ["returned"]
    assert receive.mail(raw) is receive.Outcome.TAKEN
    assert Bounce.objects.count() == 1
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_server_may_have_written_the_return_path_elsewhere(sent, header):
    raw = f"{header}: {sent[1]}\n".encode() + postfix("5.1.1", "550 5.1.1 unknown")
    receive.mail(raw)
    assert state() == ["returned"]


def test_the_pipe_may_say_whom_the_mail_came_to(sent):
    receive.mail(postfix("5.1.1", "550 5.1.1 unknown"), sent[1])
    assert state() == ["returned"]


FORGED = [
    postfix("5.1.1", f"550 5.1.1 {PERSON} unknown"),
    gmail("5.1.1", "550 5.1.1 gone"),
    mails.exim_in_words("550 5.1.1 gone", "bounces+" + "a" * 39 + "@mail.example"),
    arf("abuse", mail_from="bounces+" + "a" * 39 + "@mail.example"),
    arf("abuse", original=f"To: {PERSON}\n"),
]


@pytest.mark.parametrize("raw", FORGED)
def test_a_report_without_proof_does_nothing_whoever_it_claims_to_be_from(sent, raw):
    assert receive.mail(raw) is receive.Outcome.UNPROVED
    assert state() == ["confirmed"]
    assert not Bounce.objects.exists()


def test_without_the_proof_each_of_them_would_have_counted(sent, monkeypatch):
    """The twin: with a return path that anybody's word is taken for."""
    monkeypatch.setattr(return_path, "find", lambda text: sent[0].pk)
    receive.mail(FORGED[0])
    assert state() == ["returned"]


def test_mail_that_was_passed_on_to_an_address_that_is_gone_blames_not_the_first(sent):
    raw = dsn(fields("5.1.1", "smtp; 550 5.1.1 unknown", person="old@elsewhere.example"))
    receive.mail(raw, sent[1])
    assert state() == ["confirmed"]
    assert Bounce.objects.get().kind == "soft"


def test_a_report_about_somebody_who_has_left_is_taken_and_does_nothing(sent):
    Subscriber.objects.all().delete()
    assert receive.mail(postfix("5.1.1", "550 5.1.1 unknown"), sent[1]) is receive.Outcome.TAKEN
    assert not Bounce.objects.exists()


def test_an_answer_of_somebody_who_is_away_does_nothing(sent):
    assert receive.mail(mails.vacation(sent[1]), sent[1]) is receive.Outcome.NO_REPORT
    assert state() == ["confirmed"]


# -- complaints and leaving ----------------------------------------------------------------------


def reasons():
    return list(Suppression.objects.values_list("reason", flat=True))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: arf("abuse", mail_from=path),
        lambda path: arf("abuse", original=f"Return-Path: <{path}>\n"),
    ],
)
def test_a_complaint_about_a_mail_of_ours_erases_its_person_for_good(sent, make):
    assert receive.mail(make(sent[1])) is receive.Outcome.TAKEN
    assert (state(), reasons()) == ([], ["complained"])


@pytest.mark.parametrize("original_type", ["message/rfc822", "text/rfc822-headers"])
def test_a_complaint_that_shows_only_the_link_does_what_the_link_does(sent, original_type):
    token = tokens.unsubscribe_token(sent[0].subscriber)
    header = f"List-Unsubscribe: <https://site.example/newsletter/unsubscribe/{token}/>\n"
    receive.mail(arf("abuse", original=header, original_type=original_type))
    assert (state(), reasons()) == ([], ["unsubscribed"])


def test_a_wish_to_leave_that_a_provider_passes_on_is_one(sent):
    assert mail_reports.read(arf("opt-out")).about is Wish.LEAVE
    receive.mail(arf("opt-out", mail_from=sent[1]))
    assert (state(), reasons()) == ([], ["unsubscribed"])


def leaving(subject):
    return f"From: {PERSON}\nTo: bounces@mail.example\nSubject: {subject}\n\n\n".encode()


@pytest.mark.parametrize("prefix", ["unsubscribe ", "", "Re: unsubscribe ", "unsubscribe\n "])
def test_the_mail_of_a_programs_own_button_leaves(sent, prefix):
    token = tokens.unsubscribe_token(sent[0].subscriber)
    assert receive.mail(leaving(prefix + token)) is receive.Outcome.TAKEN
    assert (state(), reasons()) == ([], ["unsubscribed"])
    assert receive.mail(leaving(prefix + token)) is receive.Outcome.TAKEN


def test_its_subject_may_be_encoded(sent):
    subject = Header(f"unsubscribe {tokens.unsubscribe_token(sent[0].subscriber)}", "utf-8")
    quoted = f"=?utf-8?b?{base64.b64encode(str(subject).encode()).decode()}?="
    receive.mail(leaving(subject.encode(linesep="\n")))
    assert state() == []
    assert receive.mail(leaving(quoted)) is receive.Outcome.TAKEN


def test_a_forged_token_leaves_nobody(sent):
    token = tokens.unsubscribe_token(sent[0].subscriber)
    last = "A" if token[-2] != "A" else "B"
    for forged in (token[:-2] + last + token[-1], sent[0].subscriber.fingerprint, "unsubscribe"):
        assert receive.mail(leaving(forged)) is receive.Outcome.NO_REPORT
    assert state() == ["confirmed"]


# -- manage.py receive_mail ----------------------------------------------------------------------


@pytest.fixture
def pipe(monkeypatch, capsys):
    def pipe(raw, *options):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        code = 0
        try:
            call_command("receive_mail", *options)
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return pipe


def test_a_pipe_hands_a_mail_over(sent, pipe):
    raw = postfix("5.1.1", "550 5.1.1 unknown")
    assert pipe(raw, "--recipient", sent[1]) == (0, "taken\n")
    assert state() == ["returned"]
    assert pipe(raw) == (0, "unproved\n")
    assert pipe(b"") == (0, "no report\n")


def test_what_may_pass_has_the_server_try_again_and_says_no_address(
    sent, pipe, monkeypatch, settings
):
    def fail(*args):
        raise DatabaseError(f"cannot read {PERSON}")

    raw = postfix("5.1.1", "550 5.1.1 unknown")
    with monkeypatch.context() as patch:
        patch.setattr(receive, "mail", fail)
        code, said = pipe(raw, "--recipient", sent[1])
    assert code == os.EX_TEMPFAIL
    assert PERSON not in said
    settings.BOUNCE_ADDRESS = ""
    assert pipe(raw)[0] == os.EX_TEMPFAIL


def test_a_mail_of_any_length_is_taken_to_its_end(sent, pipe):
    raw = postfix("5.1.1", "550 5.1.1 unknown") + b"x" * 3_000_000
    assert pipe(raw, "--recipient", sent[1]) == (0, "taken\n")
    assert sys.stdin.buffer.read() == b""
