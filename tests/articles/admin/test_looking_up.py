"""Looking up: one row at a time, beside the page that says what is so, by a button and by nothing else."""

import html5lib
import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from articles.models import Helpline
from tests.articles.desk import log_in
from tests.factories import make_article, make_helpline, make_offer, make_source
from trustsite.desk import openings

pytestmark = pytest.mark.django_db
URL = "https://line.example/"
MAKERS = {
    "helpline": lambda: make_helpline(url=URL),
    "source": lambda: make_source(url=URL),
    "offer": lambda: make_offer(checked_on=None),
}


def path(row, end):
    return f"/admin/articles/{row._meta.model_name}/{row.pk}/{end}/"


def seen(browser, row):
    page = html5lib.parse(
        browser.get(path(row, "look-up")).content.decode(), namespaceHTMLElements=False
    )
    return page.find(".//input[@name='seen']").get("value")


def press(browser, row, seen_then=None):
    """Press the button, and return whether the row counts as looked up."""
    given = {"seen": seen_then or seen(browser, row)}
    browser.post(path(row, "looked-up"), given)
    return is_looked_up(row)


def is_looked_up(row):
    row.refresh_from_db()
    return bool(getattr(row, row.CHECK_FIELDS[0]))


@pytest.fixture(params=MAKERS)
def row(request):
    return MAKERS[request.param]()


def test_it_counts_once_its_page_was_opened_and_the_history_says_who(row):
    browser = log_in("Owners")
    assert not press(browser, row)
    assert browser.get(path(row, "open")).headers["Location"] == row.url
    assert press(browser, row)
    assert LogEntry.objects.get(user=browser.user).change_message.startswith("Looked up: ")


def test_without_asking_for_the_page_one_press_is_enough(row, monkeypatch):
    monkeypatch.setattr(openings, "has_opened", lambda *of: True)
    assert press(log_in("Owners"), row)


def test_no_form_and_no_action_enters_it(row):
    browser = log_in("Owners")
    field = row.CHECK_FIELDS[0]
    for given in ({field: "2026-01-01"}, {field: "on"}):
        browser.post(path(row, "change"), given)
    browser.post(
        f"/admin/articles/{row._meta.model_name}/",
        {"action": "look_up", "_selected_action": [row.pk]},
    )
    assert not is_looked_up(row)


def test_a_row_that_changed_meanwhile_is_compared_once_more(row):
    browser = log_in("Owners")
    then = seen(browser, row)
    type(row).objects.update(url="https://another.example/")
    row.refresh_from_db()
    browser.get(path(row, "open"))
    assert not press(browser, row, then)
    assert press(browser, row)


def test_another_address_is_another_page_to_open():
    browser, row = log_in("Owners"), make_helpline(url=URL)
    browser.get(path(row, "open"))
    Helpline.objects.update(url="https://another.example/")
    row.refresh_from_db()
    assert not press(browser, row)


def test_one_leads_to_the_next_and_the_last_to_the_list():
    browser = log_in("Reviewers")
    first, second = make_helpline(url=URL), make_helpline(url=URL)
    for row, then in ((first, path(second, "look-up")), (second, "/admin/articles/helpline/")):
        browser.get(path(row, "open"))
        response = browser.post(path(row, "looked-up"), {"seen": seen(browser, row)})
        assert response.headers["Location"] == then


def test_a_work_without_an_address_needs_no_page():
    assert press(log_in("Reviewers"), make_source(url=""))


@pytest.mark.parametrize("role", ["Writers", "List managers"])
def test_who_neither_publishes_nor_reviews_enters_nothing(role, row):
    make_article(body=f"Lead.[^{row.key}]")  # a source that readers see
    browser = log_in(role)
    browser.get(path(row, "open"))
    answer = browser.post(path(row, "looked-up"), {"seen": seen(log_in("Owners"), row)})
    assert answer.status_code == 403
    assert not is_looked_up(row)


def test_what_readers_rely_on_is_looked_up_again_once_it_changed():
    browser, row = log_in("Editors"), make_source(url=URL, checked=True)
    given = {"key": row.key, "authors": "Somebody else", "year": 2001, "title": row.title}
    browser.post(path(row, "change"), given | {"url": URL})
    assert not is_looked_up(row)


def test_a_line_that_stays_the_same_stays_looked_up():
    line = make_helpline(url=URL, checked_on=timezone.localdate())
    line.note = "Another note."
    line.save()
    assert is_looked_up(line)
