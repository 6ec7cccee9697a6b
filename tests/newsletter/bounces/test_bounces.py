"""What returned mail and complaints do to an address."""

import smtplib

import pytest
from django.contrib.auth.models import Permission, User

from newsletter import hashing, suppression
from newsletter.bounces import bounces
from newsletter.bounces.bounce_classes import Meaning
from newsletter.issues import copies
from newsletter.models import Bounce, Delivery, Subscriber, Suppression
from newsletter.outbox import queue, retention, sender
from newsletter.subscribing import address_change, data_export, preferences, signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


@pytest.fixture
def person():
    person = make_subscriber(address=ADDRESS, wants_letters=True)
    make_delivery(subscriber=person)
    return person


def reasons():
    return list(Suppression.objects.values_list("reason", flat=True))


def test_a_complaint_erases_and_nothing_is_ever_written_again(person, ask, dump):
    bounces.record(person.fingerprint, "complaint", "event")
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert reasons() == ["complained"]
    assert ADDRESS not in str(dump())
    ask(ADDRESS)
    assert not Delivery.objects.exists()


# an address that doesn't exist rests


@pytest.fixture
def returned(person):
    bounces.record(person.fingerprint, "hard", "event")
    return person


def is_resting():
    return Subscriber.objects.get().state == "returned" and reasons() == []


def test_an_address_that_is_not_there_rests_and_nothing_is_sent(returned, work, mailoutbox):
    assert is_resting()
    make_delivery(subscriber=returned, kind="welcome-1")
    work()
    assert mailoutbox == []
    assert copies.audience().count() == 0


def test_after_thirty_days_it_is_forgotten_and_not_before(returned, clock, dump):
    clock(days=29)
    retention.prune()
    assert is_resting()
    clock(days=2)
    retention.prune()
    assert not Subscriber.objects.exists()
    assert reasons() == ["bounced"]
    assert ADDRESS not in str(dump())


def test_who_answers_while_retention_runs_is_kept(returned, clock, monkeypatch):
    clock(days=31)
    forget = retention._forget

    def answer_first(rested, pk):
        signup.confirm(returned.public_id)
        return forget(rested, pk)

    monkeypatch.setattr(retention, "_forget", answer_first)
    retention.prune()
    assert Subscriber.objects.get().state == "confirmed"
    assert reasons() == []


def test_one_that_never_confirmed_goes_after_three_days_as_ever(clock):
    person = make_subscriber(address=ADDRESS, state="pending")
    bounces.record(person.fingerprint, "hard", "event")
    assert Subscriber.objects.get().state == "pending"
    clock(hours=73)
    retention.prune()
    assert not Subscriber.objects.exists()
    assert reasons() == []


@pytest.mark.parametrize("ticked", [True, False])
def test_who_asks_again_and_confirms_is_written_to_again(returned, ask, work, mailoutbox, ticked):
    ask(ADDRESS, **({"letters": "on"} if ticked else {}))
    assert is_resting(), "a stranger may have asked"
    work()
    assert [mail.to for mail in mailoutbox] == [[ADDRESS]]
    assert signup.confirm(returned.public_id).state == "confirmed"
    back = Subscriber.objects.get()
    assert (back.returned_at, back.wants_letters, back.confirmed_at) == (
        None,
        True,
        returned.confirmed_at,
    )
    assert list(copies.audience()) == [back]


def test_a_guide_alone_that_came_back_is_asked_for_anew(ask, work, mailoutbox):
    person = make_subscriber(address=ADDRESS)
    bounces.record(person.fingerprint, "hard", "event")
    ask(ADDRESS, letters="on")
    work()
    assert len(mailoutbox) == 1
    signup.confirm(Subscriber.objects.get().public_id)
    back = Subscriber.objects.get()
    assert (back.state, back.wants_letters, back.returned_at) == ("confirmed", True, None)


def test_after_it_was_forgotten_a_confirmed_request_brings_it_back(
    returned, ask, work, mailoutbox, clock
):
    clock(days=31)
    retention.prune()
    ask(ADDRESS)
    work()
    assert len(mailoutbox) == 1
    assert reasons() == ["bounced"], "asking proves nothing yet"
    signup.confirm(Subscriber.objects.get().public_id)
    assert reasons() == []
    work()
    assert len(mailoutbox) == 2


