"""The second step: that it can't be passed by, and that each code works once."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from tests.accounts.login import PASSWORD, log_in

pytestmark = pytest.mark.django_db
STEP = 30
OTHER_KEY = "another key of fifty characters or more, for tests"


def code(secret, ago=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP - ago))


@pytest.fixture
def secret(editor):
    secret = generate_totp_secret()
    TOTP.activate(editor, secret)
    return secret


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """A clock that stands, so that no code grows old during a test."""
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now)


def second_step(client, code):
    return client.post("/admin/account/second-step/", {"code": code})


def is_inside(client):
    return client.get("/admin/").status_code == 200


def test_the_password_alone_opens_nothing(client, editor, secret):
    assert log_in(client).headers["Location"] == "/admin/account/second-step/"
    assert not is_inside(client)
    assert client.get("/admin/account/").status_code == 302
    assert client.get("/admin/account/second-step/").status_code == 200


def test_the_code_opens_the_desk_and_leads_where_one_wanted(client, secret):
    log_in(client, next="/admin/articles/article/")
    assert second_step(client, code(secret)).headers["Location"] == "/admin/articles/article/"
    assert is_inside(client)


def test_a_code_typed_slowly_still_counts(client, secret):
    log_in(client)
    second_step(client, code(secret, ago=1))
    assert is_inside(client)


@pytest.mark.parametrize("ago", [2, 3, -2])
def test_an_old_code_opens_nothing(client, secret, ago):
    log_in(client)
    assert "good once" in second_step(client, code(secret, ago=ago)).content.decode()
    assert not is_inside(client)


def test_a_code_works_once_in_whatever_process(client, secret):
    from django.core.cache import cache

    log_in(client)
    second_step(client, code(secret))
    assert is_inside(client)
    cache.clear()  # another process has another cache
    other = Client()
    log_in(other)
    second_step(other, code(secret))
    assert not is_inside(other)
    second_step(other, code(secret, ago=1))  # an earlier one is worth nothing after a later one
    assert not is_inside(other)


def test_the_code_of_somebody_else_opens_nothing(client, secret, django_user_model):
    other = django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
    others = generate_totp_secret()
    TOTP.activate(other, others)
    log_in(client)
    second_step(client, code(others))
    assert not is_inside(client)


def test_without_the_password_there_is_no_second_step(client, secret):
    assert second_step(client, code(secret)).headers["Location"] == "/admin/login/"
    assert not is_inside(client)


def test_a_recovery_code_works_once(client, editor, secret):
    one, another = RecoveryCodes.activate(editor).generate_codes()[:2]
    for recovery, opens in ((one, True), (one, False), (another, True)):
        visitor = Client()
        log_in(visitor)
        second_step(visitor, recovery)
        assert is_inside(visitor) == opens


def test_wrong_codes_are_counted_apart_from_passwords(client, editor, secret):
    log_in(client)
    wrong = [
        second_step(client, "000000" if code(secret) != "000000" else "111111").status_code
        for _ in range(6)
    ]
    assert wrong == [200] * 5 + [429]
    response = second_step(client, code(secret))
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert log_in(Client()).status_code == 302


def test_what_a_second_step_needs_is_not_kept_in_the_clear(editor, secret):
    RecoveryCodes.activate(editor)
    stored = str(list(Authenticator.objects.values("data")))
    assert secret not in stored
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()) == 10


def test_a_changed_secret_key_takes_nobody_s_second_step_while_the_old_one_is_a_fallback(
    client, secret, settings
):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another key of fifty characters or more, for tests",
    )
    log_in(client)
    second_step(client, code(secret))
    assert is_inside(client)
    settings.SECRET_KEY_FALLBACKS = []  # what was used meanwhile was encrypted anew
    assert Authenticator.objects.get().wrap().instance.data["last"]
    later = Client()
    log_in(later)
    assert second_step(later, code(secret, ago=-1)).status_code == 302


def test_a_second_step_that_cannot_be_read_is_a_failure_and_not_an_error(
    client, secret, settings, caplog
):
    settings.SECRET_KEY = OTHER_KEY
    log_in(client)
    assert second_step(client, code(secret)).status_code == 200
    assert "can't be read" in caplog.text


class TestSettingUp:
    @pytest.fixture(autouse=True)
    def required(self, settings):
        settings.REQUIRE_SECOND_FACTOR = True

    @pytest.mark.parametrize(
        "path", ["/admin/", "/admin/articles/article/", "/admin/auth/user/", "/admin/nowhere/"]
    )
    def test_nothing_else_of_the_desk_opens_before_there_is_one(
        self, client, editor, path, django_user_model
    ):
        django_user_model.objects.update(is_superuser=True)
        log_in(client)
        assert client.get(path).headers["Location"] == "/admin/account/"
        assert client.post(path).headers["Location"] == "/admin/account/"
        assert "Before the desk opens" in client.get("/admin/account/").content.decode()

    def test_public_pages_open_as_ever(self, client, editor):
        log_in(client)
        assert client.get("/articles/").status_code == 200

    def test_an_app_is_added_and_its_recovery_codes_are_shown(self, client, editor, parse, text_of):
        log_in(client)
        page = parse(client.get("/admin/account/totp/"))
        [secret] = [text_of(shown) for shown in page.iter("code")]
        assert [
            shape
            for shape in page.iter("{http://www.w3.org/2000/svg}path")
            if shape.get("fill") == "#000"
        ]
        response = client.post("/admin/account/totp/", {"code": code(secret)})
        assert response.headers["Location"] == "/admin/account/recovery-codes/"
        shown = [
            text_of(each)
            for each in parse(client.get("/admin/account/recovery-codes/")).iter("code")
        ]
        assert len(shown) == len(set(shown)) == 10
        assert is_inside(client)
        other = Client()
        log_in(other)
        second_step(other, code(secret))  # it was used for setting up
        assert not is_inside(other)
        second_step(other, shown[3])
        assert is_inside(other)

    def test_a_wrong_first_code_adds_nothing(self, client, editor, parse, text_of):
        log_in(client)
        client.get("/admin/account/totp/")
        assert client.post("/admin/account/totp/", {"code": "12"}).status_code == 200
        assert not Authenticator.objects.exists()

    def test_recovery_codes_alone_are_no_second_step(self, client, editor):
        RecoveryCodes.activate(editor)
        log_in(client)
        assert client.get("/admin/").headers["Location"] == "/admin/account/"

    def test_it_is_on_where_the_site_is_public(self):
        import os
        import subprocess
        import sys

        public = {
            "MODE": "production",
            "SITE_URL": "https://site.test",
            "PUBLISHER": "A",
            "POSTAL_ADDRESS": "B",
            "CONTACT_EMAIL": "a@site.test",
            "FROM_EMAIL": "b@site.test",
            "SECRET_KEY": "k" * 60,
            "SUPPRESSION_KEY": "s" * 60,
        }
        ask = "from trustsite import settings; print(settings.REQUIRE_SECOND_FACTOR)"
        command = [sys.executable, "-c", ask]
        assert (
            subprocess.check_output(command, env={**os.environ, **public}, text=True).strip()
            == "True"
        )


class TestChanging:
    def test_soon_after_logging_in_nothing_is_asked_again(self, client, secret):
        log_in(client)
        second_step(client, code(secret))
        assert client.get("/admin/account/totp/remove/").status_code == 200

    def test_later_the_password_is_asked_again_and_leads_back(self, client, secret, monkeypatch):
        log_in(client)
        second_step(client, code(secret))
        later = time.time() + 301
        monkeypatch.setattr("time.time", lambda: later)
        asked = client.post("/admin/account/totp/remove/")
        assert (
            asked.headers["Location"]
            == "/admin/account/reauthenticate/?next=%2Fadmin%2Faccount%2Ftotp%2Fremove%2F"
        )
        assert (
            "account_reauthentication_state" not in client.session
        )  # nothing of the request is kept
        assert (
            "isn’t your password"
            in client.post(asked.headers["Location"], {"password": "no"}).content.decode()
        )
        back = client.post(asked.headers["Location"], {"password": PASSWORD})
        assert back.headers["Location"] == "/admin/account/totp/remove/"
        client.post("/admin/account/totp/remove/")
        assert not Authenticator.objects.exists()

    def test_a_code_will_do_instead_of_the_password(self, client, secret, monkeypatch):
        log_in(client)
        second_step(client, code(secret))
        later = time.time() + 301
        monkeypatch.setattr("time.time", lambda: later)
        assert client.get("/admin/account/reauthenticate/code/").status_code == 200
        response = client.post(
            "/admin/account/reauthenticate/code/?next=/admin/account/totp/remove/",
            {"code": code(secret)},
        )
        assert response.headers["Location"] == "/admin/account/totp/remove/"

    def test_new_recovery_codes_end_the_old(self, client, editor, secret):
        [old, *_] = RecoveryCodes.activate(editor).generate_codes()
        log_in(client)
        second_step(client, code(secret))
        assert client.get("/admin/account/recovery-codes/new/").status_code == 200
        client.post("/admin/account/recovery-codes/new/")
        other = Client()
        log_in(other)
        second_step(other, old)
        assert not is_inside(other)

    def test_nobody_removes_the_passkey_of_somebody_else(self, client, editor, django_user_model):
        other = django_user_model.objects.create_user("other", password=PASSWORD, is_staff=True)
        key = Authenticator.objects.create(
            user=other, type="webauthn", data={"name": "Phone", "credential": {}}
        )
        log_in(client)
        assert client.post(f"/admin/account/passkeys/{key.pk}/remove/").status_code == 404
        assert Authenticator.objects.filter(pk=key.pk).exists()


def test_a_passkey_that_is_none_is_refused_kindly(client, editor):
    for credential in (
        "",
        "{}",
        "[]",
        "1",
        "nonsense",
        '{"id": 1}',
        '{"response": {"userHandle": "MQ"}}',
    ):
        response = client.post(
            "/admin/account/passkeys/login/", {"credential": credential}, follow=True
        )
        assert response.status_code == 200
        assert not is_inside(client)
    log_in(client)
    for credential in ("", "{}", "[]", "1", "nonsense", '{"id": 1}'):
        response = client.post("/admin/account/passkeys/new/", {"credential": credential})
        assert response.status_code == 200
    assert not Authenticator.objects.exists()


def test_tries_by_passkey_are_counted_too(client, editor):
    ask = {"headers": {"accept": "application/json"}}
    answers = [client.get("/admin/account/passkeys/login/", **ask) for _ in range(61)]
    assert "challenge" in answers[0].content.decode()
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert log_in(client).status_code == 302  # passwords are counted apart
