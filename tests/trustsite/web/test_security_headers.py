import re

import pytest
from django.test import Client

from tests.factories import make_article
from tests.trustsite.web.observatory import score
from trustsite.web.inline_css import stylesheet
from trustsite.web.security_headers import page_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def over_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    return Client(headers={"origin": "https://elsewhere.example"})


@pytest.mark.parametrize(
    "path", ["/", "/articles/kept/", "/articles/", "/quiz/", "/guide/", "/nowhere/", "/responses/"]
)
def test_every_page_scores_155_by_the_observatory_rules(over_https, path):
    make_article(slug="kept")
    response = over_https.get(path, secure=True)
    result = score(
        list(response.headers.items()),
        response.content.decode(),
        sent_origin="https://elsewhere.example",
    )
    assert result["score"] == 155, result["modifiers"]


@pytest.mark.parametrize("path", ["/", "/articles/kept/", "/nowhere/", "/healthz"])
def test_no_answer_sets_a_cookie_or_differs_by_cookie(client, path):
    make_article(slug="kept")
    response = client.get(path)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_the_policy_is_exactly_this(settings):
    settings.SECURE_SSL_REDIRECT = True
    sheet = stylesheet(["button"])
    assert page_policy(f"<style>{sheet}</style>".encode()) == (
        f"default-src 'none'; script-src 'self'; style-src {sheet.source}; img-src 'self'; font-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
        "upgrade-insecure-requests"
    )


def test_the_stylesheet_in_the_page_is_the_one_the_policy_allows(client, parse):
    import base64
    import hashlib

    [style] = list(parse(client.get("/")).iter("style"))
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in client.get("/").headers["Content-Security-Policy"]


def test_public_pages_may_be_kept_and_errors_may_not(client):
    assert client.get("/").headers["Cache-Control"].startswith("public, max-age=60")
    assert client.get("/nowhere/").headers["Cache-Control"] == "no-store"


def test_the_admin_has_the_same_headers_and_its_own_stylesheets(client):
    response = client.get("/admin/login/")
    policy = response.headers["Content-Security-Policy"]
    assert re.search(r"style-src 'self' 'sha256-[^' ]+';", policy)
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_forged_host_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
