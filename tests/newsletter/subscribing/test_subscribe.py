"""POST /newsletter/subscribe/: one answer for everybody, and no way in for machines and other sites."""

import pytest
from django.db import OperationalError

from newsletter import hashing, suppression
from newsletter.models import FormRequest, Subscriber
from newsletter.subscribing import limits, near_addresses, signup
from tests.factories import make_article, make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
URL = "/newsletter/subscribe/"


def test_it_says_where_to_look_and_leads_back_to_the_articles(ask, parse, text_of):
    page = parse(ask("ann@example.org"))
    words = text_of(page.find(".//main"))
    assert "a message is on its way to ann@example.org. You can close this page." in words
    assert "If nothing has come in ten minutes" in words
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
    addresses = [*(f"{name}@example.org" for name in names), "a@blocked.example"]
    answers = [ask(address) for address in addresses]
    seen = {
        (
            answer.status_code,
            answer.content.replace(address.encode(), b""),
            str({name: said for name, said in answer.items() if name != "Content-Length"}),
        )
        for address, answer in zip(addresses, answers, strict=True)
    }
    assert len(seen) == 1  # but for the address itself
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
    trapped, taken = ask("ann@example.org", website="x").content, ask("bob@example.org").content
    assert trapped.replace(b"ann@", b"bob@") == taken
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


# -- the page that follows, and the hint before ----------------------------------------------------


def test_it_shows_the_address_as_it_was_typed_and_nothing_of_it_as_markup(ask, parse, text_of):
    page = parse(ask("Ann.O'Hara@Example.ORG"))
    assert text_of(page.find(".//main//strong")) == "Ann.O'Hara@Example.ORG"
    trap = parse(ask('"><script>x</script>@example.org', website="filled"))
    assert text_of(trap.find(".//main//strong")) == '"><script>x</script>@example.org'
    assert trap.find(".//main//script") is None


@pytest.mark.parametrize(
    ("src", "leads_to"),
    [
        ("/articles/rest/", "/articles/rest/"),
        ("/guide/", "/guide/"),
        ("/articles/nowhere/", "/articles/"),
        ("https://elsewhere.example/", "/articles/"),
        ("//elsewhere.example", "/articles/"),
        ("javascript:alert(1)", "/articles/"),
        ("", "/articles/"),
    ],
)
def test_it_leads_back_to_where_one_was_and_to_no_other_site(ask, parse, text_of, src, leads_to):
    make_article(slug="rest")
    for more in ({}, {"website": "filled"}):
        page = parse(ask("ann@example.org", src=src, **more))
        [back] = [a for a in page.find(".//main").iter("a") if a.get("class") == "button"]
        assert back.get("href") == leads_to


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@hotmail.con", "anna@hotmail.com"),
        ("anna@gnail.com", "anna@gmail.com"),
        ("anna@gmal.con", "anna@gmail.com"),
        ("anna@outlok.com", "anna@outlook.com"),
        ("anna@yahoo.co.ku", "anna@yahoo.co.uk"),
        ("anna@icloud.cmo", "anna@icloud.com"),
        ("anna@firm.example.con", "anna@firm.example.com"),
        ("anna@btinternet.comm", "anna@btinternet.com"),
        *((f"anna@{domain}", "") for domain in near_addresses.KNOWN),
        *(
            (f"anna@{domain}", "")
            for domain in (
                "example.org",
                "gmx.de",
                "yahoo.fr",
                "nhs.net",
                "ed.ac.uk",
                "web.de",
                "a.co",
            )
        ),
    ],
)
def test_what_an_address_was_probably_meant_to_be(typed, meant):
    assert near_addresses.meant(typed) == meant


def test_a_slip_is_asked_about_before_anything_is_sent(ask, parse, text_of):
    answer = ask("anna@gmial.com", letters="on", src="/guide/")
    page = parse(answer)
    assert answer.status_code == 422
    assert "Did you mean anna@gmail.com? If anna@gmial.com is right, send it once more" in text_of(
        page
    )
    fields = {e.get("name"): e for e in page.find(".//main").iter("input")}
    assert fields["address"].get("value") == "anna@gmial.com"
    assert fields["letters"].get("checked") is not None
    assert fields["src"].get("value") == "/guide/"
    assert not Subscriber.objects.exists()
    assert not FormRequest.objects.exists()


def test_who_says_that_it_is_right_is_believed(ask):
    assert ask("anna@gmial.com", sure="anna@gmial.com").status_code == 200
    assert Subscriber.objects.get().address == "anna@gmial.com"


def test_the_other_is_taken_by_its_button(ask, parse, text_of):
    answer = ask("anna@gmial.com", sure="anna@gmial.com", instead="anna@gmail.com")
    assert "on its way to anna@gmail.com" in text_of(parse(answer))
    assert Subscriber.objects.get().address == "anna@gmail.com"


def test_another_slip_is_asked_about_anew(ask):
    assert ask("anna@gmal.com", sure="anna@gmial.com").status_code == 422
    assert ask("anna@gmial.com", instead="nonsense").status_code == 422


def test_without_the_hint_the_slip_would_be_taken(ask, monkeypatch):
    monkeypatch.setattr(near_addresses, "meant", lambda address: "")
    ask("anna@gmial.com")
    assert Subscriber.objects.get().address == "anna@gmial.com"
