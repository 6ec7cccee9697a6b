"""The intake: the same work for every address in the request, and a worker that decides."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter import hashing, suppression, tokens
from newsletter.models import Delivery, FormMailCount, FormRequest, Subscriber
from newsletter.outbox import failpoints, retention
from newsletter.subscribing import intake, limits, preferences, signup
from tests.factories import make_form_request, make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
STATES = ["unknown", "waiting", "confirmed", "letters", "left", "bounced", "complained", "resting"]
STATES += ["returned", "leaving", "limited"]
ADDRESS = re.compile(
    r"[\w.-]+@(blocked\.)?example(\.org)?|\b[0-9a-f]{64}\b|'\d{4}-\d\d-\d\d [^']*'"
)


@pytest.fixture
def known(settings, monkeypatch):
    """An address of each sort that we may know."""
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    monkeypatch.setattr(limits, "allow_request", lambda *args: True)
    make_subscriber(address="waiting@example.org", state="pending")
    make_subscriber(address="confirmed@example.org")
    make_subscriber(address="letters@example.org", wants_letters=True)
    make_subscriber(address="returned@example.org", state="returned", wants_letters=True)
    make_subscriber(address="leaving@example.org", state="leaving")
    signup.leave(hashing.fingerprint("left@example.org"))
    for reason in ("bounced", "complained"):
        suppression.suppress(hashing.fingerprint(f"{reason}@example.org"), reason)
    for kind in ("confirm", "guide", "settings", "move"):
        for _ in range(3):
            signup.may_mail(kind, "limited@example.org", 9, 9)
    return [*(f"{state}@example.org" for state in STATES), "somebody@blocked.example"]


@pytest.fixture
def forms(client):
    """Every form that takes an address, as a function that sends it."""
    person = make_subscriber(address="mover@example.org", wants_letters=True)
    settings_page = f"/newsletter/settings/{tokens.settings_token(person)}/"
    fields = {
        "/newsletter/subscribe/": {"letters": "on"},
        "/newsletter/your-data/": {},
        settings_page: {"wish": "move"},
    }

    def send(path, more):
        return lambda address: client.post(
            path, {"address": address, "stamp": form_token(), **more}
        )

    return [send(path, more) for path, more in fields.items()]


def work_of(send, address):
    """Return the statements that sending a form costs, without what names its address."""
    FormRequest.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        assert send(address).status_code == 200
    return [ADDRESS.sub("…", query["sql"]) for query in queries]


def different(send, addresses):
    usual = work_of(send, addresses[0])
    return [address for address in addresses if work_of(send, address) != usual]


def test_a_form_costs_the_same_statements_whatever_is_known_of_the_address(forms, known):
    for send in forms:
        assert different(send, known) == []
        assert sum("newsletter_formrequest" in sql for sql in work_of(send, known[0])) >= 2


def test_deciding_in_the_request_would_be_seen(forms, known, monkeypatch):
    """The twin."""
    take = intake.take

    def take_and_decide(*args, **kwargs):
        take(*args, **kwargs)
        intake.Decider().tick()

    monkeypatch.setattr(intake, "take", take_and_decide)
    for send in forms:
        assert len(different(send, known)) >= 3


def test_a_request_holds_what_was_agreed_to_and_nothing_of_who_sent_it(client):
    post = {"address": "Ann@example.org", "stamp": form_token(), "letters": "on"}
    client.post("/newsletter/subscribe/", post, HTTP_USER_AGENT="X", REMOTE_ADDR="203.0.113.7")
    [row] = FormRequest.objects.values()
    assert (row.pop("kind"), row.pop("address")) == ("guide", "Ann@example.org")
    assert (row.pop("wants_letters"), row.pop("wording")) == (True, "2026-11")
    assert row.pop("fingerprint") == hashing.fingerprint("ann@example.org")
    assert abs(row.pop("asked_at") - timezone.now()) < timedelta(minutes=5)
    assert (row.pop("asked_by"), row.pop("is_stuck"), len(row)) == ("", False, 1)


def test_the_worker_decides_sends_and_keeps_no_request(client, work, mailoutbox):
    client.post("/newsletter/subscribe/", {"address": "a@example.org", "stamp": form_token()})
    work()
    assert [mail.to for mail in mailoutbox] == [["a@example.org"]]
    assert not FormRequest.objects.exists()


def test_the_person_has_the_words_and_the_time_of_the_form_and_not_of_the_worker(decide):
    asked = timezone.now() - timedelta(hours=5)
    make_form_request(wording="2025-01", asked_at=asked, wants_letters=True)
    decide()
    person = Subscriber.objects.get()
    assert (person.wording, person.asked_at, person.wants_letters) == ("2025-01", asked, True)


@pytest.mark.parametrize("stage", ["before-decided", "after-decided"])
def test_a_crash_loses_nobody_and_decides_nothing_twice(monkeypatch, work, mailoutbox, stage):
    def reached(name):
        if name == stage:
            raise SystemExit

    for number in range(3):
        make_form_request(address=f"reader-{number}@example.org")
    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "hit", reached)
        with pytest.raises(SystemExit):
            call_command("run_mail_worker", "--once")
    assert FormRequest.objects.count() + Delivery.objects.count() == 3
    work()
    assert sorted(mail.to[0] for mail in mailoutbox) == [
        f"reader-{n}@example.org" for n in range(3)
    ]
    assert FormMailCount.objects.count() == 3
    assert not FormRequest.objects.exists()


def test_one_request_that_breaks_holds_up_no_other_and_is_kept(monkeypatch, decide, log):
    real = signup.ask

    def ask(address, **kwargs):
        if address.startswith("bad"):
            raise ValueError(address)
        real(address, **kwargs)

    monkeypatch.setattr(signup, "ask", ask)
    make_form_request(address="bad@example.org")
    make_form_request(address="good@example.org")
    decide()
    assert Subscriber.objects.get().address == "good@example.org"
    assert FormRequest.objects.get().address == "bad@example.org"
    assert "could not be decided" in log.getvalue()


def test_one_that_broke_is_named_but_closes_no_form_and_the_next_worker_tries_it(
    monkeypatch, decide, clock, post
):
    with monkeypatch.context() as patch:
        patch.delattr(signup, "ask")
        make_form_request(address="bad@example.org")
        decide()
    clock(hours=7)
    assert FormRequest.objects.late().exists()
    assert post("/newsletter/subscribe/").status_code == 200
    decide()
    assert Subscriber.objects.filter(address="bad@example.org").exists()


def test_a_database_that_is_away_breaks_no_request(monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(signup, "ask", away)
    make_form_request()
    decider = intake.Decider()
    with pytest.raises(OperationalError):
        decider.tick()
    assert FormRequest.objects.exists()
    assert not FormRequest.objects.filter(is_stuck=True).exists()


def test_a_long_queue_is_decided_in_parts_so_that_mails_go_out_between(monkeypatch):
    monkeypatch.setattr(intake, "PER_TICK", 4)
    monkeypatch.setattr(intake, "BATCH", 2)
    monkeypatch.setattr(intake, "LONGEST_BATCH", 60)  # a slow machine's batches are as long
    for number in range(6):
        make_form_request(address=f"reader-{number}@example.org")
    decider = intake.Decider()
    assert decider.tick() is True
    assert FormRequest.objects.count() == 2
    assert decider.tick() is False
    assert not FormRequest.objects.exists()


@pytest.fixture
def post(client):
    fields = {"address": "ann@example.org", "stamp": form_token(), "letters": "on"}
    return lambda path: client.post(path, fields)


def refused(response, parse):
    field = parse(response).find(".//input[@name='address']")
    return response.status_code == 503 and field.get("value") == "ann@example.org"


@pytest.mark.parametrize("path", ["/newsletter/subscribe/", "/newsletter/your-data/"])
def test_when_nobody_decides_for_long_the_form_says_not_now_and_keeps_what_was_typed(
    post, parse, clock, path
):
    make_form_request(address="first@example.org")
    clock(hours=5)
    assert post(path).status_code == 200
    clock(hours=2)
    response = post(path)
    assert refused(response, parse)
    assert response["Retry-After"]
    assert FormRequest.objects.count() == 2


def test_more_than_so_many_never_wait(post, parse, clock, monkeypatch):
    monkeypatch.setattr(intake, "MAX_WAITING", 3)
    for number in range(3):
        make_form_request(address=f"reader-{number}@example.org")
    assert post("/newsletter/subscribe/").status_code == 200  # they have just come
    clock(minutes=1)
    assert refused(post("/newsletter/subscribe/"), parse)


def test_a_new_address_that_cannot_be_taken_stays_in_its_field(client, parse, monkeypatch):
    monkeypatch.setattr(intake, "is_closed", lambda: True)
    url = f"/newsletter/settings/{tokens.settings_token(make_subscriber())}/"
    response = client.post(url, {"wish": "move", "address": "ann@example.org"})
    assert refused(response, parse)


def test_who_leaves_takes_along_what_waits(decide):
    person = make_subscriber(address="ann@example.org")
    for leave in (
        lambda: signup.leave(person.fingerprint),
        lambda: preferences.erase(make_subscriber(address="bob@example.org"), say_goodbye=True),
    ):
        make_form_request(address="ANN@example.org")
        make_form_request("settings", address="bob@example.org")
        make_form_request("move", address="new@example.org", asked_by=person.public_id)
        leave()
    assert list(FormRequest.objects.values_list("kind", "address")) == [
        ("guide", "ANN@example.org"),  # of who had left, and asks anew
        ("move", "new@example.org"),
    ]
    decide()
    assert not Subscriber.objects.filter(address="new@example.org").exists()


def test_what_waited_too_long_is_decided_no_more_and_erased(decide, clock):
    make_form_request()
    clock(hours=73)
    decide()
    assert not FormRequest.objects.exists()
    assert not Subscriber.objects.exists()
    make_form_request(asked_at=timezone.now() - timedelta(hours=73))
    retention.prune()
    assert not FormRequest.objects.exists()


def test_once_decides_all_that_forms_took_however_many_turns_it_takes(monkeypatch):
    monkeypatch.setattr(intake, "BATCH", 1)
    monkeypatch.setattr(intake, "PER_TICK", 1)
    for name in ("ann", "ben", "cem"):
        make_form_request(address=f"{name}@example.org")
    call_command("run_mail_worker", "--once")
    assert not FormRequest.objects.exists()
    assert Delivery.objects.filter(state="sent").count() == 3
