"""From one address to another."""

import pytest
from django.utils import timezone

from newsletter import hashing, suppression, tokens
from newsletter.emails import welcome_series
from newsletter.models import Delivery, FormMailCount, Letter, Subscriber, Suppression
from newsletter.outbox import retention
from newsletter.subscribing import address_change, limits, preferences, signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
NEW = "new@example.org"


@pytest.fixture
def person(clock):
    """Somebody with letters, whose guide went out three days ago and whose first note has been sent."""
    person = make_subscriber(
        address="old@example.org", wants_letters=True, wording="2026-11", basis="a form"
    )
    make_delivery(subscriber=person, state="sent")
    welcome_series.guide_went_out(person.pk, timezone.now())
    clock(days=3)
    Delivery.objects.filter(kind="welcome-1").update(state="sent")
    return person


@pytest.fixture
def move(client, person, decide):
    url = f"/newsletter/settings/{tokens.settings_token(person)}/"

    def move(address=NEW):
        response = client.post(url, {"wish": "move", "address": address})
        decide()
        return response

    return move


@pytest.fixture
def press(client):
    """Press the button of the mail that asks the new address."""

    def press(method="post"):
        new = Subscriber.objects.get(address=NEW)
        return getattr(client, method)(f"/newsletter/confirm/{tokens.confirm_token(new)}/")

    return press


def test_the_new_address_is_asked_and_nothing_moves_yet(move, work, mailoutbox, person):
    assert move().status_code == 200
    work()
    [sent] = mailoutbox
    assert (sent.to, sent.subject) == ([NEW], "Please confirm your new address")
    person.refresh_from_db()
    assert (person.state, person.address) == ("confirmed", "old@example.org")


def test_the_page_of_the_link_says_what_its_button_does_and_changes_nothing(
    move, press, dump, parse, text_of
):
    move()
    before = dump()
    page = parse(press("get"))
    assert [text_of(button) for button in page.findall(".//main//button")] == ["Use this address"]
    assert "We erase the old one." in text_of(page)
    assert dump() == before


def test_pressing_it_moves_everything_over_and_erases_the_old_address(
    move, press, person, parse, text_of, dump
):
    move()
    before = {row.pk: (row.kind, row.state, row.not_before) for row in person.deliveries.all()}
    page = parse(press())
    [moved] = Subscriber.objects.all()
    assert "You have moved" in text_of(page)
    kept = ("wants_letters", "wording", "basis", "asked_at", "confirmed_at", "state")
    assert {name: getattr(moved, name) for name in kept} == {
        name: getattr(person, name) for name in kept
    }
    assert moved.guide_sent_at is not None
    assert (moved.address, moved.replaces) == (NEW, None)
    rows = moved.deliveries.exclude(kind="move")
    assert {row.pk: (row.kind, row.state, row.not_before) for row in rows} == before
    assert "old@example.org" not in str(dump())
    assert not Suppression.objects.exists()


def test_the_welcome_emails_go_on_at_the_new_address_and_no_guide_comes_again(
    move, press, work, clock, mailoutbox
):
    move()
    press()
    clock(days=12)
    work()
    assert [(mail.to[0], mail.subject) for mail in mailoutbox] == [
        (NEW, "One minute, two feet"),
        (NEW, "The people around you"),
        (NEW, "Where next"),
    ]


def test_a_pause_a_waiting_letter_and_a_waiting_guide_come_along(client, clock, decide):
    old = make_subscriber(address="old@example.org", wants_letters=True)
    letter = Letter.objects.create(subject="A letter", body="Words.", state="sending")
    for values in ({"kind": "guide"}, {"kind": "letter", "letter": letter}, {"kind": "settings"}):
        make_delivery(subscriber=old, **values)
    preferences.pause(old)
    client.post(
        f"/newsletter/settings/{tokens.settings_token(old)}/", {"wish": "move", "address": NEW}
    )
    decide()
    client.post(f"/newsletter/confirm/{tokens.confirm_token(Subscriber.objects.get(address=NEW))}/")
    [moved] = Subscriber.objects.all()
    assert preferences.is_paused(moved)
    assert sorted(moved.deliveries.values_list("kind", flat=True)) == ["guide", "letter", "move"]


def test_pressing_twice_moves_once_and_says_the_same(move, press, work, mailoutbox):
    move()
    first = press()
    assert press().content == first.content
    work()
    assert "Here's your guide" not in [mail.subject for mail in mailoutbox]


ADDRESSES = [
    "known@example.org",
    "pending@example.org",
    "complained@example.org",
    "a@blocked.example",
    "old@example.org",
]


@pytest.fixture
def known(settings):
    """Addresses that nothing may be sent to."""
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    make_subscriber(address="known@example.org")
    make_subscriber(address="pending@example.org", state="pending")
    suppression.suppress(hashing.fingerprint("complained@example.org"), "complained")


def test_the_answer_is_the_same_whatever_is_known_of_the_new_address(
    move, known, monkeypatch, parse, text_of
):
    monkeypatch.setattr(address_change, "PER_DAY", 100)
    answers = [move(name) for name in (NEW, *ADDRESSES, NEW)]
    said = {text_of(parse(answer).find(".//*[@role='status']")) for answer in answers}
    assert {answer.status_code for answer in answers} == {200}
    assert said == {
        "If the new address can receive our mail, a message is on its way there. Press its button to move."
    }


