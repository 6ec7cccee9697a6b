"""The link at the foot of a mail, and the button of mail programs (RFC 8058)."""

import pytest
from django.core import mail

from newsletter import tokens
from newsletter.models import Delivery, Subscriber, Suppression
from newsletter.subscribing import signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_subscriber(address="ann@example.org")


@pytest.fixture
def url(person):
    return f"/newsletter/unsubscribe/{tokens.unsubscribe_token(person)}/"


def test_opening_it_shows_one_button_and_changes_nothing(client, url, dump, parse, text_of):
    before = dump()
    for _ in range(3):
        page = parse(client.get(url))
        client.head(url)
    assert [text_of(button) for button in page.findall(".//main//button")] == ["Stop e-mails"]
    assert page.find(".//main//input") is None
    assert dump() == before


def test_one_press_erases_the_address_and_leaves_a_hash(client, url, person, text_of, parse, dump):
    make_delivery(subscriber=person)
    page = parse(client.post(url))
    assert "We have erased your address." in text_of(page)
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert Suppression.objects.get().reason == "unsubscribed"
    assert "ann" not in str(dump())


@pytest.mark.parametrize(
    "body", ["List-Unsubscribe=One-Click", "", "\x00\xff{strange", "a=" + "b" * 1000]
)
def test_a_mail_program_needs_nothing_but_the_link(client, url, body):
    response = client.post(
        url,
        body,
        content_type="application/x-www-form-urlencoded",
        headers={"sec-fetch-site": "cross-site", "origin": "https://mail.example"},
        SERVER_PROTOCOL="HTTP/1.0",
    )
    assert response.status_code == 200
    assert not response.cookies
    assert not Subscriber.objects.exists()


def test_a_browserlike_check_of_cookies_does_not_stand_in_the_way(url):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(url).status_code == 200


def test_the_header_link_of_the_mail_works(client, person, work, mailoutbox):
    make_delivery(subscriber=person)
    work()
    [sent] = mailoutbox
    link = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    assert client.get(link).status_code == 200
    assert Subscriber.objects.exists()
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.exists()


def test_twice_and_for_somebody_erased_meanwhile_it_says_the_same(client, url, person):
    first = client.post(url)
    assert client.post(url).content == first.content
    Suppression.objects.all().delete()
    assert client.post(url).content == first.content


def test_it_works_years_later_and_after_a_change_of_keys(client, url, clock, settings):
    clock(days=3650)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert client.post(url).status_code == 200
    assert not Subscriber.objects.exists()


def test_a_link_from_an_old_mail_works_for_who_came_back(client, url, person):
    client.post(url)
    signup.ask("ann@example.org", letters=True)
    signup.confirm(Subscriber.objects.get().public_id)
    client.post(url)
    assert not Subscriber.objects.exists()


SPOILT = [
    lambda token: token[:-1],
    lambda token: ("0" if token[0] != "0" else "1") + token[1:],
    lambda token: "x",
]


@pytest.mark.parametrize("change", SPOILT)
def test_a_spoilt_link_changes_nothing_and_tells_how_to_leave(
    client, person, dump, change, text_of, parse
):
    before = dump()
    response = client.post(f"/newsletter/unsubscribe/{change(tokens.unsubscribe_token(person))}/")
    assert response.status_code == 404
    assert "To stop our e-mails" in text_of(parse(response))
    assert dump() == before


def test_ten_thousand_guesses_hit_nobody(person):
    import secrets

    real = tokens.unsubscribe_token(person)
    for _ in range(5000):
        assert (
            tokens.read_unsubscribe_token(f"{person.fingerprint}:{secrets.token_urlsafe(32)}")
            is None
        )
        assert (
            tokens.read_unsubscribe_token(f"{secrets.token_hex(32)}:{real.rpartition(':')[2]}")
            is None
        )


def test_who_guesses_has_to_wait_and_a_good_link_from_there_still_works(client, url):
    guesses = [
        client.post(f"/newsletter/unsubscribe/{number:064}:x/").status_code for number in range(62)
    ]
    assert guesses == [404] * 60 + [429] * 2
    assert client.post("/newsletter/settings/x/").status_code == 429
    assert client.post(url).status_code == 200
    assert not Subscriber.objects.exists()


def test_it_works_while_mail_server_and_cache_are_away(client, url, monkeypatch, settings):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(mail, "get_connection", away)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    assert client.post(url).status_code == 200
    assert not Subscriber.objects.exists()


def test_signing_up_again_needs_a_new_confirmation(client, url, ask, work, mailoutbox):
    client.post(url)
    ask("ann@example.org")
    work()
    [sent] = mailoutbox
    assert sent.subject == "Please confirm your e-mail"
    assert Subscriber.objects.get().state == "pending"


def test_confirming_and_leaving_at_once_always_ends_in_having_left(site):
    left = site.script("""
        import json
        from threading import Barrier, Thread
        from newsletter.subscribing import signup
        from newsletter.models import Delivery, Subscriber, Suppression

        def at(barrier, act, *args):
            barrier.wait()
            act(*args)

        for number in range(30):
            person = Subscriber.objects.create(address=f"reader-{number}@example.org", wording="test")
            barrier = Barrier(2)
            acts = [(signup.confirm, person.public_id), (signup.leave, person.fingerprint)]
            threads = [Thread(target=at, args=(barrier, *act)) for act in acts]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
        print(json.dumps([Subscriber.objects.count(), Delivery.objects.count(), Suppression.objects.count()]))
    """)
    assert left.strip() == "[0, 0, 30]"
