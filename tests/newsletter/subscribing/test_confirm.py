"""The link in the confirmation mail: its page asks, its button confirms."""

import re
from datetime import timedelta

import pytest
from django.core.signing import TimestampSigner
from django.utils import timezone

from newsletter import consent, tokens
from newsletter.emails import messages
from newsletter.models import Delivery, Subscriber
from newsletter.outbox import queue
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_subscriber(address="ann@example.org", state="pending")


@pytest.fixture
def url(person):
    return f"/newsletter/confirm/{tokens.confirm_token(person)}/"


def test_opening_it_shows_one_button_and_changes_nothing(client, url, dump, parse, text_of):
    before = dump()
    for _ in range(20):
        response = client.get(url)
        client.head(url)
    page = parse(response)
    assert [text_of(button) for button in page.findall(".//main//button")] == ["Send me the guide"]
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert page.find(".//link[@rel='canonical']") is None
    assert dump() == before


def test_pressing_it_confirms_queues_the_guide_and_offers_it_at_once(client, url, person, parse):
    page = parse(client.post(url))
    person.refresh_from_db()
    assert (person.state, person.confirmed_at is not None) == ("confirmed", True)
    assert Delivery.objects.get().kind == "guide"
    link = page.find(".//main//a[@class='button']").get("href")
    assert client.get(link)["Content-Type"] == "application/pdf"


def test_confirming_and_queueing_stand_or_fall_together(client, url, person, monkeypatch):
    from django.db import OperationalError

    def fail(*args):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("newsletter.subscribing.signup.enqueue", fail)
    assert client.post(url).status_code == 503
    person.refresh_from_db()
    assert person.state == "pending"


def test_pressing_it_twice_says_confirmed_and_sends_one_guide(client, url, work, mailoutbox):
    assert client.post(url).status_code == 200
    work()
    again = client.post(url)
    work()
    assert again.status_code == 200
    assert b"on its way" in again.content
    assert len(mailoutbox) == 1


def test_it_needs_no_cookie_and_sets_none(client, url):
    assert not client.get(url).cookies
    assert not client.post(url, headers={"sec-fetch-site": "cross-site", "origin": "null"}).cookies
    assert Subscriber.objects.get().state == "confirmed"


# -- the letters are a box on the page: what this request said, and nobody else's word --------------


def box(page):
    return page.find(".//main//input[@name='letters']")


def press(client, url, *, ticked):
    return client.post(url, {"box": "letters", **({"letters": "on"} if ticked else {})})


def link(person, letters):
    return f"/newsletter/confirm/{tokens.confirm_token(person, letters=letters)}/"


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("ticked", [True, False])
def test_the_box_shows_what_was_asked_and_its_person_decides(client, person, parse, asked, ticked):
    url = link(person, asked)
    assert (box(parse(client.get(url))).get("checked") is not None) is asked
    press(client, url, ticked=ticked)
    person.refresh_from_db()
    assert (person.state, person.wants_letters) == ("confirmed", ticked)
    assert (person.letters_agreed_at is not None) is ticked
    assert person.wording == (consent.WORDING if ticked else "test")


def mailed_link(kind="confirm"):
    [delivery] = Delivery.objects.filter(kind=kind)
    return re.search(r"/newsletter/confirm/\S+", messages.render(delivery).body)[0]


def test_a_stranger_who_ticks_the_box_changes_nothing_of_a_request_that_is_under_way(
    ask, client, parse
):
    ask("ann@example.org")
    url = mailed_link()
    ask("ann@example.org", letters="on")
    assert box(parse(client.get(url))).get("checked") is None
    press(client, url, ticked=False)
    assert Subscriber.objects.get().wants_letters is False


