"""The life of a letter, from a draft to the last mail."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core.mail import get_connection
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter import suppression
from newsletter.issues import copies, lifecycle, preflight, scheduling
from newsletter.issues.lifecycle import TRANSITIONS, BlockedByPreflight, InvalidTransition
from newsletter.models import Delivery, Letter, Subscriber, Suppression
from newsletter.outbox import queue, sender
from newsletter.subscribing import signup
from tests.factories import make_delivery, make_letter, make_subscriber
from trustsite.web.serving.page_cache import invalidate

pytestmark = pytest.mark.django_db
State = Letter.State


def now():
    return timezone.now()


def make_readers(number):
    return [make_subscriber(wants_letters=True) for _ in range(number)]


def states():
    return sorted(Delivery.objects.values_list("state", flat=True))


@pytest.fixture
def sending():
    """A letter that three people are about to get."""
    make_readers(3)
    letter = make_letter()
    scheduling.send_now(letter)
    scheduling.start_due()
    copies.settle()
    letter.refresh_from_db()
    return letter


# -- who may move where ------------------------------------------------------------------------------------------------

ACTS = {
    "schedule": lambda letter: scheduling.schedule(letter, now() + timedelta(hours=1)),
    "unschedule": scheduling.unschedule,
    "start": scheduling.start,
    "pause": lifecycle.pause,
    "resume": lifecycle.resume,
    "withdraw": lifecycle.withdraw,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", ACTS)
def test_a_letter_makes_the_moves_of_the_table_and_no_other(move, state):
    letter = make_letter(state=state)
    begins, ends = TRANSITIONS[move]
    assert lifecycle.may(move, letter) == (state in begins)
    if state in begins:
        ACTS[move](letter)
    else:
        with pytest.raises(InvalidTransition):
            ACTS[move](letter)
    assert Letter.objects.get().state == (ends if state in begins else state)


def test_of_two_tabs_one_is_told_that_the_letter_has_moved_on():
    one, other = make_letter(), Letter.objects.get()
    scheduling.send_now(one)
    with pytest.raises(InvalidTransition, match="a letter that is scheduled"):
        scheduling.send_now(other)


def test_a_scheduled_letter_keeps_its_words():
    letter = make_letter()
    scheduling.schedule(letter, now() + timedelta(hours=1))
    letter.body = "Other words."
    with pytest.raises(InvalidTransition, match="Unschedule it first"):
        scheduling.write(letter)
    scheduling.unschedule(letter)
    letter.body = "Other words."
    scheduling.write(letter)
    assert Letter.objects.get().body == "Other words."


def test_words_changed_in_another_tab_while_they_were_checked_are_not_scheduled():
    letter = make_letter()
    Letter.objects.update(body="Unchecked words.")
    with pytest.raises(InvalidTransition, match="just changed"):
        scheduling.send_now(letter)
    assert Letter.objects.get().state == State.DRAFT


def test_a_subject_with_line_breaks_is_kept_as_one_line():
    scheduling.write(Letter(subject="Hello\r\nBcc: all@site.example", body="Hello."))
    assert Letter.objects.get().subject == "Hello Bcc: all@site.example"


@pytest.mark.parametrize(
    ("delta", "said"), [({"minutes": -1}, "has passed"), ({"days": 400}, "more than a year")]
)
def test_a_time_that_makes_no_sense_is_refused(delta, said):
    with pytest.raises(InvalidTransition, match=said):
        scheduling.schedule(make_letter(), now() + timedelta(**delta))


def test_a_letter_with_a_blocking_finding_stays_here_and_says_why():
    letter = make_letter(subject="About trauma")
    with pytest.raises(BlockedByPreflight, match="“trauma”") as caught:
        scheduling.send_now(letter)
    assert [finding.name for finding in caught.value.findings] == ["subject"]
    assert Letter.objects.get().state == State.DRAFT


# -- beginning ---------------------------------------------------------------------------------------------------------


def test_it_goes_to_those_who_confirmed_and_want_letters():
    wanting = make_subscriber(wants_letters=True)
    make_subscriber(wants_letters=False)
    make_subscriber(wants_letters=True, state="pending")
    make_subscriber(wants_letters=True, state="leaving")
    make_subscriber(wants_letters=True, paused_until=now() + timedelta(days=1))
    was_paused = make_subscriber(wants_letters=True, paused_until=now() - timedelta(days=1))
    suppression.suppress(
        make_subscriber(wants_letters=True).fingerprint, Suppression.Reason.BOUNCED
    )
    letter = make_letter()
    scheduling.send_now(letter)
    scheduling.start(letter)
    copies.settle()
    assert set(Delivery.objects.values_list("subscriber", flat=True)) == {wanting.pk, was_paused.pk}
    assert set(Delivery.objects.values_list("kind", "letter", "priority")) == {
        ("letter", letter.pk, Delivery.BULK)
    }


def test_it_waits_for_its_time(clock):
    make_readers(1)
    letter = make_letter()
    scheduling.schedule(letter, now() + timedelta(hours=2))
    scheduling.start_due()
    copies.settle()
    assert states() == []
    clock(hours=2, minutes=1)
    scheduling.start_due()
    copies.settle()
    assert states() == ["queued"]
    assert Letter.objects.get().started_at


def test_a_letter_overdue_by_more_than_an_hour_asks_again(clock, log):
    make_readers(1)
    letter = make_letter()
    scheduling.schedule(letter, now() + timedelta(hours=2))
    clock(hours=3, minutes=1)
    scheduling.start_due()
    copies.settle()
    letter.refresh_from_db()
    assert (letter.state, lifecycle.missed(letter), states()) == (State.DRAFT, True, [])
    assert f"Letter {letter.pk} is overdue by 1:0" in log.getvalue()
    scheduling.send_now(letter)
    scheduling.start_due()
    copies.settle()
    assert states() == ["queued"]


def test_what_came_to_block_it_meanwhile_is_found_before_it_begins(settings, log):
    make_readers(1)
    letter = make_letter(body="See [it](/contact/).")
    Letter.objects.update(state=State.SCHEDULED, send_at=now())
    scheduling.start_due()
    copies.settle()
    letter.refresh_from_db()
    assert (letter.state, lifecycle.missed(letter), states()) == (State.DRAFT, True, [])
    assert f"Letter {letter.pk} can't go: links." in log.getvalue()


def test_a_letter_that_cannot_be_made_asks_again_and_stops_no_worker(monkeypatch, log):
    make_readers(1)
    letter, other = make_letter(), make_letter()
    for one in (letter, other):
        scheduling.send_now(one)
    check = preflight.check

    def breaks(checked, **options):
        if checked.pk == letter.pk:
            raise ZeroDivisionError
        return check(checked, **options)

    monkeypatch.setattr(preflight, "check", breaks)
    scheduling.start_due()
    copies.settle()
    assert (Letter.objects.get(pk=letter.pk).state, Delivery.objects.get().letter) == (
        State.DRAFT,
        other,
    )
    assert f"Letter {letter.pk} could not begin" in log.getvalue()


def test_one_broken_letter_holds_up_no_other(monkeypatch):
    make_readers(1)
    quick, other = make_letter(), make_letter()
    for letter in (quick, other):
        scheduling.send_now(letter)
    start = scheduling.start

    def too_slow(letter):
        if letter.pk == quick.pk:
            Letter.objects.filter(pk=letter.pk).update(state=State.DRAFT)
        return start(letter)

    monkeypatch.setattr(scheduling, "start", too_slow)
    scheduling.start_due()
    copies.settle()
    assert list(Delivery.objects.values_list("letter", flat=True)) == [other.pk]


def test_a_kill_in_the_middle_of_the_beginning_loses_nobody_and_doubles_nobody(monkeypatch):
    make_readers(7)
    monkeypatch.setattr(copies, "BATCH", 3)
    letter = make_letter()
    scheduling.send_now(letter)
    scheduling.start(letter)
    copies.step()
    real, written = Delivery.objects.bulk_create, []

    def dies_after_writing(rows, **options):
        written.append(real(rows, **options))
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Delivery.objects, "bulk_create", dies_after_writing)
        with pytest.raises(SystemExit):
            copies.step()
    assert (len(written), len(states())) == (1, 3)
    copies.settle()
    assert (states(), Letter.objects.get().copies) == (["queued"] * 7, 7)


def test_a_batch_that_was_not_noted_would_be_written_twice_but_for_the_constraint(monkeypatch):
    make_readers(3)
    letter = make_letter()
    scheduling.send_now(letter)
    scheduling.start(letter)
    begun = Letter.objects.get().enqueue_below
    copies.settle()
    Letter.objects.update(enqueue_below=begun)
    copies.settle()
    assert states() == ["queued"] * 3


def test_who_confirms_after_the_beginning_gets_the_next_one(monkeypatch):
    make_readers(2)
    monkeypatch.setattr(copies, "BATCH", 1)
    letter = make_letter()
    scheduling.send_now(letter)
    scheduling.start(letter)
    copies.step()
    late = make_subscriber(wants_letters=True)
    copies.settle()
    assert late.pk not in Delivery.objects.values_list("subscriber", flat=True)


def queries_of(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


@pytest.mark.parametrize("move", ["start", "pause", "resume", "withdraw"])
def test_a_move_costs_the_same_whatever_the_length_of_the_list_and_a_batch_too(move, monkeypatch):
    monkeypatch.setattr(copies, "BATCH", 5)
    costs = []
    invalidate()  # the first change ever makes the row that counts them
    for people in (10, 40):
        Delivery.objects.all().delete()
        make_readers(people)
        begins = TRANSITIONS[move][0][0]
        letter = make_letter(state=begins)
        if move != "start":
            was = "held" if move == "resume" else "queued"
            for person in Subscriber.objects.all():
                make_delivery(kind="letter", letter=letter, subscriber=person, state=was)
        per_move = queries_of(lambda letter=letter: ACTS[move](letter))
        per_batch = queries_of(copies.step)
        changed = Delivery.objects.filter(letter=letter)
        if move != "start":
            changed = changed.exclude(state=was)
        costs.append((per_move, per_batch, changed.count()))
        copies.settle()
    assert costs[0] == costs[1]
    assert costs[0][2] == 5, "a batch is no longer than BATCH"


# -- on its way --------------------------------------------------------------------------------------------------------


def test_everybody_gets_it_once_and_then_it_is_sent(sending, work, mailoutbox):
    work()
    work()
    assert sorted(mail.to for mail in mailoutbox) == sorted(
        [row.subscriber.address] for row in Delivery.objects.all()
    )
    sending.refresh_from_db()
    assert (sending.state, lifecycle.progress(sending)) == (State.SENT, {Delivery.State.SENT: 3})
    assert sending.finished_at


def test_a_letter_to_nobody_is_sent_at_once(work):
    scheduling.send_now(make_letter())
    work()
    work()
    assert Letter.objects.get().state == State.SENT


def test_a_confirmation_overtakes_it(sending, work, mailoutbox):
    make_delivery(kind="confirm")
    work()
    assert mailoutbox[0].subject == "Please confirm your e-mail"


def test_paused_it_stands_still_and_resumed_it_goes_on(sending, work, mailoutbox):
    lifecycle.pause(sending)
    copies.settle()
    work()
    assert (mailoutbox, states()) == ([], ["held"] * 3)
    lifecycle.resume(sending)
    copies.settle()
    work()
    assert len(mailoutbox) == 3


def test_a_mail_that_was_taken_before_the_pause_waits_and_is_not_lost(
    sending, clock, work, mailoutbox
):
    taken = queue.claim()
    lifecycle.pause(sending)
    copies.settle()
    taken.letter.refresh_from_db()
    sender.deliver(taken, backend=None)
    assert states() == ["held", "held", "queued"]
    lifecycle.resume(sending)
    copies.settle()
    clock(minutes=2)
    work()
    assert len(mailoutbox) == 3


def test_withdrawn_it_goes_to_nobody_else(sending, work, mailoutbox):
    sender.deliver(queue.claim(), backend=get_connection())
    lifecycle.withdraw(sending)
    copies.settle()
    work()
    assert (len(mailoutbox), states()) == (1, ["sent", "suppressed", "suppressed"])


def test_withdrawn_from_a_pause_it_goes_to_nobody(sending, work, mailoutbox):
    lifecycle.pause(sending)
    copies.settle()
    lifecycle.withdraw(sending)
    copies.settle()
    work()
    assert (mailoutbox, states()) == ([], ["suppressed"] * 3)


def test_who_leaves_meanwhile_gets_nothing(sending, work, mailoutbox):
    signup.leave(Delivery.objects.first().subscriber.fingerprint)
    work()
    assert len(mailoutbox) == 2


def test_what_is_sent_are_the_words_it_had_when_it_began(sending, work, mailoutbox):
    Letter.objects.update(subject="Other", body="Other words.")
    work()
    assert {mail.subject for mail in mailoutbox} == {"A quiet week"}
    assert all("Nothing much" in mail.body for mail in mailoutbox)


# -- the mail ----------------------------------------------------------------------------------------------------------


def test_the_mail_has_equal_parts_a_way_out_and_nothing_but_that_from_person_to_person(
    sending, work, mailoutbox
):
    work()
    sent = [
        message_from_bytes(mail.message().as_bytes(), policy=policy.default) for mail in mailoutbox
    ]
    for mail, row in zip(sent, Delivery.objects.order_by("pk"), strict=True):
        assert mail["Message-ID"] == row.message_id
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = mail["List-Unsubscribe"].strip(" <>")
        for kind in ("plain", "html"):
            part = mail.get_body((kind,)).get_content()
            assert "Nothing much, and that’s fine." in part
            assert link in part
    bodies = [mail.get_body(("plain",)).get_content() for mail in sent]
    without_tokens = {re.sub(r"https?://\S+/newsletter/\S+", "", body) for body in bodies}
    assert len(without_tokens) == 1


def test_the_mail_of_a_plain_letter_has_no_finding():
    assert preflight.blocking(preflight.check(make_letter())) == []
