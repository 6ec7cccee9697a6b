"""Used in: what depends on a row is named before the row goes, and asked what becomes of it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models.sql import compiler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.admin.uses import MOST_NAMED
from articles.editing import scheduling
from articles.linking import uses
from articles.models import (
    Article,
    CrisisWord,
    Page,
    Redirect,
    Snippet,
    Source,
    Synonym,
    TextUse,
    Topic,
)
from tests.articles.desk import errors, log_in, save
from tests.factories import (
    make_article,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_topic,
)

pytestmark = pytest.mark.django_db
LINK = "A lead.\n\n[One](/articles/gone/) and [another](/articles/kept/).\n"
WHY = "Two studies it rests on were retracted."


@pytest.fixture
def editor():
    make_topic()
    return log_in("Editors")


@pytest.fixture
def gone():
    """An article that three texts lead to, a draft and a sent letter among them."""
    article = make_article(slug="gone", title="Gone soon", related=["kept"])
    make_article(slug="kept", title="The one that stays")
    make_article(slug="a", title="Text A", body=LINK, related=["gone", "kept"])
    make_article(slug="b", title="Text B", body=LINK, state="draft", publish_at=None)
    make_page(slug="p", title="Page P", body=LINK)
    make_letter(subject="Letter L", body=LINK, state="sent", started_at=timezone.now())
    return article


def withdraw(article):
    return f"/admin/articles/article/{article.pk}/withdraw/"


def delete(row):
    return f"/admin/articles/{row._meta.model_name}/{row.pk}/delete/"


def posted(browser, path, **over):
    """Say yes to the page at `path`, and yes again to the texts that it shows."""
    fields = {"act": "withdraw" if "withdraw" in path else "delete", **over}
    answer = browser.post(path, fields)
    if answer.status_code == 200 and answer.context.get("seen"):
        answer = browser.post(path, fields | {"seen": answer.context["seen"]})
    return answer


# -- withdrawing


def test_every_text_is_named_before_anything_changes(editor, gone, parse, text_of):
    page = text_of(parse(editor.get(withdraw(gone))))
    for name in ("Text A", "Text B", "Page P", "Letter L", "can’t change", "The one that stays"):
        assert name in page, name
    assert "4 texts use it. Nothing has changed yet." in page
    gone.refresh_from_db()
    assert gone.state == "published"


def test_what_hurts_least_is_set_and_leads_readers_on(editor, gone, client, parse, text_of):
    page = parse(editor.get(withdraw(gone)))
    [chosen] = [one for one in page.iter("input") if one.get("checked") is not None]
    assert chosen.get("value") == "lead"
    posted(editor, withdraw(gone), links="lead", to="/articles/kept/", withdrawn_note=WHY)
    answer = client.get("/articles/gone/")
    assert answer.status_code == 410
    shown = parse(answer)
    assert WHY in text_of(shown)
    assert shown.find(".//main//a[@href='/articles/kept/']") is not None
    assert Article.objects.get(slug="a").body == LINK
    assert uses.number_leading_nowhere() == 0


def test_another_link_is_put_into_all_of_them_after_they_were_shown(editor, gone, parse, text_of):
    checked = Article.objects.get(slug="a")
    checked.checked_on = timezone.localdate()
    checked.save()
    fields = {"links": "replace", "to": "/articles/kept/", "withdrawn_note": WHY}
    first = editor.post(withdraw(gone), {"act": "withdraw", **fields})
    assert "[One](/articles/kept/)" in text_of(parse(first))
    assert Article.objects.get(slug="a").body == LINK
    assert posted(editor, withdraw(gone), **fields).status_code == 302
    for text in (Article.objects.get(slug="a"), Article.objects.get(slug="b"), Page.objects.get()):
        assert text.body == LINK.replace("/gone/", "/kept/")
        assert text.history.first().history_user == editor.user
        assert LogEntry.objects.filter(object_repr=str(text)).exists()
    changed = Article.objects.get(slug="a")
    assert changed.related == ["kept"]
    assert changed.is_checked  # another address, and not a word else
    gone.refresh_from_db()
    assert gone.state == "withdrawn"


def test_links_are_taken_out_and_their_words_kept(editor, gone):
    posted(editor, withdraw(gone), links="take-out", withdrawn_note=WHY)
    assert "One and [another](/articles/kept/)" in Article.objects.get(slug="a").body
    assert not TextUse.objects.filter(target="/articles/gone/").exists()


def test_a_text_that_changed_meanwhile_is_shown_anew(editor, gone):
    fields = {"act": "withdraw", "links": "take-out", "withdrawn_note": WHY}
    seen = editor.post(withdraw(gone), fields).context["seen"]
    text = Article.objects.get(slug="a")
    text.body += "\nMore words.\n"
    text.save()
    assert editor.post(withdraw(gone), fields | {"seen": seen}).status_code == 200
    gone.refresh_from_db()
    assert gone.state == "published"


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"withdrawn_note": ""}, "Say in a line why"),
        ({"links": "lead", "other": "/articles/nowhere/"}, "no page at this address"),
        ({"links": "lead", "other": "/articles/gone/"}, "leads back"),
        ({"links": "replace", "other": "https://example.org/"}, "a path of this site"),
        ({"links": "replace", "to": ""}, "Choose what takes its place"),
        ({"links": "nonsense"}, ""),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(editor, gone, over, says, parse, text_of):
    answer = editor.post(withdraw(gone), {"act": "withdraw", "withdrawn_note": WHY} | over)
    assert answer.status_code == 422
    assert says in text_of(parse(answer))
    gone.refresh_from_db()
    assert gone.state == "published"


def test_it_is_for_who_may_publish(editor, gone):
    for role in ("Writers", "Reviewers"):
        browser = log_in(role)
        assert browser.get(withdraw(gone)).status_code == 403
        assert browser.post(withdraw(gone), {"act": "withdraw"}).status_code == 403
    assert log_in("Writers").get(f"/admin/articles/article/{gone.pk}/uses/").status_code == 200


# -- a check judges a change by the faults it makes


def test_texts_that_lead_to_what_was_withdrawn_can_still_be_mended(editor, gone):
    gone.state, gone.withdrawn_note = "withdrawn", WHY
    gone.save()
    text = Article.objects.get(slug="a")
    assert save(editor, text, title="Text A, mended").status_code == 302
    assert save(editor, text, body=LINK + "\nA mended typo.\n").status_code == 302
    answer = save(editor, text, body=LINK + "\n[New](/articles/nope/)\n")
    [found] = errors(answer)["body"]
    assert "/articles/nope/" in found
    assert "/articles/gone/" not in found


def test_without_the_memory_of_what_was_wrong_they_could_not_be(editor, gone, monkeypatch):
    gone.state, gone.withdrawn_note = "withdrawn", WHY
    gone.save()
    monkeypatch.setattr(Article, "as_readers_have_it", lambda self: None)
    assert errors(save(editor, Article.objects.get(slug="a"), title="Mended"))


def test_a_draft_with_a_fault_is_still_kept_from_readers(editor, gone):
    draft = make_article(slug="d", body="[x](/articles/nope/)", state="draft", publish_at=None)
    assert errors(save(editor, draft, state="published"))


def test_what_was_left_behind_is_counted_on_the_first_page(editor, gone, parse, text_of):
    gone.state, gone.withdrawn_note = "withdrawn", WHY
    gone.save()
    assert "2 texts lead to an article that was withdrawn" in text_of(parse(editor.get("/admin/")))
    listed = text_of(parse(editor.get("/admin/articles/article/dead-links/")))
    assert "Text A" in listed
    assert "Page P" in listed
    assert "Text B" not in listed  # a draft: nobody reads it


# -- deleting what texts use


def used_rows():
    source, offer = make_source(key="old-2001"), make_offer(key="online")
    picture, page = make_picture(key="path"), make_page(slug="old-page", title="Old page")
    redirect = Redirect.objects.create(path="/printed/", target="/old-page/")
    body = (
        "A lead.[^old-2001] [Page](/old-page/) [Printed](/printed/)\n\n## One\n\nx\n\n## Two\n\n"
        ":::offer online\n\n:::picture path\n"
    )
    make_article(slug="user", title="The text that uses it", body=body, affiliate=True)
    return {
        "source": source,
        "offer": offer,
        "picture": picture,
        "page": page,
        "redirect": redirect,
    }


@pytest.mark.parametrize("name", ["source", "offer", "picture", "page", "redirect"])
def test_a_row_in_use_names_its_texts_and_goes_with_its_links(editor, name, parse, text_of):
    row = used_rows()[name]
    assert "The text that uses it" in text_of(parse(editor.get(delete(row))))
    editor.post(delete(row), {"post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()
    assert posted(editor, delete(row), links="take-out").status_code == 302
    assert not type(row).objects.filter(pk=row.pk).exists()
    text = Article.objects.get(slug="user")
    assert uses.number(row) == 0
    assert text.history.count() == 2


@pytest.mark.parametrize("name", ["source", "offer", "picture", "page"])
def test_several_at_once_are_no_way_around(editor, name, parse, text_of):
    row = used_rows()[name]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk]}
    page = editor.post(f"/admin/articles/{name}/", chosen)
    assert "The text that uses it" in text_of(parse(page))
    editor.post(f"/admin/articles/{name}/", chosen | {"post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()
    path = f"/admin/articles/{name}/delete-used/"
    posted(editor, path, links="take-out", chosen=[row.pk])
    assert not type(row).objects.filter(pk=row.pk).exists()


def test_another_source_takes_the_place_of_one_that_goes(editor):
    row = used_rows()["source"]
    make_source(key="new-2002")
    posted(editor, delete(row), links="replace", to="new-2002")
    assert Article.objects.get(slug="user").citations == {"new-2002": 1}


def test_readers_of_a_deleted_page_are_led_on(editor, client):
    row = used_rows()["page"]
    posted(editor, delete(row), links="lead", to="/articles/user/")
    answer = client.get("/old-page/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/articles/user/")


def test_a_text_that_may_not_be_changed_keeps_the_source(editor, monkeypatch):
    row = used_rows()["source"]
    monkeypatch.setattr("articles.editing.relinking.publishing.may_change", lambda user, row: False)
    posted(editor, delete(row), links="take-out")
    assert Source.objects.filter(pk=row.pk).exists()


def test_what_no_text_uses_says_what_else_goes(editor, parse, text_of):
    row = Synonym.objects.create(phrase="zoning out", means="dissociation")
    page = text_of(parse(editor.get(delete(row))))
    assert "Who searches for “zoning out” no longer finds" in page
    posted(editor, delete(row))
    assert not Synonym.objects.exists()


@pytest.mark.parametrize("model", ["synonym", "crisisword", "helpline"])
def test_what_is_no_page_goes_though_others_of_its_kind_stay(editor, model, parse, text_of):
    makes = {
        "synonym": lambda n: Synonym.objects.create(phrase=f"words {n}", means="dissociation"),
        "crisisword": lambda n: CrisisWord.objects.create(phrase=f"words {n}", kind="other"),
        "helpline": lambda n: make_helpline(key=f"line-{n}"),
    }
    row, _ = makes[model]("one"), makes[model]("two")
    page = editor.get(delete(row))
    assert page.status_code == 200
    assert "Nothing has changed yet" in text_of(parse(page))
    posted(editor, delete(row))
    assert not type(row).objects.filter(pk=row.pk).exists()


# -- in lists


def test_lists_say_in_how_many_texts_each_row_is_used(editor, gone, parse, text_of):
    rows = used_rows()
    make_snippet_in_use()
    for name in (*rows, "snippet"):
        table = parse(editor.get(f"/admin/articles/{name}/")).find(".//*[@id='result_list']")
        cells = [text_of(cell).strip() for cell in table.findall(".//*[@class='field-uses_count']")]
        assert "1 text" in cells, name
    text = Article.objects.get(slug="a")
    text.slug = "a-new-one"
    text.save()
    make_article(slug="c", body="[both](/articles/a/) [names](/articles/a-new-one/)")
    assert uses.numbers([text]) == {text.pk: 1}


def make_snippet_in_use():
    Snippet.objects.create(key="no-advice", title="No advice", body="No advice.")
    make_article(slug="asks", body="A lead.\n\n:::snippet no-advice\n")


def test_one_query_counts_for_a_whole_list(gone):
    sources = [make_source(key=f"s-{n}") for n in range(30)]
    make_article(slug="cites", body="A lead.[^s-1] Again.[^s-2]")
    with CaptureQueriesContext(connection) as queries:
        counted = uses.numbers(sources)
    assert len(queries) == 1
    assert sum(counted.values()) == 2


# -- another name


@pytest.mark.parametrize(
    ("choice", "written"), [("lead", "/articles/gone/"), ("replace", "/articles/new-name/")]
)
def test_a_new_address_asks_what_becomes_of_the_links(editor, gone, choice, written, client):
    found = errors(save(editor, gone, slug="new-name"))["__all__"][0]
    assert "Text A" in found
    gone.refresh_from_db()
    assert gone.slug == "gone"
    assert save(editor, gone, slug="new-name", links=choice).status_code == 302
    assert written in Article.objects.get(slug="a").body
    assert client.get("/articles/gone/").headers["Location"] == "/articles/new-name/"


def test_old_addresses_are_replaced_later_in_one_step(editor, gone):
    save(editor, gone, slug="new-name", links="lead")
    page = f"/admin/articles/article/{gone.pk}/uses/"
    assert b"Put its present address" in editor.get(page).content
    editor.post(page)
    assert "/articles/new-name/" in Article.objects.get(slug="a").body
    assert b"Put its present address" not in editor.get(page).content


def test_a_source_gets_another_key_with_all_its_citations(editor):
    row = used_rows()["source"]
    fields = {"key": "new-2001", "authors": "Author A", "title": "A work", "year": "2001"}
    path = f"/admin/articles/source/{row.pk}/change/"
    assert "The text that uses it" in str(errors(editor.post(path, fields)))
    assert editor.post(path, fields | {"links": "replace"}).status_code == 302
    assert Article.objects.get(slug="user").citations == {"new-2001": 1}


def test_a_topic_that_moves_or_goes_leaves_word_at_its_address(editor, client):
    topic = make_topic(slug="old-topic")
    topic.slug = "new-topic"
    topic.save()
    make_article(topic=topic)
    assert client.get("/topics/old-topic/").headers["Location"] == "/topics/new-topic/"
    other = Topic.objects.create(slug="empty", title="Empty")
    other.delete()
    assert client.get("/topics/empty/").status_code == 410


# -- another time


def at(days):
    return timezone.now() + timedelta(days=days)


def when(moment):
    local = timezone.localtime(moment)
    return {"publish_at_0": f"{local:%Y-%m-%d}", "publish_at_1": f"{local:%H:%M:%S}"}


def pair():
    a = make_article(slug="a", body="[b](/articles/b/)", state="draft", publish_at=None)
    b = make_article(slug="b", body="[a](/articles/a/)", state="draft", publish_at=None)
    return a, b


def test_two_drafts_that_lead_to_each_other_are_scheduled_for_the_same_moment(editor):
    moment = at(7).replace(microsecond=0)
    a, b = pair()
    assert save(editor, a, state="published", **when(moment)).status_code == 302
    assert scheduling.number_leading_nowhere() == 1
    assert save(editor, b, state="published", **when(moment)).status_code == 302
    assert scheduling.number_leading_nowhere() == 0


def test_what_will_be_public_at_that_moment_is_asked(editor):
    make_article(slug="later", publish_at=at(9))
    make_article(slug="sooner", publish_at=at(1))
    draft = make_article(slug="d", body="[x](/articles/later/)", state="draft", publish_at=None)
    assert (
        "/articles/later/"
        in errors(save(editor, draft, state="published", **when(at(7))))["body"][0]
    )
    body = "[x](/articles/sooner/)"
    assert save(editor, draft, state="published", body=body, **when(at(7))).status_code == 302
    now = make_article(slug="n", body=body, state="draft", publish_at=None)
    assert errors(save(editor, now, state="published"))


def test_one_that_waits_for_nobody_is_scheduled_after_what_it_leads_to(editor):
    make_article(slug="b", state="draft", publish_at=None)
    a = make_article(slug="a", body="[b](/articles/b/)", state="draft", publish_at=None)
    assert errors(save(editor, a, state="published", **when(at(7))))


def test_putting_off_what_others_lead_to_is_asked_about(editor):
    b = make_article(slug="b", publish_at=at(5))
    make_article(slug="a", title="Waits for B", body="[b](/articles/b/)", publish_at=at(7))
    assert "Waits for B" in errors(save(editor, b, **when(at(9))))["is_sure"][0]
    assert "Waits for B" in errors(save(editor, b, state="draft"))["is_sure"][0]
    assert save(editor, b, **when(at(6))).status_code == 302
    assert save(editor, b, is_sure="on", **when(at(9))).status_code == 302


def together(browser, articles, **wish):
    """Change several at once, and say yes to what would become of each."""
    fields = {"chosen": [one.pk for one in articles], **wish}
    path = "/admin/articles/article/together/"
    shown = browser.post(path, fields)
    assert shown.status_code == 200, shown.context["form"].errors
    return shown, browser.post(path, fields | {"sure": "yes", "seen": shown.context["seen"]})


def test_drafts_that_lead_to_each_other_are_published_together(editor):
    together(editor, pair(), state="published", **when(at(7)))
    assert set(Article.objects.values_list("state", flat=True)) == {"published"}
    assert scheduling.number_leading_nowhere() == 0


def test_one_that_stays_behind_keeps_those_that_lead_to_it(editor):
    a, b = pair()
    Article.objects.filter(pk=b.pk).update(body="[a](/articles/a/) [x](/articles/nope/)")
    together(editor, [a, b], state="published")
    assert set(Article.objects.values_list("state", flat=True)) == {"draft"}


def test_several_are_withdrawn_with_their_uses_named_and_their_links_taken_out(editor, gone):
    wish = {"state": "withdrawn", "withdrawn_note": WHY, "leads_to": "/articles/kept/"}
    shown, _ = together(editor, [gone], links="take-out", **wish)
    assert "Text A" in shown.content.decode()
    assert "One and [another](/articles/kept/)" in Article.objects.get(slug="a").body
    gone.refresh_from_db()
    assert (gone.state, gone.leads_to) == ("withdrawn", "/articles/kept/")


# -- at any size


def test_it_asks_as_little_among_thousands(editor, gone):
    topic = Topic.objects.first()

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(withdraw(gone)).status_code == 200
        return len(queries)

    asked()  # what is kept in memory from the first time on
    few = asked()
    rows = [Article(slug=f"m-{n}", title=f"Many {n}", topic=topic) for n in range(2000)]
    Article.objects.bulk_create(rows)
    pks = Article.objects.filter(slug__startswith="m-").values_list("pk", flat=True)
    TextUse.objects.bulk_create(
        TextUse(text_kind="article", text_id=pk, how="link", target="/articles/gone/") for pk in pks
    )
    assert asked() <= few


@pytest.fixture
def rows_read(editor, gone, monkeypatch):
    """Ask for the page of an article that 1,000 texts lead to; return how many rows are read."""
    read = []
    original = compiler.cursor_iter

    def counting(*args):
        for rows in original(*args):
            read.extend(rows)
            yield rows

    topic = Topic.objects.first()
    Article.objects.bulk_create(
        Article(slug=f"m-{n}", title=f"Many {n}", topic=topic) for n in range(1000)
    )
    pks = Article.objects.filter(slug__startswith="m-").values_list("pk", flat=True)
    TextUse.objects.bulk_create(
        TextUse(text_kind="article", text_id=pk, how="link", target="/articles/gone/") for pk in pks
    )

    def ask(path):
        monkeypatch.setattr(compiler, "cursor_iter", counting)
        read.clear()
        return editor.get(path), len(read)

    return ask


@pytest.mark.parametrize("view", ["withdraw", "uses", "change"])
def test_it_reads_no_more_rows_than_it_names(rows_read, gone, view, parse, text_of):
    answer, number = rows_read(f"/admin/articles/article/{gone.pk}/{view}/")
    assert number < 2 * MOST_NAMED + 100
    page = text_of(parse(answer))
    if view != "change":
        assert "1004 texts use it" in page
        assert "1002 articles" in page
        assert "And 704 more." in page


def test_without_that_bound_it_reads_all_of_them(rows_read, gone, monkeypatch):
    monkeypatch.setattr("articles.admin.uses.MOST_NAMED", 10_000)
    _, number = rows_read(withdraw(gone))
    assert number > 2000


def test_uses_follow_the_text(gone):
    text = Article.objects.get(slug="a")
    assert {use.title for use in uses.of(gone).listed} >= {"Text A", "Text B", "Page P", "Letter L"}
    text.body, text.related = "Nothing.", []
    text.save()
    assert "Text A" not in {use.title for use in uses.of(gone).listed}
    Page.objects.get().delete()
    assert "Page P" not in {use.title for use in uses.of(gone).listed}


def test_the_migration_notes_the_same_as_saving(gone):
    from importlib import import_module

    used_rows()
    make_response(body="## x\n\n[a](/articles/gone/)", related=["kept"])
    before = set(TextUse.objects.values_list("text_kind", "text_id", "how", "target", "times"))
    TextUse.objects.all().delete()
    from django.apps import apps

    import_module("articles.migrations.0014_uses_of_texts").note_uses(apps, None)
    after = set(TextUse.objects.values_list("text_kind", "text_id", "how", "target", "times"))
    assert after == before
    assert len(before) > 10
