"""The outbox: the eight rules, in their order."""

import re
import smtplib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from newsletter import suppression
from newsletter.emails.registry import EMAILS
from newsletter.models import Delivery, Letter, Subscriber
from newsletter.outbox import failpoints, queue, sender, smtp_backend
from newsletter.outbox.eligibility import is_wanted, wait_until
from newsletter.outbox.smtp_errors import Classification, classify_send_error
from newsletter.subscribing import signup
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
STATES = list(Delivery.State)
FINISHED = [state for state in STATES if state not in Delivery.OPEN]


class Failing:
    """A mail backend that raises what it is told to, when connecting or when sending."""

    def __init__(self, *, opening=None, sending=None):
        self.opening, self.sending, self.closed = opening, sending, 0

    def open(self):
        if self.opening:
            raise self.opening

    def send_messages(self, messages):
        if self.sending:
            raise self.sending
        return mail.get_connection().send_messages(messages)

    def close(self):
        self.closed += 1


def send(backend=None):
    """Claim the next mail and try to send it."""
    row = queue.claim()
    verdict = sender.deliver(row, backend or mail.get_connection())
    row.refresh_from_db()
    return row, verdict


# 1


def test_a_mail_is_queued_with_its_cause_or_not_at_all():
    person = make_subscriber()
    with transaction.atomic():
        queue.enqueue("guide", person)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mail_without_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        queue.enqueue("guide", make_subscriber())


def test_queueing_twice_makes_one_mail():
    person = make_subscriber()
    for _ in range(2):
        queue.enqueue("guide", person)
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("state", Delivery.OPEN)
def test_a_mail_on_its_way_is_left_alone(state):
    row = make_delivery(state=state)
    queue.enqueue(row.kind, row.subscriber)
    assert (Delivery.objects.get().state, Delivery.objects.get().message_id) == (
        state,
        row.message_id,
    )


@pytest.mark.parametrize("state", FINISHED)
def test_a_finished_mail_goes_out_anew_as_another_message(state):
    row = make_delivery(state=state, attempts=6, crashes=2, smtp_reply="550 no")
    queue.enqueue(row.kind, row.subscriber)
    again = Delivery.objects.get()
    assert (again.state, again.attempts, again.crashes, again.smtp_reply) == ("queued", 0, 0, "")
    assert again.message_id != row.message_id


# 2


def test_the_mail_due_longest_is_taken_first_and_each_once():
    now = timezone.now()
    late = make_delivery(not_before=now - timedelta(minutes=1))
    later = make_delivery(not_before=now - timedelta(minutes=5), state="retry")
    make_delivery(not_before=now + timedelta(minutes=1))
    assert [queue.claim(), queue.claim(), queue.claim()] == [later, late, None]


@pytest.mark.parametrize("state", [state for state in STATES if state not in Delivery.WAITING])
def test_nothing_else_is_ever_taken(state):
    make_delivery(state=state)
    assert queue.claim() is None


def test_what_is_taken_is_as_the_database_has_it():
    letter = Letter.objects.create(
        subject="A letter", body="Words.", sent_subject="A letter", state="sending"
    )
    row = make_delivery(kind="letter", letter=letter, priority=Delivery.BULK)
    suppression.suppress(row.subscriber.fingerprint, "bounced")
    taken = queue.claim()
    kept = Delivery.objects.select_related("subscriber", "letter").get()
    for mine, its in [(taken, kept), (taken.subscriber, kept.subscriber)]:
        fields = [field.attname for field in mine._meta.concrete_fields]
        assert [getattr(mine, name) for name in fields] == [getattr(its, name) for name in fields]
    assert (taken.letter.state, taken.letter.sent_subject) == ("sending", "A letter")
    assert taken.subscriber.suppressed_as == "bounced"


def test_what_somebody_waits_for_can_be_taken_alone():
    patient, prompt = make_delivery(priority=Delivery.BULK), make_delivery()
    assert [queue.claim(high_only=True), queue.claim(high_only=True)] == [prompt, None]
    assert queue.claim() == patient


@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_read_the_whole_outbox():
    from django.db import connection

    from newsletter.outbox import queue_sql

    # A letter's copies have just been enqueued, and nobody has counted the rows yet.
    people = [Subscriber(address=f"{n}@example.org", fingerprint=f"{n}") for n in range(2000)]
    mails = [
        Delivery(kind="settings", subscriber=one) for one in Subscriber.objects.bulk_create(people)
    ]
    Delivery.objects.bulk_create(mails)
    now, explain = timezone.now(), "EXPLAIN QUERY PLAN "
    sql = queue_sql.SQLITE_CLAIM
    if connection.vendor == "postgresql":
        sql, explain = queue_sql.POSTGRESQL_CLAIM, "EXPLAIN "
    sql, values = queue_sql.Claim(2, "token", now, now, 1).statement(sql)
    with connection.cursor() as cursor:
        cursor.execute(explain + sql, values)
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert re.search(r"(USING|Scan using) (COVERING )?(INDEX )?waiting_mail", plan), plan
    for word in (
        "TEMP B-TREE",
        "Sort",
        "SCAN newsletter_delivery",
        "Seq Scan on newsletter_delivery",
    ):
        assert word not in plan, plan
    assert plan.count("waiting_mail") == 1, plan  # once more would be a look at all that wait


