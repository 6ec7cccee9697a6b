"""The audit log: who did what at the desk, to be read by owners and changed by nobody."""

import pytest
from django.contrib.admin.models import LogEntry

from tests.articles.desk import log_in, save
from tests.factories import make_article

pytestmark = pytest.mark.django_db
LIST = "/admin/admin/logentry/"


@pytest.fixture
def owner():
    return log_in("Owners")


def rows(browser, parse, text_of, **wanted):
    page = parse(browser.get(LIST, wanted))
    return [text_of(row) for row in page.findall(".//table[@id='result_list']/tbody/tr")]


@pytest.fixture
def done(owner):
    """An article that an editor changed and an owner deleted."""
    article = make_article(state="draft", title="Slow mornings")
    save(log_in("Editors"), article, title="Slow evenings")
    owner.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"})


def test_it_says_who_did_what_to_which(owner, done, parse, text_of):
    deleted, changed = rows(owner, parse, text_of)
    assert "Slow evenings" in deleted
    assert "Deleted." in deleted
    assert "owners" in deleted
    assert "Changed Title" in changed
    assert "editors" in changed


def test_it_is_narrowed_to_a_person_a_deed_and_a_word(owner, done, parse, text_of):
    editor = LogEntry.objects.get(action_flag=2).user
    assert len(rows(owner, parse, text_of, user__id__exact=editor.pk)) == 1
    assert len(rows(owner, parse, text_of, action_flag__exact=3)) == 1
    assert rows(owner, parse, text_of, q="a word that stands nowhere") == []


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers", "List managers"])
def test_only_owners_read_it(role):
    assert log_in(role).get(LIST).status_code == 403


def test_nobody_writes_it(owner, done):
    entry = LogEntry.objects.first()
    assert owner.get(f"{LIST}add/").status_code == 403
    assert owner.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    owner.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert LogEntry.objects.filter(pk=entry.pk).exists()
