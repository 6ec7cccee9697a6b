"""A letter that servers refuse because of us stops before every copy of it is burnt."""

import smtplib

import pytest
from django.utils import timezone

from newsletter.bounces.bounce_classes import Meaning
from newsletter.issues import copies, lifecycle, scheduling
from newsletter.issues.refusals import IN_A_ROW, LATEST, OF_ANY_SORT, SHARE, RefusalMonitor
from newsletter.models import Bounce, Delivery, Heartbeat, Letter, Subscriber
from newsletter.outbox.sender import BACK_OFF
from newsletter.outbox.smtp_errors import Classification
from newsletter.worker import Worker
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
PEOPLE = 40
UNSIGNED = (550, b"5.7.26 <ann@example.org> This mail is unauthenticated")


@pytest.fixture
def letter():
    for _ in range(PEOPLE):
        make_subscriber(wants_letters=True)
    letter = make_letter(state="scheduled")
    scheduling.start(letter)
    copies.settle()
    return letter


@pytest.fixture
def answer(monkeypatch):
    """Let the server answer each mail by a function of its number; None is a yes."""

    def answer(reply):
        tried = []

        def send(backend, mails):
            tried.extend(mails)
            if refusal := reply(len(tried)):
                raise smtplib.SMTPDataError(*refusal)
            return len(mails)

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send)
        return tried

    return answer


def states(letter):
    return lifecycle.progress(letter)


def test_refusals_in_a_row_that_speak_of_us_pause_it_and_lose_no_copy(
    letter, answer, work, admin_client
):
    tried = answer(lambda number: UNSIGNED)
    work()
    letter.refresh_from_db()
    assert len(tried) == IN_A_ROW
    assert letter.state == "paused"
    assert states(letter) == {"held": PEOPLE}
    assert letter.trouble.startswith("550 5.7.26")
    assert "ann@example.org" not in letter.trouble
    assert "5.7.26" in Heartbeat.objects.get().trouble
    assert not Bounce.objects.exists()
    assert Subscriber.objects.filter(state="confirmed").count() == PEOPLE
    for page in ("/admin/", f"/admin/newsletter/letter/{letter.pk}/sending/"):
        assert "5.7.26" in admin_client.get(page).content.decode()


def test_the_words_stay_until_it_goes_on_and_then_every_copy_goes_out_once(
    letter, answer, work, clock
):
    answer(lambda number: UNSIGNED)
    work()
    work()  # another worker, another beat
    assert "5.7.26" in Heartbeat.objects.get().trouble
    tried = answer(lambda number: None)
    lifecycle.resume(Letter.objects.get())
    copies.settle()
    clock(minutes=2)  # what was claimed before it was held had been put off for a minute
    work()
    assert len({mail.to[0] for mail in tried}) == len(tried) == PEOPLE
    assert states(letter) == {"sent": PEOPLE}
    work()
    assert Heartbeat.objects.get().trouble == ""
    assert Letter.objects.get().trouble == ""


def test_without_it_every_copy_is_refused_and_the_letter_reads_as_sent(
    letter, answer, work, monkeypatch
):
    monkeypatch.setattr(RefusalMonitor, "record", lambda *args: None)
    answer(lambda number: UNSIGNED)
    work()
    assert states(letter) == {"failed": PEOPLE}
    assert Letter.objects.get().state == "sent"


@pytest.mark.parametrize(
    "refusal",
    [
        (550, b"5.1.1 no such user"),
        (552, b"5.3.4 too large"),
        (550, b"no"),
        (451, b"4.7.1 greylisted"),
    ],
)
def test_refusals_that_do_not_speak_of_us_do_not_pause(letter, answer, work, refusal):
    answer(lambda number: refusal)
    work()
    assert Letter.objects.get().state != "paused"


def test_a_few_among_many_do_not_pause(letter, answer, work):
    answer(lambda number: UNSIGNED if number % 5 == 0 else None)
    work()
    assert states(letter) == {"sent": PEOPLE * 4 // 5, "failed": PEOPLE // 5}


def test_a_share_of_the_latest_pauses_too():
    refusals, paused = RefusalMonitor(), []
    row = Delivery(pk=1, letter=make_letter(state="sending"))
    refused = Classification("failed", "550 5.7.1 no", meaning=Meaning.ABOUT_US)
    for number in range(1, LATEST):
        if number % 3:
            refusals.record_sent(row)
        else:
            refusals.record(row, refused)
        paused.append(Letter.objects.get().state == "paused")
    assert paused.index(True) + 1 == SHARE * 3


@pytest.mark.parametrize(("meaning", "again"), [(Meaning.UNKNOWN, OF_ANY_SORT), (Meaning.GONE, 0)])
def test_when_nobody_is_reached_it_pauses_whatever_the_reason(meaning, again):
    letter, refusals = make_letter(state="sending"), RefusalMonitor()
    for number in range(OF_ANY_SORT):
        assert Letter.objects.get().state == "sending"
        row = make_delivery(letter=letter, kind="letter", state="failed")
        refusals.record(row, Classification("failed", f"550 no {number}", meaning=meaning))
    assert (Letter.objects.get().state, states(letter).get("held", 0)) == ("paused", again)


def test_a_no_for_now_because_of_us_that_outlasts_every_try_pauses_it(letter, work, monkeypatch):
    def refuse(backend, mails):
        [to] = mails[0].to
        raise smtplib.SMTPRecipientsRefused({to: (450, b"4.7.1 deferred: your reputation")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    work()
    letter.refresh_from_db()
    assert (letter.state, states(letter)) == ("sending", {"retry": PEOPLE})
    tried = {"attempts": len(BACK_OFF), "not_before": timezone.now()}
    Delivery.objects.update(**tried)
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.trouble[:9]) == ("paused", "450 4.7.1")
    assert states(letter) == {"held": PEOPLE}


def test_a_letter_that_a_person_paused_meanwhile_stays_theirs(letter, answer):
    answer(lambda number: UNSIGNED)
    worker = Worker()
    lifecycle.pause(letter)
    copies.settle()
    for number in range(IN_A_ROW):
        worker.shared.refusals.record(
            Delivery(pk=number + 1, letter=letter),
            Classification("failed", "550 5.7.1", meaning=Meaning.ABOUT_US),
        )
    assert (Letter.objects.get().state, Letter.objects.get().trouble) == ("paused", "")


def test_what_is_counted_has_an_end():
    refusals = RefusalMonitor()
    for number in range(1, 100):
        for _ in range(LATEST * 2):
            refusals.record_sent(Delivery(letter_id=number))
    assert len(refusals.latest) <= 10
    assert all(len(latest) <= LATEST for latest in refusals.latest.values())