def test_a_taken_mail_has_a_lease_of_five_minutes():
    make_delivery()
    row = queue.claim()
    assert row.state == "sending"
    assert abs(row.lease_until - timezone.now() - timedelta(minutes=5)) < timedelta(seconds=5)


# 3


def test_who_was_suppressed_before_the_claim_gets_nothing(mailoutbox):
    person = make_delivery().subscriber
    suppression.suppress(person.fingerprint, "bounced")
    assert send()[0].state == "suppressed"
    assert mailoutbox == []


def test_who_leaves_before_the_claim_gets_nothing(work, mailoutbox):
    rows = [make_delivery() for _ in range(3)]
    signup.leave(rows[1].subscriber.fingerprint)
    work()
    sent = [message.to[0] for message in mailoutbox]
    assert sorted(sent) == sorted([rows[0].subscriber.address, rows[2].subscriber.address])


def test_who_leaves_while_others_are_sent_gets_nothing(mailoutbox, monkeypatch, work):
    rows = [make_delivery() for _ in range(10)]
    monkeypatch.setattr(
        failpoints,
        "hit",
        lambda stage: (
            [signup.leave(row.subscriber.fingerprint) for row in rows[5:]]
            if stage == "after-commit" and len(mailoutbox) == 3
            else None
        ),
    )
    work()
    assert {message.to[0] for message in mailoutbox} == {row.subscriber.address for row in rows[:5]}


def test_who_leaves_while_their_mail_is_being_sent_costs_no_error(monkeypatch, mailoutbox):
    row = make_delivery()
    monkeypatch.setattr(
        failpoints,
        "hit",
        lambda stage: (
            signup.leave(row.subscriber.fingerprint) if stage == "after-connect" else None
        ),
    )
    assert sender.deliver(queue.claim(), mail.get_connection()) is None
    assert len(mailoutbox) == 1
    assert not Delivery.objects.exists()


def test_a_confirmation_nobody_waits_for_is_not_sent(mailoutbox):
    row = make_delivery(kind="confirm")
    Subscriber.objects.update(state="confirmed")
    assert send()[0] == row
    assert Delivery.objects.get().state == "suppressed"


def test_a_guide_waits_for_nobody_who_has_not_confirmed(mailoutbox):
    make_delivery(subscriber=make_subscriber(state="pending"))
    assert send()[0].state == "suppressed"


def test_who_left_and_asked_anew_is_asked_to_confirm(mailoutbox):
    row = make_delivery(kind="confirm")
    suppression.suppress(row.subscriber.fingerprint, "unsubscribed")
    assert send()[0].state == "sent"


# 4, 5


def test_a_sent_mail_is_marked_and_its_time_kept(mailoutbox):
    row, verdict = send() if make_delivery() else None
    assert verdict is None
    assert (row.state, row.worker_token, row.lease_until, row.sent_at is not None) == (
        "sent",
        "",
        None,
        True,
    )
    assert Subscriber.objects.get().guide_sent_at == row.sent_at
    assert mailoutbox[0].extra_headers["Message-ID"] == row.message_id


def test_a_mail_that_cannot_be_rendered_fails_and_holds_nobody_up(monkeypatch, work, mailoutbox):
    poison, good = make_delivery(kind="confirm"), make_delivery()
    broken = replace(EMAILS["confirm"], build=lambda row: 1 / 0)
    monkeypatch.setitem(EMAILS, "confirm", broken)
    work()
    poison.refresh_from_db()
    assert (poison.state, poison.smtp_reply) == (
        "failed",
        "The mail could not be made: ZeroDivisionError",
    )
    assert [message.to for message in mailoutbox] == [[good.subscriber.address]]


def test_a_head_of_two_lines_fails_and_holds_nobody_up(settings, work, mailoutbox, monkeypatch):
    bad, good = make_delivery(kind="confirm"), make_delivery()
    real = sender.messages.confirm

    def two_lines(row):
        letter = real(row)
        letter.subject = "Please\nBcc: everybody@example.org"
        return letter

    monkeypatch.setitem(EMAILS, "confirm", replace(EMAILS["confirm"], build=two_lines))
    work()
    bad.refresh_from_db()
    assert (bad.state, bad.smtp_reply) == ("failed", "BadHeaderError")
    assert [message.to for message in mailoutbox] == [[good.subscriber.address]]


