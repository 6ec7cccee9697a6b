"""/newsletter/your-data/: the way to what we hold without an old mail at hand."""

import pytest
from django.db import OperationalError

from newsletter import hashing, suppression
from newsletter.models import Delivery, FormMailCount
from newsletter.subscribing import limits, signup
from tests.factories import make_delivery, make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
URL = "/newsletter/your-data/"


@pytest.fixture
def ask_for(client, decide):
    def ask_for(address, **fields):
        response = client.post(URL, {"address": address, "stamp": form_token(), **fields})
        decide()
        return response

    return ask_for


def test_who_is_on_the_list_gets_a_link_that_opens_the_page(ask_for, work, mailoutbox, client):
    make_subscriber(address="ann@example.org")
    ask_for("Ann@Example.ORG")
    work()
    [sent] = mailoutbox
    [link] = [line for line in sent.body.splitlines() if "/newsletter/settings/" in line]
    assert sent.subject == "Your settings"
    assert (
        "ann@example.org" in client.get(link.removeprefix("http://127.0.0.1:8000")).content.decode()
    )


def test_the_answer_is_the_same_bytes_whatever_is_known_of_the_address(ask_for, settings):
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    make_subscriber(address="pending@example.org", state="pending")
    make_subscriber(address="leaving@example.org", state="leaving")
    make_subscriber(address="known@example.org")
    make_subscriber(address="known@blocked.example")
    signup.leave(hashing.fingerprint("left@example.org"))
    suppression.suppress(hashing.fingerprint("bounced@example.org"), "bounced")
    names = ["unknown", "pending", "leaving", "known", "known", "left", "bounced"]
    answers = [ask_for(f"{name}@example.org") for name in names] + [
        ask_for("known@blocked.example")
    ]
    assert (
        len({(answer.status_code, answer.content, str(answer.headers)) for answer in answers}) == 1
    )
    assert answers[0]["Cache-Control"] == "no-store"
    [row] = Delivery.objects.all()
    assert (row.kind, row.subscriber.address) == ("settings", "known@example.org")


def test_an_unknown_address_leaves_nothing(ask_for, dump):
    before = dump()
    ask_for("canary@example.org")
    assert dump() == before


def test_a_link_that_went_out_is_counted_by_a_hash(ask_for):
    make_subscriber(address="ann@example.org")
    ask_for("ann@example.org")
    assert len(FormMailCount.objects.get().hash) == 64


def test_nobody_gets_more_than_one_a_day_and_three_in_thirty_days(ask_for, work, mailoutbox, clock):
    make_subscriber(address="ann@example.org", wants_letters=True)
    for _ in range(30):
        ask_for("ann@example.org")
        ask_for("ann+other@example.org")
        work()
        clock(hours=23)
    assert len(mailoutbox) == 3


def test_a_pause_does_not_keep_it_back(ask_for, work, mailoutbox):
    from newsletter.subscribing import preferences

    preferences.pause(make_subscriber(address="ann@example.org", wants_letters=True))
    ask_for("ann@example.org")
    work()
    assert len(mailoutbox) == 1


def test_an_earlier_link_of_the_week_stays_good(ask_for, work, mailoutbox, clock, client):
    make_subscriber(address="ann@example.org", wants_letters=True)
    for _ in range(2):
        ask_for("ann@example.org")
        work()
        clock(days=2)
    for sent in mailoutbox:
        [link] = [line for line in sent.body.splitlines() if "/newsletter/settings/" in line]
        assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_the_page_is_the_same_for_everybody_and_changes_nothing(client, dump):
    before = dump()
    answers = [client.get(URL) for _ in range(3)]
    client.head(URL)
    assert len({answer.content for answer in answers}) == 1
    assert answers[0]["Cache-Control"].startswith("public")
    assert not answers[0].cookies
    assert dump() == before


@pytest.mark.parametrize(
    "address", ["", "ann", "a@b.co\nBcc: x@y.z", "a@b.co,c@d.co", "x" * 300 + "@b.co"]
)
def test_a_bad_address_brings_the_form_back_with_what_was_typed(ask_for, parse, address):
    response = ask_for(address)
    field = parse(response).find(".//input[@name='address']")
    assert response.status_code == 422
    assert field.get("aria-invalid") == "true"
    assert field.get("value", "") == address.replace("\n", "")


def test_a_stale_page_gets_a_fresh_one_with_the_address_kept(client, clock, parse):
    stamp = form_token()
    clock(hours=25)
    page = parse(client.post(URL, {"address": "ann@example.org", "stamp": stamp}))
    assert page.find(".//input[@name='address']").get("value") == "ann@example.org"
    assert page.find(".//input[@name='stamp']").get("value") != stamp


def test_the_trap_answers_like_any_other_and_sends_nothing(ask_for):
    make_delivery(subscriber=make_subscriber(address="ann@example.org"), state="sent")
    assert ask_for("ann@example.org", website="x").content == ask_for("bob@example.org").content
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
def test_a_form_on_another_site_is_refused(client, headers):
    assert (
        client.post(
            URL, {"address": "a@example.org", "stamp": form_token()}, headers=headers
        ).status_code
        == 403
    )
    assert not FormMailCount.objects.exists()


def test_one_network_may_ask_ten_times_an_hour(ask_for):
    answers = [
        ask_for(f"reader-{number}@example.org")
        for number in range(limits.PER_NETWORK.max_count + 1)
    ]
    assert [answer.status_code for answer in answers] == [200] * limits.PER_NETWORK.max_count + [
        429
    ]


def test_a_database_that_fails_is_not_told_as_a_success(ask_for, monkeypatch, parse):
    def fail(*args, **kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("newsletter.subscribing.intake.take", fail)
    response = ask_for("ann@example.org")
    assert response.status_code == 503
    assert parse(response).find(".//input[@name='address']").get("value") == "ann@example.org"


def test_what_waits_to_be_read_is_shown_and_in_the_copy_the_same_for_every_new_address(
    client, parse, text_of
):
    from newsletter import tokens

    person = make_subscriber(address="ann@example.org")
    make_subscriber(address="known@example.org")
    url = f"/newsletter/settings/{tokens.settings_token(person)}/"
    for new in ("new@example.org", "known@example.org"):
        page = parse(client.post(url, {"wish": "move", "address": new}))
        assert f"Names a new address: {new}" in text_of(page)
    ask = {"address": "ANN@example.org", "stamp": form_token()}
    client.post("/newsletter/subscribe/", ask)
    waiting = client.get(f"{url}copy/").json()["requests not yet read"]
    assert [row["address"] for row in waiting] == [
        *("new@example.org", "known@example.org", "ANN@example.org"),
    ]


@pytest.mark.parametrize("path", ["/newsletter/unsubscribe/{}/", "/newsletter/settings/x/"])
def test_pages_of_mailed_links_lead_there(client, parse, path):
    from newsletter import tokens

    page = parse(client.get(path.format(tokens.unsubscribe_token(make_subscriber()))))
    assert page.find(f".//main//a[@href='{URL}']") is not None


@pytest.mark.parametrize("slug", ["privacy", "health-data-privacy", "contact"])
def test_standing_pages_lead_there(client, content, parse, slug):
    assert parse(client.get(f"/{slug}/")).find(f".//main//a[@href='{URL}']") is not None
