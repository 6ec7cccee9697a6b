"""Snippets: words that stand in several texts, changed in one place by who may publish, and never left as a gap."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from articles import content_files
from articles.linking import uses
from articles.models import SearchDocument, Snippet
from articles.models.desk import TextUse
from tests.articles.desk import log_in
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db
ASKS = "A lead.\n\n:::snippet not-advice\n"


def make_snippet(**over):
    values = {"key": "not-advice", "title": "No advice", "body": "This is *no* advice."}
    return Snippet.objects.create(**values | over)


@pytest.fixture
def snippet():
    return make_snippet()


def change(browser, snippet, **over):
    given = {"key": snippet.key, "title": snippet.title, "body": snippet.body} | over
    return browser.post(f"/admin/articles/snippet/{snippet.pk}/change/", given, follow=True)


def test_it_is_read_wherever_it_stands_and_changes_everywhere_at_once(snippet, client):
    article, page = make_article(body=ASKS), make_page(body=ASKS)
    paths = (article.get_absolute_url(), page.get_absolute_url())
    for path in paths:
        assert b"This is <em>no</em> advice." in client.get(path).content
    response = change(log_in("Editors"), snippet, body="Ask a doctor.")
    assert "It changed 2 texts." in response.content.decode()
    for path in paths:
        assert b"Ask a doctor." in client.get(path).content


def test_the_form_says_where_it_stands(snippet, parse, text_of):
    make_article(body=ASKS, title="Slow mornings", state="draft")
    page = log_in("Editors").get(f"/admin/articles/snippet/{snippet.pk}/change/")
    assert "Slow mornings" in text_of(parse(page).find(".//*[@class='form-row field-used_in']"))


def test_a_text_asks_for_one_that_is_there():
    with pytest.raises(ValidationError, match="There is no snippet “not-advice”"):
        make_article(body=ASKS).full_clean()


def test_it_is_neither_deleted_nor_renamed_while_a_text_shows_it(snippet):
    make_article(body=ASKS, state="draft")
    owner = log_in("Owners")
    owner.post(f"/admin/articles/snippet/{snippet.pk}/delete/", {"post": "yes"})
    assert "Used in “" in change(owner, snippet, key="another").content.decode()
    assert Snippet.objects.get().key == "not-advice"


def test_without_that_guard_a_text_has_a_gap(snippet, client, monkeypatch):
    article = make_article(body=ASKS)
    monkeypatch.setattr(Snippet, "loss", lambda *of: "")
    monkeypatch.setattr(uses, "of", lambda row, most=None: uses.Uses())
    owner = log_in("Owners")
    owner.post(f"/admin/articles/snippet/{snippet.pk}/delete/", {"post": "yes"})
    assert b"<em>no</em> advice" not in client.get(article.get_absolute_url()).content


def test_another_key_or_none_at_all_is_put_into_every_text_that_asks_for_it(snippet):
    article = make_article(body=ASKS)
    owner, page = log_in("Owners"), f"/admin/articles/snippet/{snippet.pk}/delete/"
    change(owner, snippet, key="another", links="replace")
    article.refresh_from_db()
    assert ":::snippet another" in article.body
    fields = {"act": "delete", "links": "take-out"}
    shown = owner.post(page, fields)
    assert article.title in shown.content.decode()
    owner.post(page, fields | {"seen": shown.context["seen"]})
    article.refresh_from_db()
    assert ":::snippet" not in article.body
    assert not Snippet.objects.exists()


def test_what_it_leads_to_knows_of_it_and_links_are_replaced_in_it_too():
    gone, kept = make_article(slug="gone"), make_article(slug="kept")
    snippet = make_snippet(body="[Read on](/articles/gone/).")
    make_article(slug="asks", body=ASKS)
    editor, page = log_in("Editors"), f"/admin/articles/article/{gone.pk}/withdraw/"
    assert snippet.title in editor.get(page).content.decode()
    fields = {
        "act": "withdraw",
        "links": "replace",
        "to": kept.get_absolute_url(),
        "withdrawn_note": "It was out of date.",
    }
    shown = editor.post(page, fields)
    assert editor.post(page, fields | {"seen": shown.context["seen"]}).status_code == 302
    snippet.refresh_from_db()
    assert snippet.body == "[Read on](/articles/kept/)."
    gone.refresh_from_db()
    assert gone.state == "withdrawn"


def test_a_dead_link_in_it_is_counted_while_readers_see_it_and_can_be_mended():
    gone = make_article(slug="gone")
    snippet = make_snippet(body="[Read on](/articles/gone/).")
    gone.state, gone.withdrawn_note = "withdrawn", "It was out of date."
    gone.save()
    assert uses.number_leading_nowhere() == 0
    make_article(slug="asks", body=ASKS)
    assert [use.title for use in uses.leading_nowhere().listed] == [snippet.title]
    change(log_in("Editors"), snippet, body="[Read it](/articles/gone/).")
    snippet.refresh_from_db()
    assert snippet.body.startswith("[Read it]")


def test_the_migration_notes_the_same_as_saving():
    make_snippet(body="[a](/articles/gone/#x) [b](https://example.org/) [c](tel:+1-555-0100)")
    before = set(TextUse.objects.values_list("text_kind", "text_id", "how", "target", "times"))
    TextUse.objects.all().delete()
    import_module("articles.migrations.0016_uses_of_snippets").note_uses(apps, None)
    after = set(TextUse.objects.values_list("text_kind", "text_id", "how", "target", "times"))
    assert after == before
    assert len(before) == 2


def test_a_writer_changes_none_that_readers_see(snippet):
    make_article(body=ASKS)
    assert change(log_in("Writers"), snippet, body="Mine.").status_code == 403
    assert Snippet.objects.get().body == snippet.body


@pytest.mark.parametrize(
    "body",
    [
        "## A heading",
        "So they say.[^kerr-2019]",
        ":::quiz",
        ":::snippet other",
        "[x](//x.example/)",
    ],
)
def test_it_holds_nothing_that_a_text_must_know_of(body):
    snippet = Snippet(key="x", title="X", body=body)
    with pytest.raises(ValidationError):
        snippet.full_clean()


def test_its_ids_are_kept_apart_from_those_of_the_text(client, parse):
    make_snippet(body=":::note Mind\nWords.\n:::")
    article = make_article(body=f"{ASKS}\n:::note Mind\nWords.\n:::")
    page = parse(client.get(article.get_absolute_url()))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_search_doesnt_find_every_text_by_words_that_stand_in_all(snippet):
    make_article(body=ASKS)
    assert not SearchDocument.objects.filter(text__contains="advice").exists()


def test_it_travels_as_a_file(snippet, tmp_path):
    content_files.export(tmp_path)
    Snippet.objects.all().delete()
    content_files.load(tmp_path)
    assert Snippet.objects.get().body == snippet.body
