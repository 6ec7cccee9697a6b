"""Where somebody is logged in, for how long, and how it ends."""

from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import sessions
from tests.accounts.login import PASSWORD, log_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "another way round the lake"


@pytest.fixture
def phone(editor):
    phone = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="198.51.100.9")
    log_in(phone)
    phone.get("/admin/")
    return phone


def is_inside(client):
    return client.get("/admin/").status_code == 200


def rows(parse, text_of, client):
    return [
        text_of(row) for row in list(parse(client.get("/admin/account/sessions/")).iter("tr"))[1:]
    ]


def test_each_place_is_listed_with_its_browser_and_this_one_is_named(client, phone, parse, text_of):
    log_in(client)
    listed = rows(parse, text_of, client)
    assert len(listed) == 2
    assert sum("(here)" in row for row in listed) == 1
    assert sum("Firefox on Windows" in row for row in listed) == 1


def test_the_places_of_somebody_else_are_not(client, phone, django_user_model, parse, text_of):
    django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
    log_in(client, "other")
    assert len(rows(parse, text_of, client)) == 1


def test_no_address_of_a_machine_is_kept(phone):
    kept = str([session.get_decoded() for session in Session.objects.all()])
    assert "198.51.100.9" not in kept
    assert "Mozilla" not in kept


def test_one_press_ends_the_others(client, phone, django_user_model):
    django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
    other = Client()
    log_in(other, "other")
    log_in(client)
    assert client.get("/admin/account/sessions/revoke/").status_code == 405
    client.post("/admin/account/sessions/revoke/")
    assert (is_inside(client), is_inside(phone), is_inside(other)) == (True, False, True)


def test_another_password_ends_the_others_and_needs_the_present_one(client, phone):
    log_in(client)
    form = {"old_password": "not this one", "new_password1": NEW, "new_password2": NEW}
    assert client.post("/admin/password_change/", form).status_code == 200
    assert is_inside(phone)
    assert (
        client.post("/admin/password_change/", form | {"old_password": PASSWORD}).status_code == 302
    )
    assert (is_inside(client), is_inside(phone)) == (True, False)
    assert Session.objects.count() == 1


def test_a_login_lasts_twelve_hours_however_busy_it_is(client, editor, monkeypatch):
    log_in(client)
    began = timezone.now()
    assert is_inside(client)
    for hours in (4, 8, 11.9):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: began + timedelta(hours=hours))
        assert is_inside(client)
    monkeypatch.setattr(timezone, "now", lambda: began + timedelta(hours=12, minutes=1))
    assert not is_inside(client)


def test_its_last_use_is_kept_to_five_minutes(client, editor, monkeypatch):
    log_in(client)
    is_inside(client)
    [before] = sessions.active_sessions(editor.pk)
    now = timezone.now()
    for minutes, noted in ((4, False), (6, True)):
        monkeypatch.setattr(
            timezone, "now", lambda minutes=minutes: now + timedelta(minutes=minutes)
        )
        is_inside(client)
        [after] = sessions.active_sessions(editor.pk)
        assert (after.used > before.used) == noted
        assert after.began == before.began


def test_sessions_that_are_over_are_erased_at_the_next_login(client, phone, monkeypatch):
    tomorrow = datetime.now(tz=timezone.get_current_timezone()) + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    log_in(client)
    assert not Session.objects.filter(expire_date__lt=tomorrow).exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19 Safari/605.1.15",
            "Safari on a Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1",
            "Safari on an iPhone or iPad",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        ("<script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_in_a_few_words(agent, name):
    assert sessions.browser_name(agent) == name


def test_readers_pages_know_no_session_and_no_login_whoever_asks(admin_client):
    for path, knows in [("/articles/", False), ("/quiz/", False), ("/admin/", True)]:
        request = admin_client.get(path).wsgi_request
        assert hasattr(request, "session") is hasattr(request, "user") is knows, path
