"""The right to publish: whoever lacks it prepares, and changes nothing that readers see, whatever else they may do."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.forms import model_to_dict
from django.test import Client

from articles.models import Helpline, Page, Source, Topic
from tests.factories import (
    make_article,
    make_helpline,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_topic,
)
from trustsite.desk import publishing
from trustsite.models import CachedPageModel

pytestmark = pytest.mark.django_db
OURS = {"trustsite", "accounts", "articles", "quiz", "newsletter", "operations"}


def ours():
    """Every model of ours; what django-simple-history made of one is a copy."""
    found = [model for model in apps.get_models() if model._meta.app_label in OURS]
    return [model for model in found if not hasattr(model, "history_object")]


def public_models():
    return [model for model in ours() if issubclass(model, CachedPageModel)]


@pytest.fixture(autouse=True)
def groups(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    call_command("sync_roles", verbosity=0)


def somebody(without):
    """Return a browser of somebody with every right there is, but those named."""
    user = User.objects.create_user("somebody", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename__in=without))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def writer():
    return somebody(without=["publish_article", "review_article"])


@pytest.fixture
def reviewer():
    return somebody(without=["publish_article"])


@pytest.fixture
def guard_off(monkeypatch):
    monkeypatch.setattr(publishing, "may_publish", lambda user: True)


def rows():
    """A row of each kind that readers see, with a change to it."""
    source, picture = make_source(key="cited-2001"), make_picture(key="path")
    article = make_article(body="Lead.[^cited-2001]\n\n:::picture path")
    return [
        (source, {"title": "Call this free line"}),
        (picture, {"alt": "Call this free line"}),
        (article.topic, {"title": "Another"}),
        (make_page(), {"title": "Another"}),
        (make_response(), {"title": "Another"}),
        (make_offer(), {"heading": "Another"}),
        (make_helpline(), {"phone": "0900 1"}),
    ]


def address(row, page="change"):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{page}/"


def change(browser, row, values):
    fields = {name: value for name, value in model_to_dict(row).items() if value is not None}
    for name, value in list(fields.items()):
        if isinstance(value, list):
            fields[name] = "\n".join(map(str, value))
        elif value is False:
            del fields[name]
    fields.pop("original", None)
    if "updated_at" in fields:
        fields |= {"updated_at_0": "2026-01-01", "updated_at_1": "09:00:00"}
    return browser.post(address(row), fields | values)


def value(row, name):
    row.refresh_from_db()
    return getattr(row, name)


# -- every model is one or the other ---------------------------------------------------------------


def test_every_model_of_ours_says_whether_public_pages_show_it():
    undeclared = {
        model._meta.label_lower for model in ours() if not issubclass(model, CachedPageModel)
    }
    assert undeclared == set(publishing.NOT_PUBLIC) & {model._meta.label_lower for model in ours()}
    assert set(publishing.NOT_PUBLIC) <= {model._meta.label_lower for model in apps.get_models()}


def test_the_desk_guards_every_model_that_public_pages_show():
    registered = {type(admin.site._registry.get(model)) for model in public_models()} - {type(None)}
    inlines = {inline for one in registered for inline in one.inlines}
    assert len(registered) > 10
    assert [one for one in registered if not issubclass(one, publishing.PublishGuard)] == []
    assert [one for one in inlines if not issubclass(one, publishing.PublishGuardMixin)] == []


# -- without the right -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(7))
def test_a_writer_changes_nothing_that_readers_see_and_loses_no_word(writer, number):
    row, values = rows()[number]
    ((name, typed),) = values.items()
    before = value(row, name)
    response = change(writer, row, values)
    form = response.context["adminform"].form
    assert "somebody who may publish (Editors or Owners)" in form.errors["__all__"][0]
    assert form[name].value() == typed
    assert value(row, name) == before


@pytest.mark.parametrize("number", range(7))
def test_with_the_guard_off_the_same_press_changes_the_live_page(writer, guard_off, number):
    row, values = rows()[number]
    ((name, typed),) = values.items()
    response = change(writer, row, values)
    assert response.status_code == 302, dict(response.context["adminform"].form.errors)
    assert value(row, name) == typed


def test_a_writer_deletes_nothing_that_readers_see_alone_or_with_others(writer):
    for row, _ in rows():
        assert writer.post(address(row, "delete"), {"post": "yes"}).status_code == 403
        action = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        listed = address(row).replace(f"{row.pk}/change/", "")
        writer.post(listed, action)
        assert type(row)._base_manager.filter(pk=row.pk).exists(), row


@pytest.mark.parametrize(
    "name", ["page", "response", "topic", "offer", "helpline", "redirect", "crisisword"]
)
def test_a_writer_adds_nothing_that_would_be_seen_at_once(writer, name):
    assert writer.get(f"/admin/articles/{name}/add/").status_code == 403


def test_a_writer_prepares_what_only_drafts_show(writer):
    source = make_source(key="mine-2001")
    make_article(state="draft", body="Lead.[^mine-2001]")
    assert change(writer, source, {"title": "Better"}).status_code == 302
    assert value(source, "title") == "Better"


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "with the guard off"])
def test_a_new_source_cannot_take_the_place_of_one_that_a_live_article_cites(
    writer, is_guarded, monkeypatch
):
    source = make_source(key="cited-2001")
    make_article(body="Lead.[^cited-2001]")
    Source.objects.filter(pk=source.pk).delete()
    if not is_guarded:
        monkeypatch.setattr(publishing, "may_publish", lambda user: True)
    new = {"key": "cited-2001", "authors": "Somebody", "title": "Mine"}
    response = writer.post("/admin/articles/source/add/", new)
    assert (response.status_code == 200) == is_guarded
    assert Source.objects.exists() != is_guarded


def test_a_picture_that_becomes_public_while_somebody_writes_is_not_changed(writer):
    picture = make_picture(key="path")
    assert writer.get(address(picture)).context["adminform"].form.fields
    make_article(body="Lead.\n\n:::picture path")
    assert "alt" in dict(change(writer, picture, {"alt": "Mine"}).context["adminform"].form.initial)
    assert value(picture, "alt") == "A path through a garden."


def test_who_reviews_changes_no_number_that_readers_call(reviewer):
    helpline = make_helpline(url="https://line.example/")
    assert change(reviewer, helpline, {"phone": "0900 1"}).status_code == 200
    assert value(helpline, "phone") == "116 123"


def test_an_address_that_hides_where_it_leads_is_refused():
    editor = somebody(without=[])
    source = make_source()
    for hidden in ("https://bank.example@evil.example/", "ftp://evil.example/x"):
        response = change(editor, source, {"url": hidden})
        assert "plain one of the web" in response.context["adminform"].form.errors["url"][0]


# -- what readers can't do without -----------------------------------------------------------------


@pytest.fixture
def editor():
    return somebody(without=[])


def needed():
    """What the site can't be without, with a change that would take it away (None: only deleting)."""
    make_article(body="Lead.[^cited-2001]", topic=make_topic())
    return [
        (make_page(slug="privacy"), {"slug": "other"}),
        (make_page(slug="get-help"), {"slug": "other"}),
        (make_response(key="even-mix"), {"key": "other"}),
        (make_helpline(needs=["crisis"]), {"needs": "men"}),
        (make_source(key="cited-2001"), {"key": "other"}),
    ]