def test_strangers_are_held_to_the_same_number_of_mails(returned, ask, work, mailoutbox, clock):
    for _ in range(5):
        ask(ADDRESS)
        work()
        clock(days=2)
    assert len(mailoutbox) == signup.PER_MONTH


def test_a_complaint_while_it_rests_counts(returned):
    bounces.record(returned.fingerprint, "complaint", "another event")
    assert not Subscriber.objects.exists()
    assert signup.confirm(returned.public_id) is None
    assert reasons() == ["complained"]


def test_a_person_at_the_admin_ends_the_rest(returned, admin_client):
    row = {"action": "write_again", "_selected_action": [returned.pk]}
    said = admin_client.post("/admin/newsletter/subscriber/", row, follow=True).content.decode()
    assert "1 address written to again, from the next letter on." in said
    assert (Subscriber.objects.get().state, Subscriber.objects.get().returned_at) == (
        "confirmed",
        None,
    )
    admin_client.post("/admin/newsletter/subscriber/", row)
    assert Subscriber.objects.get().state == "confirmed"


def test_the_admin_shows_who_rests(returned, admin_client):
    make_subscriber(address="bob@example.org")
    said = admin_client.get("/admin/newsletter/subscriber/?state__exact=returned").content.decode()
    assert ADDRESS in said
    assert "bob@example.org" not in said


def test_who_may_only_look_at_people_cannot_end_a_rest(returned, client):
    user = User.objects.create_user("reader", password="a quiet word", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    client.force_login(user)
    row = {"action": "write_again", "_selected_action": [returned.pk]}
    client.post("/admin/newsletter/subscriber/", row)
    assert is_resting()


def test_the_person_and_the_file_are_told_that_mail_came_back(returned):
    person = Subscriber.objects.get()
    assert (
        "Your mail came back, so we stopped",
        f"{person.returned_at:%-d %B %Y}",
    ) in data_export.rows(person)
    assert data_export.as_data(person)["mail came back"] == person.returned_at


def test_a_new_address_asked_for_before_still_takes_over(person):
    address_change.ask(person, "new@example.org")
    bounces.record(person.fingerprint, "hard", "event")
    new = address_change.confirm(Subscriber.objects.get(address="new@example.org").public_id)
    assert (new.state, new.wants_letters, new.returned_at) == ("confirmed", True, None)
    assert Subscriber.objects.count() == 1


# a mailbox that is unavailable for now


def test_the_third_time_for_now_within_thirty_days_pauses_and_the_next_letter_tries_again(
    person, clock
):
    note = make_delivery(subscriber=person, kind="welcome-1", priority=Delivery.BULK)
    for number in range(3):
        assert copies.audience().exists()
        bounces.record(person.fingerprint, "soft", f"event {number}")
    assert not copies.audience().exists()
    assert Delivery.objects.get(pk=note.pk).not_before - note.not_before == bounces.PAUSE
    clock(days=8)
    assert list(copies.audience()) == [person]
    assert reasons() == []


def test_however_often_it_is_for_now_nobody_is_erased(person, clock):
    for number in range(40):
        bounces.record(person.fingerprint, "soft", f"event {number}")
        clock(days=1)
        retention.prune()
    assert Subscriber.objects.get().state == "confirmed"
    assert reasons() == []


def test_a_pause_of_their_own_stays_as_it_is(person):
    preferences.pause(person)
    until = Subscriber.objects.get().paused_until
    for number in range(3):
        bounces.record(person.fingerprint, "soft", f"event {number}")
    assert Subscriber.objects.get().paused_until == until


def test_soft_ones_further_apart_do_not_add_up(person, clock):
    for number in range(6):
        bounces.record(person.fingerprint, "soft", f"event {number}")
        clock(days=16)
    assert Subscriber.objects.exists()


def test_the_same_event_counts_once(person):
    for _ in range(5):
        bounces.record(person.fingerprint, "soft", "event")
    assert Bounce.objects.count() == 1
    assert Subscriber.objects.exists()


def test_nothing_is_kept_of_an_address_we_do_not_hold():
    for kind in Bounce.Kind:
        bounces.record(hashing.fingerprint("stranger@example.org"), kind, f"event {kind}")
    assert not Bounce.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("wants_letters", [True, False])
def test_mail_that_came_back_is_counted_among_letters_when_its_person_gets_them(
    monkeypatch, wants_letters
):
    counted = []
    monkeypatch.setattr(bounces, "count_mail", lambda what, *, letters: counted.append(letters))
    one = make_subscriber(address="ben@example.org", wants_letters=wants_letters)
    bounces.record(one.fingerprint, "hard", "event")
    assert counted == [wants_letters]


def test_a_complaint_after_leaving_makes_the_goodbye_final(person):
    signup.leave(person.fingerprint)
    bounces.record(person.fingerprint, "complaint", "event")
    assert reasons() == ["complained"]


def test_what_is_kept_of_a_report_is_a_hash_a_class_and_a_time_for_ninety_days(person, clock):
    bounces.record(person.fingerprint, "soft", f"event about {ADDRESS}")
    [bounce] = Bounce.objects.all()
    assert len(bounce.event) == len(bounce.fingerprint) == 64
    clock(days=89)
    retention.prune()
    assert Bounce.objects.exists()
    clock(days=2)
    retention.prune()
    assert not Bounce.objects.exists()


# what the server we send to says itself


def send(monkeypatch, code, words):
    def refuse(*args):
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (code, words)})

    from django.core.mail import get_connection

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    sender.deliver(queue.claim(), get_connection())