# 6


def test_a_soft_no_is_tried_again_later_each_time_and_given_up_after_the_last_pause(clock):
    make_delivery()
    backend = Failing(sending=smtplib.SMTPDataError(451, b"try later"))
    pauses, ids = [], set()
    for _ in sender.BACK_OFF:
        row, _ = send(backend)
        assert (row.state, row.smtp_reply) == ("retry", "451 try later")
        pauses.append((row.not_before - timezone.now()) / timedelta(minutes=1))
        ids.add(row.message_id)
        assert queue.claim() is None
        clock(hours=15)
    minutes = [1, 5, 20, 60, 240, 720]
    assert all(
        0.79 * right < pause < 1.21 * right for pause, right in zip(pauses, minutes, strict=True)
    )
    assert len(set(pauses)) == len(pauses)
    row, _ = send(backend)
    assert (row.state, row.attempts, ids) == ("failed", 7, {row.message_id})


def test_a_soft_no_to_the_recipient_waits_a_step_longer():
    make_delivery()
    row, _ = send(Failing(sending=smtplib.SMTPRecipientsRefused({"a@b.co": (450, b"greylisted")})))
    assert timedelta(minutes=3.9) < row.not_before - timezone.now() < timedelta(minutes=6.1)


def test_a_hard_no_is_final_and_keeps_no_address():
    make_delivery()
    row, _ = send(
        Failing(
            sending=smtplib.SMTPRecipientsRefused(
                {"a@b.co": (550, b"5.7.1 <a@b.co>: not from you")}
            )
        )
    )
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.smtp_reply == "550 5.7.1 <[address]>: not from you"


def test_a_server_that_is_away_is_waited_for_without_end(clock):
    make_delivery()
    for _ in range(20):
        row, verdict = send(Failing(opening=ConnectionRefusedError(111, "Connection refused")))
        assert (row.state, verdict.broken) == ("retry", True)
        clock(hours=15)
    assert send()[0].state == "sent"


def test_a_connection_that_breaks_is_closed_and_tried_again():
    make_delivery()
    backend = Failing(sending=smtplib.SMTPServerDisconnected("Connection unexpectedly closed"))
    row, _ = send(backend)
    assert (row.state, row.attempts, backend.closed) == ("retry", 1, 1)


@pytest.mark.parametrize("attempts", [0, 3])
def test_a_wrong_password_stops_everything_and_uses_up_nothing(attempts):
    make_delivery(attempts=attempts)
    row = queue.claim()
    with pytest.raises(sender.SmtpAuthenticationRejected):
        sender.deliver(
            row, Failing(opening=smtplib.SMTPAuthenticationError(535, b"bad credentials"))
        )
    row.refresh_from_db()
    assert (row.state, row.attempts, row.worker_token) == (
        "retry" if attempts else "queued",
        attempts,
        "",
    )
    assert queue.claim() == row


def test_an_unsure_outcome_waits_for_a_person_and_is_never_repeated_in_silence(clock):
    from newsletter.outbox.smtp_backend import UnsureOutcome

    make_delivery()
    row, _ = send(Failing(sending=UnsureOutcome("No answer after the whole message was sent")))
    assert row.state == "unknown"
    clock(days=5)
    queue.release_expired()
    assert queue.claim() is None


# 7


def test_what_a_dead_worker_held_comes_free_when_its_lease_ends(clock):
    make_delivery()
    row = queue.claim()
    clock(minutes=4)
    assert queue.release_expired() == 0
    clock(minutes=2)
    assert queue.release_expired() == 1
    again = queue.claim()
    assert (again, again.message_id, again.attempts) == (row, row.message_id, 0)


def test_after_the_third_crash_a_person_must_look(clock):
    make_delivery()
    for _ in range(3):
        assert queue.claim()
        clock(minutes=6)
        queue.release_expired()
    row = Delivery.objects.get()
    assert (row.state, row.crashes) == ("unknown", 3)
    clock(days=30)
    queue.release_expired()
    assert queue.claim() is None
    assert queue.requeue(row)
    assert queue.claim() == row


def test_soft_noes_are_no_crashes(clock):
    make_delivery(attempts=5)
    queue.claim()
    clock(minutes=6)
    queue.release_expired()
    assert Delivery.objects.get().state == "retry"


# 8


def test_a_worker_that_lost_its_lease_changes_nothing_any_more(clock, mailoutbox):
    make_delivery()
    slow = queue.claim()
    clock(minutes=6)
    queue.release_expired()
    quick = queue.claim()
    sender.deliver(quick, mail.get_connection())
    done = Delivery.objects.values().get()
    assert not queue.mark(slow, Delivery.State.FAILED, smtp_reply="550 no")
    sender.deliver(slow, mail.get_connection())
    assert Delivery.objects.values().get() == done
    assert len(mailoutbox) == 2
    assert len({message.extra_headers["Message-ID"] for message in mailoutbox}) == 1


