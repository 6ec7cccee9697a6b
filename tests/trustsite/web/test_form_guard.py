from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from trustsite.web.form_guard import form_token, is_good, same_origin_required


@same_origin_required
def view(request):
    return HttpResponse("taken")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://localhost"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[x"}, 403),
        ({"origin": "http://a]b/"}, 403),
    ],
)
def test_a_post_from_another_site_is_refused(headers, status):
    request = RequestFactory().post("/", headers={"host": "localhost", **headers})
    assert view(request).status_code == status


def test_a_stamp_is_good_for_a_day(monkeypatch):
    stamp, now = form_token(), timezone.now()
    for hours, good in [(0, True), (23, True), (26, False), (-2, False)]:
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        assert is_good(stamp) is good


def test_a_stamp_changes_by_the_hour_alone(monkeypatch):
    now = timezone.now().replace(minute=10)
    monkeypatch.setattr(timezone, "now", lambda: now)
    stamp = form_token()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=40))
    assert form_token() == stamp


@pytest.mark.parametrize("stamp", ["", "1", "1:x", "abc", form_token()[:-1], "0" + form_token()])
def test_a_forged_stamp_is_not_good(stamp):
    assert not is_good(stamp)
