"""The trash: what is deleted at the desk comes back as it was for 30 days, and no longer."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from articles.models import Article, Autosave, Page, Redirect, ReviewNote, Topic
from tests.articles.desk import log_in
from tests.factories import make_article, make_offer, make_page, make_source, make_topic
from trustsite.desk import trash
from trustsite.models import TrashedRow

pytestmark = pytest.mark.django_db
LIST = "/admin/trustsite/trashedrow/"
MAKERS = {
    "article": lambda: make_article(state="draft"),
    "page": lambda: make_page(slug="our-story"),
    "source": make_source,
    "offer": make_offer,
    "topic": make_topic,
}


@pytest.fixture
def editor():
    return log_in("Editors")


def delete(browser, row):
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/delete/"
    return browser.post(path, {"post": "yes"})


def bring_back(browser):
    chosen = list(TrashedRow.objects.values_list("pk", flat=True))
    given = {"action": "bring_back", "_selected_action": chosen}
    return browser.post(LIST, given, follow=True).content.decode()


def values(row):
    skipped = {"changed_at", "synced_at"}
    return {
        field.name: getattr(row, field.name)
        for field in row._meta.fields
        if field.name not in skipped
    }


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_what_was_deleted_comes_back_as_it_was(editor, kind):
    row = type(MAKERS[kind]())._base_manager.get()
    before = values(row)
    delete(editor, row)
    assert not type(row)._base_manager.exists()
    assert "is back, as it was." in bring_back(editor)
    assert values(type(row)._base_manager.get()) == before
    assert not TrashedRow.objects.exists()


def test_several_deleted_at_once_are_all_there(editor):
    rows = [make_article(state="draft") for _ in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    editor.post("/admin/articles/article/", chosen | {"post": "yes"})
    assert (Article.objects.count(), TrashedRow.objects.count()) == (0, 3)
    bring_back(editor)
    assert Article.objects.count() == 3


def test_what_went_with_it_comes_with_it(editor):
    article = make_article(state="draft")
    Autosave.objects.create(article=article, author=editor.user, fields={"title": ["Mine"]})
    article.notes.create(author=editor.user, text="Says who?")
    states = article.history.count()
    delete(editor, article)
    bring_back(editor)
    assert Autosave.objects.get().fields == {"title": ["Mine"]}
    assert ReviewNote.objects.get().article == article
    assert article.history.count() > states


def test_the_address_of_a_page_says_no_more_that_it_is_gone(editor, client):
    page = make_page(slug="our-story")
    delete(editor, page)
    assert client.get("/our-story/").status_code == 410
    bring_back(editor)
    assert client.get("/our-story/").status_code == 404  # it has no address of its own
    assert not Redirect.objects.exists()


def test_what_has_lost_its_place_stays_and_says_why(editor):
    article = make_article(state="draft", slug="taken")
    delete(editor, article)
    make_article(state="draft", slug="taken")
    assert "can’t come back" in bring_back(editor)
    assert (Article.objects.count(), TrashedRow.objects.count()) == (1, 1)


def test_what_has_lost_its_topic_stays_and_says_why(editor):
    article = make_article(state="draft")
    delete(editor, article)
    Topic.objects.all().delete()
    assert "can’t come back" in bring_back(editor)


def test_nobody_brings_back_what_they_may_not_add(editor):
    delete(editor, make_page(slug="our-story"))
    writer = log_in("Writers")
    assert "About" not in writer.get(LIST).content.decode()
    bring_back(writer)
    assert not Page.objects.exists()
    assert log_in("List managers").get(LIST).status_code == 403


def test_after_30_days_the_worker_erases_it(editor):
    delete(editor, make_article(state="draft"))
    delete(editor, make_article(state="draft"))
    old = TrashedRow.objects.first()
    TrashedRow.objects.filter(pk=old.pk).update(
        deleted_at=timezone.now() - trash.KEPT_FOR - timedelta(minutes=1)
    )
    trash._looked_at = -float(trash.EVERY)
    for path in settings.WORKER_TIMERS:
        import_string(path)()
    assert list(TrashedRow.objects.values_list("pk", flat=True)) == [old.pk - 1]


def test_without_the_trash_it_is_gone(editor, monkeypatch):
    monkeypatch.setattr(trash, "keep", lambda row, user: None)
    delete(editor, make_article(state="draft"))
    bring_back(editor)
    assert not Article.objects.exists()
