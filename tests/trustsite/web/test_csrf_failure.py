"""The page of a form whose CSRF token doesn't fit."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_form_without_its_token_gets_our_page_with_a_way_on(parse):
    response = Client(enforce_csrf_checks=True).post(
        "/admin/login/?next=/admin/", {"username": "a"}
    )
    assert response.status_code == 403
    page = parse(response)
    assert not [element for element in page.iter() if element.get("style")]
    assert "/admin/login/" in [link.get("href") for link in page.iter("a")]
    assert response.headers["Cache-Control"] == "no-store"


def test_nothing_of_the_address_or_the_reason_is_taken_over():
    path = "/admin/login/<script>/?q=<b>"
    response = Client(enforce_csrf_checks=True).post(path, {})
    assert b"<script>/" not in response.content
    assert b"CSRF" not in response.content