def test_a_stranger_takes_no_consent_away_and_gives_none(ask, client, parse, clock):
    long_ago = timezone.now() - timedelta(days=3)
    given = {"confirmed_at": long_ago, "asked_at": long_ago, "guide_sent_at": long_ago}
    person = make_subscriber(address="ann@example.org", **given)
    ask("ann@example.org", letters="on")
    person.refresh_from_db()
    assert (person.state, person.wants_letters) == ("confirmed", False)
    assert (person.confirmed_at, person.asked_at) == (long_ago, long_ago)
    url = mailed_link()
    assert box(parse(client.get(url))).get("checked") is not None
    press(client, url, ticked=False)
    person.refresh_from_db()
    assert person.wants_letters is False
    press(client, url, ticked=True)
    person.refresh_from_db()
    assert (person.state, person.wants_letters) == ("confirmed", True)
    assert Delivery.objects.filter(kind="guide").count() == 1


def test_a_press_without_the_box_confirms_what_that_mail_asked_and_no_more(ask, client):
    ask("ann@example.org")
    url = mailed_link()
    Subscriber.objects.update(letters_asked=True)  # whoever asked since
    client.post(url)
    person = Subscriber.objects.get()
    assert (person.state, person.wants_letters) == ("confirmed", False)


def test_the_question_reaches_somebody_who_has_confirmed_and_no_other_mail_of_its_kind_does(
    ask, work, mailoutbox
):
    make_subscriber(address="ann@example.org", guide_sent_at=timezone.now())
    ask("ann@example.org", letters="on")
    work()
    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]
    Subscriber.objects.update(letters_asked=False)
    queue.requeue(Delivery.objects.get())
    work()
    assert len(mailoutbox) == 1


def test_a_link_of_an_earlier_version_goes_by_what_the_row_says(client, person, parse):
    Subscriber.objects.update(wants_letters=True)
    old = TimestampSigner(salt="newsletter.confirm").sign(person.public_id)
    url = f"/newsletter/confirm/{old}/"
    assert box(parse(client.get(url))).get("checked") is not None
    client.post(url)  # a page without the box, opened before
    assert Subscriber.objects.get().wants_letters


def spoilt(token):
    yield "one letter changed", ("a" if token[0] != "a" else "b") + token[1:]
    yield "signature changed", token[:-1] + ("a" if token[-1] != "a" else "b")
    yield "cut", token[:-5]
    yield "no signature", token.rpartition(":")[0]
    yield "nonsense", "x"


def test_a_spoilt_link_says_so_kindly_and_changes_nothing(client, person, dump, text_of, parse):
    before = dump()
    pages = set()
    for what, token in spoilt(tokens.confirm_token(person)):
        for method in (client.get, client.post):
            response = method(f"/newsletter/confirm/{token}/")
            assert response.status_code == 404, what
            pages.add(text_of(parse(response).find(".//main")))
    assert len(pages) == 1
    assert "This link no longer works" in pages.pop()
    assert dump() == before


def test_a_link_signed_with_another_key_no_longer_works(client, url, settings):
    settings.SECRET_KEY = "another"
    assert client.post(url).status_code == 404


def test_a_link_signed_with_the_last_key_still_works(client, url, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert client.post(url).status_code == 200


def test_a_link_is_good_for_three_days(client, url, clock):
    clock(hours=71)
    assert client.get(url).status_code == 200
    clock(hours=2)
    assert client.post(url).status_code == 404
    assert Subscriber.objects.get().state == "pending"


def test_it_cannot_unsubscribe_and_an_unsubscribe_link_cannot_confirm(client, person):
    client.post(f"/newsletter/unsubscribe/{tokens.confirm_token(person)}/")
    client.post(f"/newsletter/confirm/{tokens.unsubscribe_token(person)}/")
    assert Subscriber.objects.get().state == "pending"


def test_an_old_link_does_not_bring_back_who_left_and_asked_anew(client, url, person, ask):
    from newsletter.subscribing import signup

    signup.leave(person.fingerprint)
    assert client.post(url).status_code == 404
    ask("ann@example.org")
    assert client.post(url).status_code == 404
    assert Subscriber.objects.get().state == "pending"
