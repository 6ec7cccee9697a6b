"""POST /newsletter/subscribe/: one answer for everybody, and no way in for machines and other sites."""

import pytest
from django.db import OperationalError

from newsletter import hashing, suppression
from newsletter.models import FormRequest, Subscriber
from newsletter.subscribing import limits, signup
from tests.factories import make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
URL = "/newsletter/subscribe/"


def test_it_says_where_to_look_and_leads_back_to_the_articles(ask, parse, text_of):
    page = parse(ask("ann@example.org"))
    assert (
        "If the address can receive our mail, a message is on its way. You can close this page."
        in text_of(page)
    )
    assert page.find(".//main//a[@href='/articles/']") is not None


def test_the_answer_is_the_same_bytes_whatever_is_known_of_the_address(ask, settings):
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    make_subscriber(address="pending@example.org", state="pending")
    make_subscriber(address="confirmed@example.org")
    make_subscriber(address="letters@example.org", wants_letters=True)
    signup.leave(hashing.fingerprint("left@example.org"))
    suppression.suppress(hashing.fingerprint("bounced@example.org"), "bounced")
    suppression.suppress(hashing.fingerprint("complained@example.org"), "complained")
    make_subscriber(address="returned@example.org", state="returned", wants_letters=True)
    names = [
        "new",
        "pending",
        "pending",
        "confirmed",
        "letters",
        "left",
        "bounced",
        "complained",
        "returned",
    ]
    answers = [ask(f"{name}@example.org") for name in names] + [ask("a@blocked.example")]
    assert (
        len({(answer.status_code, answer.content, str(answer.headers)) for answer in answers}) == 1
    )
    assert not any(answer.cookies for answer in answers)


def test_the_answer_is_never_stored(ask):
    assert ask("ann@example.org")["Cache-Control"] == "no-store"


def test_ticking_the_box_asks_for_the_letters(ask):
    ask("ann@example.org", letters="on")
    assert Subscriber.objects.get().wants_letters


def test_an_internationalised_domain_has_one_row_for_both_spellings(ask):
    ask("ann@bücher.example")
    ask("ann@xn--bcher-kva.example")
    assert [person.address for person in Subscriber.objects.all()] == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "address", ["", "ann", "a@b.co\nBcc: x@y.z", "a\0@b.co", "a@b.co,c@d.co", "x" * 300 + "@b.co"]
)
def test_a_bad_address_brings_the_form_back_with_what_was_typed(ask, parse, address):
    response = ask(address, letters="on")
    page = parse(response)
    field = page.find(".//input[@name='address']")
    assert response.status_code == 422
    assert field.get("aria-invalid") == "true"
    assert field.get("value", "") == address.replace("\n", "").replace("\0", "")
    assert page.find(".//input[@name='letters']").get("checked") is not None
    assert not Subscriber.objects.exists()


def test_the_error_is_told_above_the_form_and_at_its_field(ask, parse, text_of):
    page = parse(ask("ann"))
    summary = page.find(".//*[@role='alert']")
    field = page.find(".//input[@name='address']")
    said = page.find(f".//*[@id='{field.get('aria-describedby')}']")
    assert summary.find(".//a").get("href") == f"#{field.get('id')}"
    assert (
        text_of(said)
        == text_of(summary.find(".//a"))
        == "Please check the address. It should look like name@example.org."
    )


def test_two_addresses_in_two_fields_are_refused(client):
    response = client.post(
        URL, {"address": ["a@example.org", "b@example.org"], "stamp": form_token()}
    )
    assert response.status_code == 422
    assert not FormRequest.objects.exists()


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
def test_a_form_on_another_site_is_refused(client, headers):
    response = client.post(
        URL, {"address": "ann@example.org", "stamp": form_token()}, headers=headers
    )
    assert response.status_code == 403
    assert not FormRequest.objects.exists()


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}]
)
def test_our_own_form_and_old_browsers_are_let_in(client, headers):
    client.post(URL, {"address": "ann@example.org", "stamp": form_token()}, headers=headers)
    assert FormRequest.objects.exists()


def test_without_a_stamp_nothing_is_taken_even_from_old_browsers(client):
    assert client.post(URL, {"address": "ann@example.org"}).status_code == 422
    assert not FormRequest.objects.exists()


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_stale_page_gets_a_fresh_one_with_the_address_kept(client, clock, parse, text_of, hours):
    stamp = form_token()
    clock(hours=hours)
    response = client.post(URL, {"address": "ann@example.org", "stamp": stamp})
    page = parse(response)
    assert "Your address is still there" in text_of(page.find(".//*[@role='alert']"))
    assert page.find(".//input[@name='address']").get("value") == "ann@example.org"
    fresh = page.find(".//input[@name='stamp']").get("value")
    assert client.post(URL, {"address": "ann@example.org", "stamp": fresh}).status_code == 200
    assert FormRequest.objects.count() == 1


def test_a_slow_reader_of_23_hours_is_not_sent_back(client, clock):
    stamp = form_token()
    clock(hours=23)
    assert client.post(URL, {"address": "ann@example.org", "stamp": stamp}).status_code == 200
    assert FormRequest.objects.exists()


def test_the_trap_answers_like_any_other_and_keeps_nothing(ask):
    assert ask("ann@example.org", website="x").content == ask("bob@example.org").content
    assert [person.address for person in Subscriber.objects.all()] == ["bob@example.org"]


def test_one_network_may_ask_ten_times_an_hour(ask, parse, text_of):
    answers = [
        ask(f"reader-{number}@example.org") for number in range(limits.PER_NETWORK.max_count + 1)
    ]
    assert [answer.status_code for answer in answers] == [200] * limits.PER_NETWORK.max_count + [
        429
    ]
    assert answers[-1]["Retry-After"]
    page = parse(answers[-1])
    assert "Get help now" in text_of(page.find(".//main"))
    assert "It isn’t anything you did." in text_of(page.find(".//*[@role='alert']"))
    assert page.find(".//input[@name='address']").get("value").startswith("reader-")
    assert Subscriber.objects.count() == limits.PER_NETWORK.max_count


def test_a_database_that_fails_is_not_told_as_a_success(ask, monkeypatch, parse, text_of):
    def fail(*args, **kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("newsletter.subscribing.intake.take", fail)
    response = ask("ann@example.org", letters="on")
    page = parse(response)
    assert response.status_code == 503
    assert "Please look in your inbox" not in text_of(page.find(".//main"))
    assert "Please try again soon" in text_of(page.find(".//*[@role='alert']"))
    assert page.find(".//input[@name='address']").get("value") == "ann@example.org"
    assert page.find(".//input[@name='letters']").get("checked") is not None
    assert response["Retry-After"]


def test_opening_the_page_shows_the_form_and_changes_nothing(client, dump):
    before = dump()
    for method in (client.get, client.head, client.get, client.head):
        response = method(URL)
        assert response.status_code == 200
        assert response["Cache-Control"].startswith("public")
    assert dump() == before


def test_it_takes_no_other_method(client):
    assert client.put(URL).status_code == 405