def test_a_worker_that_lost_its_lease_leaves_the_mail_to_who_holds_it_now(clock):
    make_delivery()
    slow = queue.claim()
    clock(minutes=6)
    queue.release_expired()
    quick = queue.claim()
    assert not queue.mark(slow, Delivery.State.FAILED)
    assert Delivery.objects.get().worker_token == quick.worker_token
    assert queue.mark(quick, Delivery.State.SENT)


def test_the_slow_worker_says_so_in_the_log(clock, log):
    make_delivery()
    slow = queue.claim()
    clock(minutes=6)
    queue.release_expired()
    queue.mark(slow, Delivery.State.SENT)
    assert f"Delivery {slow.pk} was no longer ours" in log.getvalue()


@pytest.mark.parametrize("state", Letter.State)
def test_a_letter_goes_out_while_it_is_being_sent_or_was_and_at_no_other_time(state, mailoutbox):
    letter = make_letter(state=state)
    make_delivery(kind="letter", letter=letter, subscriber=make_subscriber(wants_letters=True))
    row = queue.claim()
    if row:
        sender.deliver(row, mail.get_connection())
    assert bool(mailoutbox) is (state in {Letter.State.SENDING, Letter.State.SENT})


@pytest.mark.parametrize(("days", "comes"), [(-1, True), (1, False)])
def test_issues_are_not_saved_up_for_the_end_of_a_persons_pause(days, comes, mailoutbox):
    until = timezone.now() + timedelta(days=days)
    person = make_subscriber(wants_letters=True, paused_until=until)
    letter = make_letter(state=Letter.State.SENDING)
    row = make_delivery(kind="letter", letter=letter, subscriber=person)
    sender.deliver(queue.claim(), mail.get_connection())
    row.refresh_from_db()
    assert (bool(mailoutbox), row.state) == (comes, "sent" if comes else "suppressed")


@pytest.mark.parametrize(("alert", "level"), [(True, "ERROR"), (False, "WARNING")])
def test_what_a_person_must_look_at_is_logged_as_an_error(alert, level, caplog):
    row = make_delivery()
    refused = smtplib.SMTPRecipientsRefused({row.subscriber.address: (452, b"4.2.2 full")})
    failure = replace(classify_send_error(refused), alert=alert)
    sender.handle_failure(queue.claim(), failure)
    assert [record.levelname for record in caplog.records if "Delivery" in record.message] == [
        level
    ]


@pytest.mark.parametrize(
    ("attempts", "is_slow", "pause"),
    [
        (0, False, 0),
        (0, True, 1),
        (1, False, 1),
        (1, True, 2),
        (3, True, 4),
        (5, True, 5),
        (9, True, 5),
    ],
)
def test_what_a_mailbox_puts_off_waits_one_step_longer(attempts, is_slow, pause, monkeypatch):
    monkeypatch.setattr(sender, "JITTER", 0.0)
    marked = {}
    monkeypatch.setattr(queue, "mark", lambda *args, **values: marked.update(values))
    delivery, before = make_delivery(attempts=attempts), timezone.now()
    sender.schedule_retry(delivery, Classification("retry", "450 later", slow=is_slow))
    waited = marked["not_before"] - before
    assert sender.BACK_OFF[pause] <= waited < sender.BACK_OFF[pause] + timedelta(seconds=60)


def test_a_backend_that_waits_for_answers_sees_that_the_worker_stops():
    backend, other = smtp_backend.Backend(), mail.get_connection()
    for each in (backend, other):
        sender.watch(each, lambda: True)
    assert backend.is_stopping()
    assert not hasattr(other, "is_stopping")


@pytest.mark.parametrize(
    ("asked", "has", "may"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_who_is_on_the_list_is_asked_about_letters_only_after_asking_for_them(asked, has, may):
    person = make_subscriber(state="confirmed", letters_asked=asked, wants_letters=has)
    assert is_wanted(make_delivery(kind="confirm", subscriber=person)) is may


class Pace:
    """A rate limiter that lets a mail go at once, and asks others to wait."""

    def take(self, delivery):
        return 0

    def delay_for(self, delivery):
        return 90


def test_a_mail_that_took_its_turn_is_counted_so_that_the_turn_can_be_given_back():
    delivery = make_delivery()
    assert sender._wait_for_turn(delivery, Pace())
    assert delivery.is_counted is True


def test_a_mail_beyond_the_rate_limit_is_looked_at_again_when_there_is_room():
    now = timezone.now()
    assert wait_until(make_delivery(), Pace()) - now >= timedelta(seconds=90)
    assert wait_until(make_delivery(), None) is None
