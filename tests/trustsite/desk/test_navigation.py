"""The desk's frame: one list of places, each shown to who may open it, and a mark on the one that is open."""

import pytest
from django.contrib import admin

from tests.articles.desk import log_in
from tests.factories import make_article
from trustsite.desk import navigation

pytestmark = pytest.mark.django_db
ROLES = ("Writers", "Editors", "Reviewers", "List managers", "Owners")


def places(browser, parse, path="/admin/"):
    nav = parse(browser.get(path)).find(".//nav[@id='desk-nav']")
    return [link for item in nav.iter("li") for link in item.findall("a")]


@pytest.mark.parametrize("role", ROLES)
def test_every_place_that_is_shown_opens(role, parse):
    browser = log_in(role)
    shown = [link.get("href") for link in places(browser, parse)]
    assert {path: browser.get(path).status_code for path in shown} == dict.fromkeys(shown, 200)


@pytest.mark.parametrize("role", ROLES)
def test_every_list_that_somebody_may_open_has_its_place(role, parse):
    browser = log_in(role)
    shown = {link.get("href") for link in places(browser, parse)}
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        if browser.get(path).status_code == 200:
            assert path in shown, path


def test_there_is_one_list_and_no_place_twice():
    names = [place.name for _, group in navigation.PLACES for place in group]
    assert len(names) == len(set(names))


def test_the_place_that_is_open_is_marked_for_eyes_and_ears(parse):
    browser, article = log_in("Editors"), make_article()

    def marked(path):
        return {
            link.text: link.get("aria-current")
            for link in places(browser, parse, path)
            if link.get("aria-current")
        }

    assert marked("/admin/") == {"Today": "page"}
    assert marked("/admin/articles/article/") == {"Articles": "page"}
    assert marked(f"/admin/articles/article/{article.pk}/change/") == {"Articles": "true"}


def test_a_page_with_a_login_holds_one_stylesheet_of_ours_which_the_policy_names(parse):
    response = log_in("Editors").get("/admin/")
    styles = list(parse(response).iter("style"))
    assert len(styles) == 1
    assert "'sha256-" in response.headers["Content-Security-Policy"]


def test_without_a_login_there_is_no_navigation(client, parse):
    page = parse(client.get("/admin/login/", follow=True))
    assert page.find(".//nav[@id='desk-nav']") is None