@pytest.mark.parametrize("number", range(5))
def test_what_the_site_cannot_be_without_is_neither_deleted_nor_renamed(editor, number):
    row, taken = needed()[number]
    before = model_to_dict(row)
    page = editor.get(address(row, "delete")).content.decode()
    assert 'name="post"' not in page
    editor.post(address(row, "delete"), {"post": "yes"})
    response = change(editor, row, taken)
    assert response.context["adminform"].form.errors["__all__"]
    row.refresh_from_db()
    assert model_to_dict(row) == before


@pytest.mark.parametrize("number", range(5))
def test_with_the_guard_off_it_is_gone_by_one_press(editor, monkeypatch, number):
    row, _ = needed()[number]
    monkeypatch.setattr(type(row), "loss", lambda self, after, gone=(): "")
    editor.post(address(row, "delete"), {"post": "yes"})
    assert not type(row)._base_manager.filter(pk=row.pk).exists()


def test_two_last_lines_are_not_deleted_together(editor):
    lines = [make_helpline(), make_helpline()]
    chosen = [line.pk for line in lines]
    action = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    editor.post("/admin/articles/helpline/", action)
    assert Helpline.objects.count() == 2
    editor.post("/admin/articles/helpline/", {**action, "_selected_action": chosen[:1]})
    assert Helpline.objects.count() == 1


def test_a_topic_with_articles_stays(editor):
    topic = make_topic()
    make_article(topic=topic)
    editor.post(address(topic, "delete"), {"post": "yes"})
    assert Topic.objects.filter(pk=topic.pk).exists()


def test_a_page_that_nothing_needs_can_be_deleted(editor):
    page = make_page(slug="old-notes")
    editor.post(address(page, "delete"), {"post": "yes"})
    assert not Page.objects.exists()


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "with the guard off"])
def test_the_last_owner_stays(admin_client, is_guarded, monkeypatch):
    from accounts import last_owner

    if not is_guarded:
        monkeypatch.setattr(last_owner, "is_last", lambda user: False)
        monkeypatch.setattr(last_owner, "owners", User.objects.none)
    owner = User.objects.get(is_superuser=True)
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    form = {"username": owner.username, "is_staff": "on", "is_superuser": "on"}
    admin_client.post(address(owner), form | times)  # not active any more
    assert value(owner, "is_active") == is_guarded
    User.objects.filter(pk=owner.pk).update(is_active=True)
    admin_client.post(address(owner, "delete"), {"post": "yes"})
    assert User.objects.filter(pk=owner.pk).exists() == is_guarded


def test_of_two_owners_one_may_go(admin_client):
    other = User.objects.create_superuser("other")
    admin_client.post(address(other, "delete"), {"post": "yes"})
    assert not User.objects.filter(pk=other.pk).exists()