@pytest.mark.parametrize(
    "words", [b"5.1.1 no such user", b"#5.1.10 unknown", b"5.2.1 mailbox closed"]
)
def test_a_server_that_does_not_know_the_address_counts_as_hard(person, monkeypatch, words):
    send(monkeypatch, 550, words)
    assert Bounce.objects.get().kind == "hard"
    assert is_resting()


@pytest.mark.parametrize("words", [b"5.2.2 mailbox full", b"5.4.1 no answer from host"])
def test_a_mailbox_that_is_unavailable_counts_as_soft(person, monkeypatch, words):
    send(monkeypatch, 550, words)
    assert Delivery.objects.get().state == "failed"
    assert Bounce.objects.get().kind == "soft"


@pytest.mark.parametrize(
    "words",
    [b"5.7.1 blocked", b"no", b"5.1.8 bad sender", b"5.3.4 too large", b"No such user here"],
)
def test_what_is_about_us_or_the_message_or_unclear_counts_as_nothing(person, monkeypatch, words):
    send(monkeypatch, 550, words)
    assert Delivery.objects.get().state == "failed"
    assert not Bounce.objects.exists()


def test_with_the_old_rule_a_blocked_sender_erased_the_reader(person, monkeypatch):
    """The guard's twin: whatever isn't about the address counted, and the third time erased."""
    monkeypatch.setattr(bounces, "KINDS", dict.fromkeys(Meaning, "soft"))
    monkeypatch.setattr(
        bounces,
        "_pause",
        lambda fingerprint: suppression.forget(fingerprint, Suppression.Reason.BOUNCED),
    )
    for number in range(3):
        bounces.refused(person.fingerprint, Meaning.ABOUT_US, f"event {number}")
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("code", "words"), [(451, b"4.7.1 later"), (550, b"5.4.4 unable to route")]
)
def test_a_no_for_now_counts_as_nothing(person, monkeypatch, code, words):
    send(monkeypatch, code, words)
    assert Delivery.objects.get().state == "retry"
    assert not Bounce.objects.exists()


def test_a_full_mailbox_that_outlasts_every_try_counts_as_soft(person, monkeypatch):
    Delivery.objects.update(attempts=len(sender.BACK_OFF))
    send(monkeypatch, 452, b"4.2.2 mailbox full")
    assert Delivery.objects.get().state == "failed"
    assert Bounce.objects.get().kind == "soft"


def test_a_no_to_the_mail_and_not_to_the_address_counts_as_nothing(person, monkeypatch):
    def refuse(*args):
        raise smtplib.SMTPDataError(554, b"5.1.1 spam")

    from django.core.mail import get_connection

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    sender.deliver(queue.claim(), get_connection())
    assert Delivery.objects.get().state == "failed"
    assert not Bounce.objects.exists()