@pytest.mark.parametrize("name", [*ADDRESSES, "OLD@example.org"])
def test_an_address_that_is_known_blocked_or_refused_is_not_written_to(move, known, name):
    assert move(name).status_code == 200
    assert not Delivery.objects.filter(kind="move").exists()
    assert not Subscriber.objects.exclude(replaces=None).exists()


def test_who_once_left_from_the_new_address_may_move_there_and_the_goodbye_is_forgotten(
    move, press
):
    signup.leave(hashing.fingerprint(NEW))
    move()
    press()
    assert not Suppression.objects.exists()
    assert Subscriber.objects.get().address == NEW


@pytest.mark.parametrize("address", ["", "new", "a@b.co,c@d.co", "a@b.co\nBcc: x@y.z"])
def test_a_bad_address_brings_the_form_back_with_what_was_typed(move, address, parse):
    response = move(address)
    field = parse(response).find(".//input[@name='address']")
    assert response.status_code == 422
    assert field.get("value", "") == address.replace("\n", "")


def test_the_address_named_last_is_the_one_that_can_take_over(move, client):
    move("first@example.org")
    first = Subscriber.objects.get(address="first@example.org")
    move(NEW)
    assert client.post(f"/newsletter/confirm/{tokens.confirm_token(first)}/").status_code == 404
    assert set(Subscriber.objects.values_list("address", flat=True)) == {"old@example.org", NEW}


def test_one_person_cannot_have_strangers_written_to_without_end(move):
    for number in range(8):
        move(f"stranger-{number}@example.org")
    assert Subscriber.objects.count() == 2  # only one waits at a time
    assert (
        FormMailCount.objects.filter(hash=signup.mailbox_hash("moves", "old@example.org")).count()
        == 3
    )


def test_the_form_counts_as_one_of_the_network(move, monkeypatch):
    monkeypatch.setattr(limits, "allow_request", lambda *args: False)
    assert move().status_code == 429


def test_an_unconfirmed_move_goes_after_three_days_and_the_old_address_stays(move, clock):
    move()
    clock(hours=73)
    retention.prune()
    assert Subscriber.objects.get().address == "old@example.org"


def test_leaving_from_the_old_address_takes_the_waiting_new_one_along(move, press, person, client):
    move()
    token = tokens.confirm_token(Subscriber.objects.get(address=NEW))
    signup.leave(person.fingerprint)
    assert not Subscriber.objects.exists()
    assert client.post(f"/newsletter/confirm/{token}/").status_code == 404


def test_leaving_with_a_goodbye_takes_it_along_too(move, person, client):
    move()
    token = tokens.confirm_token(Subscriber.objects.get(address=NEW))
    client.post(
        f"/newsletter/settings/{tokens.settings_token(person)}/", {"wish": "erase", "goodbye": "on"}
    )
    assert Subscriber.objects.get().address == "old@example.org"
    assert client.post(f"/newsletter/confirm/{token}/").status_code == 404


def test_leaving_from_the_new_address_leaves_the_old_one_as_it_was(move, person):
    move()
    signup.leave(hashing.fingerprint(NEW))
    assert Subscriber.objects.get() == person


def test_a_waiting_new_address_that_asks_for_the_guide_itself_takes_nobodys_place(
    move, ask, press, person
):
    move()
    ask(NEW)
    assert Subscriber.objects.get(address=NEW).replaces is None
    press()
    assert set(Subscriber.objects.values_list("address", "state")) == {
        ("old@example.org", "confirmed"),
        (NEW, "confirmed"),
    }
    assert Delivery.objects.filter(subscriber__address=NEW, kind="guide").exists()


def test_an_old_settings_link_shows_nothing_after_moving(move, press, person, client):
    token = tokens.settings_token(person)
    move()
    press()
    assert client.get(f"/newsletter/settings/{token}/").status_code == 404


def test_moving_and_leaving_at_once_always_ends_in_having_left_or_moved(site):
    made = site.script("""
        import json
        from threading import Barrier, Thread
        from newsletter.subscribing import address_change as moving, signup
        from newsletter.models import Delivery, Subscriber

        def at(barrier, act, *args):
            barrier.wait()
            act(*args)

        ends = []
        for number in range(20):
            old = Subscriber.objects.create(address=f"old-{number}@example.org", state="confirmed", wording="test")
            moving.ask(old, f"new-{number}@example.org")
            new = Subscriber.objects.get(replaces=old)
            barrier = Barrier(2)
            acts = [(moving.confirm, new.public_id), (signup.leave, old.fingerprint)]
            threads = [Thread(target=at, args=(barrier, *act)) for act in acts]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            ends.append(list(Subscriber.objects.values_list("address", "state")))
            Subscriber.objects.all().delete()
        allowed = [([], [[f"new-{n}@example.org", "confirmed"]]) for n in range(20)]
        print(all([list(row) for row in end] in list(ok) for end, ok in zip(ends, allowed)), Delivery.objects.count())
    """)
    assert made.strip() == "True 0"
