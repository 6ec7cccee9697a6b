"""What readers have seen stays: a published article is changed or withdrawn, never made unseen, by whatever way."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from articles import content_files, states
from articles.editing import bulk_edit
from articles.editing.article_form import ArticleForm
from articles.models import Article, Page, Redirect, Response
from tests.articles.desk import address, errors, log_in, save
from tests.factories import make_article, make_page, make_response, make_topic

pytestmark = pytest.mark.django_db
IN_A_WEEK = timezone.now() + timedelta(days=7)
LATER = {"publish_at_0": f"{IN_A_WEEK:%Y-%m-%d}", "publish_at_1": "09:00:00"}
migration = import_module("articles.migrations.0005_article_first_published_at")


@pytest.fixture
def public():
    return make_article(slug="seen")


@pytest.fixture
def fallen_due():
    """An article that was scheduled, whose time came, and that nobody has saved since."""
    article = make_article(slug="seen", publish_at=IN_A_WEEK)
    assert article.first_published_at is None
    Article.objects.update(publish_at=timezone.now() - timedelta(hours=1))  # the clock, in a test
    return Article.objects.get()


@pytest.fixture(params=["public", "fallen_due"])
def seen(request):
    return request.getfixturevalue(request.param)


def test_the_fact_is_noted_once_and_outlives_what_is_changed(seen):
    since = seen.publish_at
    save(log_in("Editors"), seen, title="Another title")
    seen.refresh_from_db()
    assert seen.first_published_at == since
    seen.publish_at = since - timedelta(days=400)
    seen.save()
    seen.state, seen.withdrawn_note, seen.publish_at = "withdrawn", "Wrong.", None
    seen.save()
    seen.refresh_from_db()
    assert (seen.first_published_at, seen.was_public) == (since, True)


def test_nobody_schedules_again_what_readers_have_seen(seen, client):
    found = errors(save(log_in("Editors"), seen, **LATER))
    assert "can’t be published at a time to come" in found["publish_at"][0]
    assert client.get("/articles/seen/").status_code == 200


def test_nobody_moves_the_day_on_which_readers_first_saw_it(seen):
    earlier = {"publish_at_0": "2019-01-01", "publish_at_1": "09:00:00"}
    assert "publish_at" in errors(save(log_in("Editors"), seen, **earlier))
    since = seen.publish_at
    seen.refresh_from_db()
    assert seen.publish_at == since


def test_without_that_rule_the_day_is_another(seen, monkeypatch):
    monkeypatch.setattr(ArticleForm, "_check_first_day", lambda form, data: None)
    save(log_in("Editors"), seen, publish_at_0="2019-01-01", publish_at_1="09:00:00")
    seen.refresh_from_db()
    assert seen.publish_at.year == 2019


def test_a_post_that_does_both_at_once_is_refused(seen, client):
    assert {"state", "publish_at"} & set(
        errors(save(log_in("Editors"), seen, state="draft", **LATER))
    )
    assert client.get("/articles/seen/").status_code == 200


def test_a_withdrawn_article_says_so_for_good(seen, client):
    editor = log_in("Editors")
    save(editor, seen, state="withdrawn", withdrawn_note="It was wrong.", is_sure="on")
    assert "publish_at" in errors(save(editor, seen, **LATER))
    save(editor, seen, publish_at_0="", publish_at_1="")
    assert client.get("/articles/seen/").status_code == 410


def test_an_emptied_time_is_the_time_it_was_first_published(seen):
    since = seen.publish_at
    save(log_in("Editors"), seen, publish_at_0="", publish_at_1="")
    seen.refresh_from_db()
    assert seen.publish_at == since


@pytest.mark.parametrize("state", ["published", "withdrawn"])
def test_nobody_deletes_what_readers_have_seen(seen, client, state):
    if state == "withdrawn":
        seen.state, seen.withdrawn_note = "withdrawn", "Wrong."
        seen.save()
    owner = log_in("Owners")
    assert (
        owner.post(f"/admin/articles/article/{seen.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    owner.post(
        "/admin/articles/article/",
        {"action": "delete_selected", "_selected_action": [seen.pk], "post": "yes"},
    )
    for delete in (
        seen.delete,
        Article.objects.filter(pk=seen.pk).delete,
        Article.objects.all().delete,
    ):
        with pytest.raises(ProtectedError):
            delete()
    assert Article.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"state": "draft"}, {"state": "in review"}, {"publish_at": IN_A_WEEK}],
    ids=["draft", "review", "later"],
)
def test_no_code_takes_back_what_readers_have_seen(seen, change):
    article = Article.objects.get()
    for name, value in change.items():
        setattr(article, name, value)
    with pytest.raises(ValidationError):
        article.full_clean()
    with pytest.raises(ValidationError):
        article.save()


def test_several_at_once_are_no_way_around(seen):
    user = log_in("Editors").user
    [plan] = bulk_edit.plan([Article.objects.get()], bulk_edit.Changes(state="draft"), user)
    assert plan.refusals == ["“Published” can’t become “Draft”."]


@pytest.mark.parametrize("line", ["published: 2090-01-01", "state: draft\npublished: 2026-01-01"])
def test_a_file_is_no_way_around(seen, tmp_path, line, client):
    content_files.export(tmp_path)
    file = tmp_path / "articles" / "seen.md"
    lines = [one for one in file.read_text().split("\n") if not one.startswith("published:")]
    file.write_text("\n".join([lines[0], line, *lines[1:]]))
    with pytest.raises(content_files.ContentError, match="Readers have seen this article"):
        content_files.load(tmp_path, force=True)
    assert client.get("/articles/seen/").status_code == 200


def test_what_nobody_has_seen_is_rescheduled_taken_back_and_deleted():
    article, editor = make_article(publish_at=IN_A_WEEK), log_in("Editors")
    assert (
        save(editor, article, publish_at_0="2090-01-01", publish_at_1="09:00:00").status_code == 302
    )
    assert save(editor, article, state="draft").status_code == 302
    assert (
        editor.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"}).status_code
        == 302
    )
    assert not Article.objects.exists()


def test_without_the_rule_the_address_is_gone(public, client, monkeypatch):
    monkeypatch.setattr(states, "undone", lambda before, after: {})
    editor = log_in("Editors")
    assert save(editor, public, **LATER).status_code == 302
    assert client.get("/articles/seen/").status_code == 404


def test_without_the_fact_a_time_to_come_forgets_that_it_was_seen(public):
    Article.objects.update(publish_at=IN_A_WEEK, first_published_at=None)
    assert not Article.objects.get().was_public
    Article.objects.update(first_published_at=public.publish_at)
    assert Article.objects.get().was_public


def test_the_migration_notes_what_readers_have_seen_until_then():
    make_article(slug="public")
    make_article(slug="gone", state="withdrawn", withdrawn_note="Wrong.")
    make_article(slug="coming", publish_at=IN_A_WEEK)
    make_article(slug="draft", state="draft")
    Article.objects.update(first_published_at=None)
    migration.note_what_readers_have_seen(apps, None)
    noted = Article.objects.exclude(first_published_at=None)
    assert {article.slug for article in noted} == {"public", "gone"}
    assert all(article.first_published_at == article.publish_at for article in noted)


def test_the_list_says_who_saw_what(seen):
    page = log_in("Editors").get(address(seen))
    assert not page.context["has_delete_permission"]


# -- pages and responses ------------------------------------------------------------------------------------------------


def test_a_page_that_moves_or_goes_leaves_word_at_its_address(client):
    page = make_page()
    page.slug = "about-us"
    page.save()
    assert client.get("/about/").headers["Location"] == "/about-us/"
    page.delete()
    assert [client.get(path).status_code for path in ("/about/", "/about-us/")] == [410, 410]


def test_a_response_that_goes_leaves_word_and_one_without_an_address_nothing(client):
    make_response().delete()
    assert client.get("/responses/freeze/").status_code == 410
    make_response(key="even-mix").delete()
    assert [row.path for row in Redirect.objects.all()] == ["/responses/freeze/"]


def test_a_page_that_comes_back_is_led_away_from_no_more(client, tmp_path):
    make_page().delete()
    make_page(title="About again")
    assert client.get("/about/").status_code == 200
    assert not Redirect.objects.exists()
    content_files.export(tmp_path)
    content_files.load(tmp_path)


def test_without_the_word_left_the_address_is_unknown(client):
    for row, path in ((make_page(), "/about/"), (make_response(), "/responses/freeze/")):
        row.delete()
        Redirect.objects.all().delete()
        assert client.get(path).status_code == 404
    assert not Page.objects.exists()
    assert not Response.objects.exists()


def test_topics_keep_their_articles():
    topic = make_topic()
    make_article(topic=topic)
    with pytest.raises(ProtectedError):
        topic.delete()
