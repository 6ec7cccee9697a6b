"""The link in the confirmation mail: its page asks, its button confirms."""

import pytest

from newsletter import tokens
from newsletter.models import Delivery, Subscriber
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


def test_the_page_says_which_letters_were_asked_for(client, url, person, text_of, parse):
    assert "letters" not in text_of(parse(client.get(url)).find(".//main"))
    Subscriber.objects.update(wants_letters=True)
    assert "You also asked for the letters" in text_of(parse(client.get(url)).find(".//main"))


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
