"""The page behind "See, pause, change or erase what we hold"."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from newsletter import consent, tokens
from newsletter.emails import welcome_series
from newsletter.models import Bounce, Delivery, Subscriber, Suppression
from newsletter.subscribing import signup
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    person = make_subscriber(address="ann@example.org", wants_letters=True, wording=consent.WORDING)
    make_delivery(subscriber=person, state="sent", smtp_reply="", sent_at=timezone.now())
    welcome_series.guide_went_out(person.pk, timezone.now())
    person.refresh_from_db()
    return person


@pytest.fixture
def url(person):
    return f"/newsletter/settings/{tokens.settings_token(person)}/"


def buttons(page, text_of):
    return [text_of(button) for button in page.findall(".//main//button")]


def test_it_shows_all_that_is_held_in_words(client, url, person, parse, text_of):
    Bounce.objects.create(fingerprint=person.fingerprint, kind="soft", event="e")
    signup.may_mail("settings", "ann@example.org")
    page = parse(client.get(url))
    held = {
        text_of(row.find("dt")): text_of(row.find("dd")) for row in page.findall(".//main//dl/div")
    }
    today = f"{timezone.now():%-d %B %Y}"
    assert held == {
        "Address": "ann@example.org",
        "What for": "The letters, until you stop them",
        "What you agreed to": "“Send me the guide” and “Also send me the letters (four short notes over two weeks, "
        "then at most one a month)” (words of 2026-11)",
        "When you asked": today,
        "When you confirmed": today,
        "When the guide went out": today,
        "Notes still to come": "4",
        "Returned mail": f"Did not take the mail for now ({today})",
        "Counted, so that nobody is flooded": "1 bringing the link to this page",
        "Codes": "Two: one stands for your address, the other for your place on the list. They are in the copy.",
    }
    mails = [
        [text_of(cell) for cell in row.findall("td")] for row in page.findall(".//main//tbody/tr")
    ]
    days = [f"from {timezone.now() + timedelta(days=days):%-d %B %Y}" for days in (14, 9, 5, 2)]
    assert mails == [
        ["Fourth note", "Waiting", days[0]],
        ["Third note", "Waiting", days[1]],
        ["Second note", "Waiting", days[2]],
        ["First note", "Waiting", days[3]],
        ["The guide", "Sent", today],
    ]


def test_who_asked_for_the_guide_alone_reads_when_the_address_goes(client, parse, text_of):
    person = make_subscriber(guide_sent_at=timezone.now(), wording=consent.WORDING)
    page = parse(client.get(f"/newsletter/settings/{tokens.settings_token(person)}/"))
    day = timezone.now() + timedelta(days=7)
    assert f"The guide alone. We erase your address on {day:%-d %B %Y}" in text_of(page)
    assert "“Send me the guide” (words of 2026-11)" in text_of(page)
    assert "Pause" not in " ".join(buttons(page, text_of))


def test_the_copy_holds_every_field(client, url, person):
    response = client.get(f"{url}copy/")
    copy = json.loads(response.content)
    assert response["Content-Disposition"] == 'attachment; filename="what-we-hold.json"'
    assert response["Cache-Control"] == "no-store"
    written = response.content.decode()
    for field in Subscriber._meta.fields:
        value = getattr(person, field.name)
        if isinstance(value, str) and field.name != "state":
            assert value in written, field.name
    assert copy["state"] == "Confirmed"
    assert copy["wants the letters"] is True
    assert copy["wording agreed to"]["words"][0] == "Send me the guide"
    assert copy["guide sent"].startswith(f"{timezone.now():%Y-%m-%d}")
    assert [mail["what"] for mail in copy["mails"]] == [
        *("Fourth note", "Third note", "Second note", "First note", "The guide"),
    ]
    assert {mail["Message-ID"] for mail in copy["mails"]} == set(
        Delivery.objects.values_list("message_id", flat=True)
    )


def test_looking_changes_nothing(client, url, dump):
    before = dump()
    for path in (url, f"{url}copy/"):
        for _ in range(3):
            client.get(path)
            client.head(path)
            assert client.get(f"{path}?wish=erase&goodbye=on").status_code == 200
    assert dump() == before


def test_nothing_is_kept_of_it_and_no_search_engine_lists_it(client, url, parse):
    response = client.get(url)
    page = parse(response)
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "same-origin"
    assert page.find(".//meta[@name='robots']").get("content") == "noindex"
    assert page.find(".//link[@rel='canonical']") is None
    assert not response.cookies


def test_no_address_stands_in_a_link_of_the_page(client, url, parse):
    page = parse(client.get(url))
    targets = [element.get("href") or element.get("action") or "" for element in page.iter()]
    assert not any("@" in target or "ann" in target for target in targets)


def test_a_pause_and_its_end(client, url, parse, text_of):
    page = parse(client.post(url, {"wish": "pause"}))
    until = timezone.now() + timedelta(days=30)
    assert (
        text_of(page.find(".//*[@role='status']")) == "Paused. No notes and no letters for 30 days."
    )
    assert f"We’re quiet until {until:%-d %B %Y}" in text_of(page)
    assert "End the pause" in buttons(page, text_of)
    page = parse(client.post(url, {"wish": "resume"}))
    assert "Pause for 30 days" in buttons(page, text_of)
    assert Subscriber.objects.get().paused_until is None


def test_stopping_the_series_is_offered_while_there_are_some(client, url, parse, text_of):
    assert "No more notes, only the letters" in buttons(parse(client.get(url)), text_of)
    page = parse(client.post(url, {"wish": "no-notes"}))
    assert "No more notes, only the letters" not in buttons(page, text_of)
    assert Subscriber.objects.get().wants_letters
    assert set(Delivery.objects.exclude(kind="guide").values_list("state", flat=True)) == {
        "suppressed"
    }


def test_erasing_is_one_press_and_sends_nothing(
    client, url, parse, text_of, work, mailoutbox, dump
):
    page = parse(client.post(url, {"wish": "erase"}))
    work()
    assert "We have erased your address." in text_of(page)
    assert not mailoutbox
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    assert "ann" not in str(dump())


def test_the_box_for_a_last_mail_is_unticked(client, url, parse):
    box = parse(client.get(url)).find(".//input[@type='checkbox']")
    assert box.get("name") == "goodbye"
    assert box.get("checked") is None


def test_after_erasing_the_link_has_gone(client, url):
    client.post(url, {"wish": "erase"})
    for answer in (client.get(url), client.get(f"{url}copy/"), client.post(url, {"wish": "erase"})):
        assert answer.status_code == 404
    assert Suppression.objects.count() == 1


def test_a_link_from_before_shows_nothing_of_who_came_back(client, url, ask):
    client.post(url, {"wish": "erase"})
    ask("ann@example.org")
    signup.confirm(Subscriber.objects.get().public_id)
    assert client.get(url).status_code == 404


def test_a_link_at_the_foot_of_a_mail_works_years_later_and_after_a_change_of_keys(
    client, url, clock, settings
):
    clock(days=3650)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert client.get(url).status_code == 200


def test_no_other_link_opens_it_and_it_opens_nothing_else(client, person, dump):
    before = dump()
    for token in (
        tokens.confirm_token(person),
        tokens.unsubscribe_token(person),
        person.public_id,
        "x",
    ):
        assert client.get(f"/newsletter/settings/{token}/").status_code == 404
        assert client.post(f"/newsletter/settings/{token}/", {"wish": "erase"}).status_code == 404
    for token in (tokens.settings_token(person), tokens.asked_settings_token(person)):
        client.post(f"/newsletter/unsubscribe/{token}/")
        client.post(f"/newsletter/confirm/{token}/")
    assert dump() == before


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
def test_another_site_cannot_press_its_buttons(client, url, headers, dump):
    before = dump()
    for wish in ("pause", "no-notes", "move", "erase"):
        assert (
            client.post(
                url, {"wish": wish, "address": "x@example.org"}, headers=headers
            ).status_code
            == 403
        )
    assert dump() == before


def test_it_needs_no_cookie(url):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(url, {"wish": "pause"}).status_code == 200


@pytest.mark.parametrize("wish", ["", "everything", "erase everything"])
def test_an_action_we_do_not_know_changes_nothing_and_shows_the_page(
    client, url, wish, dump, parse, text_of
):
    before = dump()
    response = client.post(url, {"wish": wish})
    assert response.status_code == 422
    assert "Your settings" in text_of(parse(response))
    assert dump() == before


def test_a_database_that_fails_is_not_told_as_a_success(client, url, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("newsletter.emails.welcome_series.shift", fail)
    assert client.post(url, {"wish": "pause"}).status_code == 503
    assert Subscriber.objects.get().paused_until is None


def test_it_takes_no_other_method(client, url):
    assert client.put(url).status_code == 405
    assert client.post(f"{url}copy/").status_code == 405
