"""Logging in at the desk: what is told, where it leads, and what a session is."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.login import PASSWORD, log_in
from tests.trustsite.web.observatory import score

pytestmark = pytest.mark.django_db


def told(response):
    """The page, without the form's own token and what was typed."""
    return re.sub(r'value="[^"]*"', "", response.content.decode())


def test_the_right_password_leads_to_the_desk(client, editor):
    response = log_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_the_page_is_valid_and_has_a_label_for_each_field(client, parse, text_of):
    page = parse(client.get("/admin/login/"))
    labels = {label.get("for"): text_of(label) for label in page.iter("label")}
    assert labels == {"id_username": "Username:", "id_password": "Password:"}


@pytest.mark.parametrize("kind", ["wrong", "unknown", "inactive", "not staff"])
def test_every_failure_is_told_the_same(client, editor, django_user_model, kind):
    django_user_model.objects.create_user(
        "inactive", password=PASSWORD, is_staff=True, is_active=False
    )
    django_user_model.objects.create_user("not staff", password=PASSWORD)
    wrong = log_in(Client(), password="not this one at all")
    other = log_in(
        client,
        name="editor" if kind == "wrong" else kind,
        password="no" if kind == "wrong" else PASSWORD,
    )
    assert (wrong.status_code, other.status_code) == (200, 200)
    assert "don’t fit together" in told(wrong)
    assert told(wrong) == told(other)
    assert set(wrong.cookies) == set(other.cookies)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(client, editor, settings, monkeypatch):
    """What takes long is hashing a password: as often, and with as many rounds, for either."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    editor.set_password(PASSWORD)
    editor.save()
    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.pbkdf2",
        lambda password, salt, rounds, **options: hashed.append(rounds) or b"",
    )
    rounds = {}
    for name in ("editor", "nobody"):
        hashed.clear()
        log_in(client, name=name, password="not this one at all")
        rounds[name] = sum(hashed)
    assert rounds["nobody"] == rounds["editor"] > 100_000


@pytest.mark.parametrize(
    "trap",
    [
        "https://evil.example/",
        "//evil.example/",
        "https:evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
        "/admin/\r\nSet-Cookie: a=b",
        "/admin/\\evil",
        "/quiz/",
        "http://testserver@evil.example/admin/",
    ],
)
def test_it_leads_nowhere_but_to_the_desk(client, editor, trap):
    assert log_in(client, next=trap).headers["Location"] == "/admin/"
    assert (
        client.get("/admin/login/", {"next": trap}).headers["Location"] == "/admin/"
    )  # logged in already


def test_it_leads_on_to_the_page_of_the_desk_that_was_asked_for(client, editor):
    asked = client.get("/admin/articles/article/")
    assert asked.headers["Location"] == "/admin/login/?next=/admin/articles/article/"
    assert (
        log_in(client, next="/admin/articles/article/").headers["Location"]
        == "/admin/articles/article/"
    )


@pytest.mark.parametrize("name", ["Editor", " editor ", "ｅditor", "еditor"])
def test_another_spelling_is_the_same_account_or_a_plain_failure(client, editor, name):
    response = log_in(client, name=name)
    assert response.status_code in (200, 302)
    assert client.get("/admin/").status_code == (200 if name.strip() == "editor" else 302)


def test_a_form_from_elsewhere_is_refused(editor):
    strict = Client(enforce_csrf_checks=True)
    for headers in ({}, {"origin": "null"}, {"origin": "https://evil.example"}):
        for path in (
            "/admin/login/",
            "/admin/logout/",
            "/admin/account/password-reset/",
            "/admin/account/sessions/revoke/",
        ):
            assert (
                strict.post(
                    path, {"username": "editor", "password": PASSWORD}, headers=headers
                ).status_code
                == 403
            )


def test_the_session_has_another_key_after_logging_in_and_the_old_ones_are_dead(client, editor):
    session = client.session
    session["anything"] = True
    session.save()
    before = session.session_key
    client.cookies["session"] = before
    log_in(client)
    inside = client.session.session_key
    assert inside != before
    client.post("/admin/logout/")
    assert not Session.objects.filter(pk__in=[before, inside]).exists()
    client.cookies["session"] = inside
    assert client.get("/admin/").status_code == 302


def test_logging_out_takes_a_post_and_has_the_browser_forget(client, editor):
    log_in(client)
    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/admin/").status_code == 200
    response = client.post("/admin/logout/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_who_is_taken_off_the_staff_is_out_at_the_next_page(client, editor, lost):
    log_in(client)
    setattr(editor, lost, False)
    editor.save()
    response = client.get("/admin/")
    assert response.headers["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/").status_code == 200  # and does not go round in circles


def test_cookies_are_for_this_site_alone_and_not_for_scripts(client, editor, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    client.get("/admin/login/")
    log_in(client)
    kept = {name: morsel for name, morsel in client.cookies.items() if morsel.value}
    assert set(kept) == {"__Host-session", "__Host-csrf", "__Host-door"}
    for morsel in kept.values():
        assert (morsel["secure"], morsel["httponly"], morsel["path"], morsel["domain"]) == (
            True,
            True,
            "/",
            "",
        )
        assert morsel["samesite"] == "Lax"


def test_nobody_signs_up(client):
    for path in ("/admin/signup/", "/admin/account/signup/", "/accounts/signup/"):
        assert client.get(path, follow=True).redirect_chain[-1:] in (
            [],
            [("/admin/login/?next=" + path, 302)],
        )


def test_readers_carry_nothing_of_the_door(client, editor, django_assert_num_queries):
    for path in ("/nowhere/", "/healthz"):
        assert not client.get(path).cookies
    log_in(client)
    with django_assert_num_queries(0):
        assert "Cookie" not in client.get("/healthz").headers.get("Vary", "")


def test_a_login_is_logged_by_number_alone(client, editor, caplog):
    with caplog.at_level("INFO"):
        log_in(client, password="not this one at all")
        log_in(client, name="nobody-we-know")
        log_in(client)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("accounts")]
    assert lines == [
        f"A login failed (user {editor.pk}).",
        "A login failed (user unknown).",
        f"User {editor.pk} logged in.",
    ]
    assert not re.search(r"nobody-we-know|127\.0\.0\.1|desk\.example", caplog.text)


def test_the_page_scores_160_by_the_observatory_rules_and_holds_nothing_inline(
    client, settings, parse
):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 63_072_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.CSRF_COOKIE_NAME = "__Host-csrf"
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    response = client.get("/admin/login/", secure=True)
    headers = [
        *response.headers.items(),
        *(("Set-Cookie", each.OutputString()) for each in response.cookies.values()),
    ]
    result = score(headers, response.content.decode(), sent_origin="https://elsewhere.example")
    assert result["score"] == 160, result["modifiers"]
    page = parse(response)
    assert not [
        script
        for script in page.iter("script")
        if script.text and script.get("type") != "application/json"
    ]
    assert not [element for element in page.iter() if element.get("style")]
