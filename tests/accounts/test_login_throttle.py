"""The login throttle: how often a login may be tried, and that nobody is kept out by somebody else."""

import time
from types import SimpleNamespace

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.test import Client

from accounts import login_throttle
from tests.accounts.login import PASSWORD, log_in
from trustsite.web.rate_limit import file_store
from trustsite.web.rate_limit.limit import Limit

pytestmark = pytest.mark.django_db
WRONG = "not this one at all"


@pytest.fixture(autouse=True)
def _counted_in_the_file(settings):
    """Redis, where the suite has one, has a clock of its own."""
    settings.CACHE_URL = ""


@pytest.fixture
def elsewhere():
    return Client(REMOTE_ADDR="198.51.100.9")


def let_pass(monkeypatch, **span):
    """Let time pass for the limits."""
    now = time.time() + span.get("minutes", 0) * 60 + span.get("seconds", 0)
    clock = SimpleNamespace(time=lambda: now, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(file_store, "time", clock)


def fail(client, times, name="editor"):
    return [log_in(client, name=name, password=WRONG).status_code for _ in range(times)]


def test_the_sixth_try_is_asked_to_wait_even_with_the_right_password(client, editor, parse):
    assert fail(client, 5) == [200] * 5
    response = log_in(client)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "try again in 15 minutes" in "".join(parse(response).itertext())
    assert client.get("/admin/").status_code == 302


def test_another_spelling_is_the_same_count(client, editor):
    assert [
        log_in(client, name=name, password=WRONG).status_code
        for name in ("editor", "EDITOR", " Editor", "ｅditor")
    ]
    assert fail(client, 1) == [200]
    assert log_in(client).status_code == 429


def test_it_ends_after_a_quarter_of_an_hour(client, editor, monkeypatch):
    fail(client, 6)
    let_pass(monkeypatch, minutes=15, seconds=1)
    assert log_in(client).status_code == 302


def test_waiting_does_not_grow_by_trying(client, editor, monkeypatch):
    fail(client, 6)
    let_pass(monkeypatch, minutes=14)
    assert fail(client, 10) == [429] * 10
    assert int(log_in(client).headers["Retry-After"]) <= 60


def test_a_right_password_gives_the_count_back(client, editor):
    for _ in range(4):
        assert fail(client, 4) == [200] * 4
        assert log_in(client).status_code == 302
        client.post("/admin/logout/")


def test_one_network_may_not_try_many_names(client, editor, elsewhere):
    assert [fail(client, 1, name=f"name-{number}") for number in range(20)] == [[200]] * 20
    assert log_in(client).status_code == 429
    assert log_in(elsewhere).status_code == 302


def test_a_right_password_of_ones_own_does_not_buy_more_tries_at_others(
    client, editor, django_user_model
):
    django_user_model.objects.create_user("insider", password=PASSWORD, is_staff=True)
    asked = []
    for number in range(25):
        asked += fail(client, 1, name=f"name-{number}")
        log_in(client, name="insider")
        client.post("/admin/logout/")
        client.cookies.pop("door", None)
    assert 429 in asked


def test_a_stranger_keeps_nobody_out_who_logged_in_before(client, editor):
    log_in(client)
    client.post("/admin/logout/")
    stranger = Client()  # on the same network
    fail(stranger, 5)
    assert log_in(stranger).status_code == 429
    assert log_in(client).status_code == 302


def test_without_its_cookie_the_same_browser_would_have_to_wait(client, editor):
    log_in(client)
    client.post("/admin/logout/")
    fail(Client(), 5)
    del client.cookies["door"]
    assert log_in(client).status_code == 429


def test_a_known_browser_has_five_tries_as_well_and_only_for_its_account(
    client, editor, django_user_model
):
    log_in(client)
    client.post("/admin/logout/")
    assert fail(client, 6) == [200] * 5 + [429]
    django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
    assert fail(client, 6, name="other") == [200] * 5 + [429]


def test_tries_from_everywhere_slow_strangers_for_a_quarter_of_an_hour_and_the_owner_never(
    client, editor
):
    log_in(client)
    client.post("/admin/logout/")
    for number in range(20):
        fail(Client(REMOTE_ADDR=f"198.51.100.{number}"), 5)
    assert log_in(Client(REMOTE_ADDR="203.0.113.5")).status_code == 429
    assert log_in(client).status_code == 302


def test_a_link_from_the_server_gets_in_past_the_wait(client, editor, capsys):
    fail(client, 6)
    assert log_in(client).status_code == 429
    call_command("reset_login", "editor")
    path = capsys.readouterr().out.split()[0].partition("8000")[2]
    new = "another way round the lake"
    client.post(path, {"new_password1": new, "new_password2": new})
    assert log_in(client, password=new).status_code == 302


def test_without_its_file_each_process_counts_for_itself(client, editor, settings, caplog):
    settings.LIMITS_FILE = settings.LIMITS_FILE.parent  # a folder: no file can be opened there
    assert fail(client, 6) == [200] * 5 + [429]
    assert log_in(client).status_code == 429
    assert "the file did not answer" in caplog.text


def test_a_redis_that_does_not_answer_changes_nothing(client, editor, settings):
    settings.CACHE_URL = "redis://127.0.0.1:1/1"
    assert fail(client, 6) == [200] * 5 + [429]


def test_the_password_change_counts_wrong_passwords_too(client, editor):
    log_in(client)
    new = "another way round the lake"
    form = {"old_password": WRONG, "new_password1": new, "new_password2": new}
    assert [client.post("/admin/password_change/", form).status_code for _ in range(6)] == [
        200
    ] * 5 + [429]


def test_three_reset_mails_an_hour_go_to_an_address_and_six_are_asked_for_by_a_network(rf):
    def ask(address, network):
        request = rf.post("/admin/account/password-reset/", REMOTE_ADDR=network)
        return login_throttle.allow_password_reset_email(request, address)

    asked = [ask("a@example.org", f"203.0.{number}.1") for number in range(4)]
    assert asked == [True] * 3 + [False]
    asked = [ask(f"b{number}@example.org", "198.51.100.1") for number in range(7)]
    assert asked == [True] * 6 + [False]


def test_an_attempt_that_one_limit_refuses_is_given_back_to_the_others(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    wide, narrow = (
        Limit(name, most, 600)
        for name, most in (
            (
                "wide",
                3,
            ),
            ("narrow", 1),
        )
    )
    counts = [(wide, "editor"), (narrow, "network")]
    login_throttle._count(request, counts)
    for _ in range(5):
        with pytest.raises(ImmediateHttpResponse):
            login_throttle._count(request, counts)
    assert wide.increment("editor").count == 2


def test_the_page_that_asks_to_wait_has_no_navigation(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    page = login_throttle.rate_limited(request, 90).content.decode()
    assert "2 minutes" in page
    assert "nav-sidebar" not in page
