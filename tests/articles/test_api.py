"""The articles' public interface: what the newsletter may ask."""

import pytest

from articles import api
from articles.models import Redirect
from tests.factories import make_article, make_offer

pytestmark = pytest.mark.django_db


def test_an_offer_is_given_by_its_key_with_why_it_is_hidden():
    make_offer(key="calm")
    assert api.offer("calm").key == "calm"
    assert api.offer("none") is None
    assert api.partner_hosts() == [api.offer("calm").allowed_host]


def test_a_link_has_a_path_when_it_stays_on_the_site(settings):
    settings.SITE_URL = "https://site.example"
    assert api.path_on_site("https://site.example/articles/") == "/articles/"
    assert api.path_on_site("/articles/") == "/articles/"
    assert api.path_on_site("https://elsewhere.example/articles/") is None


def test_a_page_exists_when_a_reader_finds_it():
    make_article(slug="a")
    assert api.page_exists("/articles/a/")
    assert not api.page_exists("/articles/b/")


def test_an_address_has_moved_when_it_leads_on():
    Redirect.objects.create(path="/old/", target="/articles/")
    Redirect.objects.create(path="/gone/", target="")
    assert api.has_moved("/old/")
    assert not api.has_moved("/gone/")
    assert not api.has_moved("/articles/")
