"""The list of articles at the desk."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.editing import status
from articles.editing.bulk_edit import MOST
from articles.models import Article, Snippet
from tests.factories import (
    make_article,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_topic,
)
from trustsite.desk.bounded_paginator import BoundedPaginator
from trustsite.models import Autosave, CacheVersion

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"
LATER = timezone.now() + timedelta(days=3)
AFTER_LATER = LATER + timedelta(days=1)
LONG_AGO = timezone.localdate() - timedelta(days=400)


@pytest.fixture
def listed(admin_client):
    """Return a function that gives the titles a list shows."""

    def listed(**wanted):
        response = admin_client.get(LIST, wanted)
        assert response.status_code == 200
        return sorted(article.title for article in response.context["cl"].result_list)

    return listed


@pytest.fixture
def one_of_each():
    """An article in each stage."""
    make_topic()
    make_article(title="Draft", state="draft")
    make_article(title="In review", state="in review")
    make_article(title="Scheduled", publish_at=LATER)
    make_article(title="Published", checked_on=timezone.localdate())
    make_article(
        title="Withdrawn", state="withdrawn", withdrawn_note="It was wrong.", checked_on=LONG_AGO
    )


def many(number):
    topic = make_topic()
    body = "Words. " * 1500
    rows = [
        Article(
            slug=f"many-{n}",
            title=f"Article number {n}",
            topic=topic,
            body=body,
            html=body,
            state="published",
        )
        for n in range(number)
    ]
    Article.objects.bulk_create(rows)


@pytest.mark.parametrize(
    ("stage", "titles"),
    [
        ("draft", ["Draft"]),
        ("review", ["In review"]),
        ("scheduled", ["Scheduled"]),
        ("published", ["Published"]),
        ("withdrawn", ["Withdrawn"]),
        ("nonsense", ["Draft", "In review", "Published", "Scheduled", "Withdrawn"]),
    ],
)
def test_it_filters_by_what_readers_see(listed, one_of_each, stage, titles):
    assert listed(stage=stage) == titles


def test_it_shows_state_topic_change_check_findings_and_words(
    admin_client, admin_user, parse, text_of, one_of_each
):
    article = Article.objects.get(title="Scheduled")
    article.history.update(history_user=admin_user)
    page = parse(admin_client.get(LIST, {"stage": "scheduled"}))
    names = [text_of(cell) for cell in page.findall(".//table[@id='result_list']/thead//th")]
    columns = ["Title", "Topic", "Last change ↓", "Next check", "To look at", "Words", "Used in"]
    assert names == columns
    row = [text_of(cell) for cell in page.find(".//table[@id='result_list']/tbody/tr")]
    at = f"{LATER:%a %-d %b}" + (f" {LATER:%Y}" if LATER.year != timezone.now().year else "")
    assert row[1] == f"Scheduled Public on {at}, {LATER:%H:%M} UTC"
    assert row[2] == str(article.topic)
    assert row[3].startswith("Today, ")
    assert row[3].endswith(" admin")
    assert row[4:] == ["nobody yet", str(article.problems), str(article.words), "-"]
    assert article.problems


def test_what_changed_last_stands_first(admin_client, one_of_each):
    Article.objects.get(title="Draft").save()
    [first, *_] = admin_client.get(LIST).context["cl"].result_list
    assert first.title == "Draft"


def test_what_was_never_checked_or_long_ago_is_due_once_readers_see_it(listed, one_of_each):
    make_article(title="Checked long ago", checked_on=LONG_AGO)
    make_article(title="Never checked")
    make_article(title="Never checked, a draft", state="draft")
    assert listed(asks="due") == ["Checked long ago", "Never checked"]


def test_it_finds_what_has_changed_since_it_was_checked(listed, one_of_each):
    article = Article.objects.get(title="Published")
    assert listed(asks="changed") == []
    article.body += "\n\nOne more claim."
    article.save()
    assert listed(asks="changed") == ["Published"]
    article.body = article.body.replace("\n\nOne more claim.", "!")
    article.save()
    assert listed(asks="changed") == []


def test_it_finds_where_there_is_something_to_look_at(listed, one_of_each):
    Article.objects.exclude(title="Draft").update(problems=0)
    assert listed(asks="problems") == ["Draft"]


SOON = timezone.localdate() - timedelta(days=350)


def test_it_finds_what_falls_due_within_a_month(listed, one_of_each):
    make_article(title="Checked long ago", checked_on=LONG_AGO)
    make_article(title="Nearly a year ago", checked_on=SOON)
    make_article(title="A draft", checked_on=SOON, state="draft")
    assert listed(asks="soon") == ["Nearly a year ago"]


@pytest.fixture
def with_faults(monkeypatch):
    """Articles of which each leads to, shows or offers something with a fault; and one that has none."""
    make_article(slug="later", title="Later", publish_at=LATER)
    make_picture(key="wordless", alt="")
    make_picture(key="ornament", alt="", decorative=True)
    days = {"ended": -1, "ends-soon": 20, "lasts": 200}
    for key, number in days.items():
        make_offer(key=key, valid_until=timezone.localdate() + timedelta(days=number))
    Snippet.objects.create(key="led-astray", title="S", body="[Nowhere](/articles/nowhere/).")
    texts = {
        "Two links": "[One](/articles/nowhere/), [two](/articles/later/), [three](/).",
        "By a snippet": ":::snippet led-astray",
        "Wordless": ":::picture wordless",
        "Ended": ":::offer ended",
        "Ends soon": ":::offer ends-soon",
        "None": "[Home](/).\n\n:::picture ornament\n\n:::offer lasts",
    }
    for title, body in texts.items():
        make_article(title=title, body=body)
    make_article(title="Also later", body="[A](/articles/later/).", publish_at=AFTER_LATER)
    gone = {"state": "withdrawn", "withdrawn_note": "It was wrong."}
    make_article(title="Gone", body="[A](/articles/nowhere/).\n\n:::picture wordless", **gone)


FAULTS = {
    "links": {"Two links": "2 links broken", "By a snippet": "1 link broken"},
    "pictures": {"Wordless": "1 picture without words"},
    "offers": {"Ended": "offer not shown", "Ends soon": "offer until"},
}


def test_it_finds_links_that_are_broken_pictures_without_words_and_offers_that_end(
    settings, listed, with_faults
):
    settings.DEVELOPMENT = True  # where the offers of examples are shown
    for fault, titles in FAULTS.items():
        assert listed(asks=fault) == sorted(titles)


def test_it_says_of_each_row_what_is_wrong_and_asks_no_more_for_many(
    settings, admin_client, parse, text_of, with_faults
):
    settings.DEVELOPMENT = True
    with CaptureQueriesContext(connection) as few:
        page = parse(admin_client.get(LIST))
    shown = {}
    for row in page.findall(".//table[@id='result_list']/tbody/tr"):
        title, *_ = text_of(row.find("th/a")).splitlines()
        shown[title] = [text_of(line) for line in row.findall("td[@class='field-to_look_at']/div")]
    for words in FAULTS.values():
        for title, said in words.items():
            assert any(line.startswith(said) for line in shown[title]), (title, shown[title])
    assert not any(line[:1].isalpha() or " " in line for line in shown["None"])
    assert not any(" " in line for title in ("Gone", "Also later") for line in shown[title])
    for number in range(20):
        make_article(body=f"[One](/articles/nowhere-{number}/).\n\n:::picture wordless")
    with CaptureQueriesContext(connection) as many:
        admin_client.get(LIST)
    assert len(many) <= len(few)


def read_whole(condition):
    """Return the lines of the plan that read all articles, or all that texts use."""
    found = Article.objects.filter(condition).order_by("-changed_at")
    sql, params = found.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        plan = [row[-1] for row in cursor.fetchall()]
    growing = re.findall(r'"articles_(?:article|textuse)" ([A-Z][0-9])', sql)
    names = "|".join(["articles_article", "articles_textuse", *growing])
    return [
        line
        for line in plan
        if re.match(rf"SCAN ({names})\b", line) and "text_use_not_open" not in line
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are read as SQLite says them")
def test_whose_has_a_fault_is_found_without_reading_all_articles(with_faults):
    for name in (*FAULTS, "due", "soon"):
        assert read_whole(status.asking(Article)[name][1]()) == [], name
    assert read_whole(Q(body__contains="nowhere"))  # as it would be to look into the texts


@pytest.mark.parametrize(("kind", "names"), [("page", "due soon links"), ("response", "links")])
def test_pages_and_responses_say_so_too(admin_client, kind, names):
    make_page(slug="a-page", title="Fine", checked_on=timezone.localdate())
    make_page(slug="b-page", title="Astray", body="[A](/nowhere/).", checked_on=SOON)
    make_response(key="freeze", title="Astray", body="[A](/nowhere/).")
    make_response(key="fight", title="Fine")
    where = f"/admin/articles/{kind}/"
    [spec] = admin_client.get(where).context["cl"].filter_specs
    assert [name for name, _ in spec.lookup_choices] == names.split()
    for name in names.split()[-2:]:
        page = admin_client.get(where, {"asks": name})
        assert [row.title for row in page.context["cl"].result_list] == ["Astray"]
        assert "1 link broken" in page.content.decode()


def test_it_finds_what_i_worked_on(
    admin_client, admin_user, django_user_model, listed, one_of_each
):
    mine, other = Article.objects.get(title="Draft"), Article.objects.get(title="In review")
    somebody = django_user_model.objects.create_user("other")
    for row, author in ((mine, admin_user), (other, somebody)):
        kept = {"key": f"of {row.pk}", "model": "articles.article", "row": str(row.pk)}
        Autosave.objects.create(**kept, author=author, fields={}, saved_at=timezone.now())
    assert listed(whose="unsaved") == ["Draft"]
    assert listed(whose="mine") == []
    admin_client.post(f"{LIST}{other.pk}/history/restore/", {"state": other.history.first().pk})
    assert listed(whose="mine") == ["In review"]


def test_it_finds_what_one_of_the_others_worked_on(
    admin_client, django_user_model, listed, one_of_each
):
    edna, idle = (django_user_model.objects.create_user(name) for name in ("edna", "idle"))
    row = Article.objects.get(title="Published")
    row.history.update(history_user=edna)
    [offered] = [
        spec for spec in admin_client.get(LIST).context["cl"].filter_specs if spec.title == "whose"
    ]
    assert [title for value, title in offered.lookup_choices if value.isdecimal()] == [
        "Saved by edna at some time"
    ]
    assert listed(whose=str(edna.pk)) == ["Published"]
    for unknown in (str(idle.pk), "nobody", "-1"):
        assert len(listed(whose=unknown)) == Article.objects.count()


@pytest.mark.parametrize("words", ["In review", "lead paragraph", "article-"])
def test_it_searches_titles_texts_and_addresses(listed, one_of_each, words):
    assert "In review" in listed(q=words)
    assert listed(q="a word that stands nowhere") == []


def test_a_long_list_is_counted_with_an_end_and_says_so(admin_client, monkeypatch):
    monkeypatch.setattr(BoundedPaginator, "most", 60)
    many(70)
    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get(LIST, {"p": 2})
    assert len(page.context["cl"].result_list) == 10
    assert "The first 60 are listed" in page.content.decode()
    counts = [query["sql"] for query in queries if "COUNT" in query["sql"]]
    assert [sql for sql in counts if '"articles_article"' in sql and "LIMIT" not in sql] == []


def test_a_short_list_says_nothing_of_it(admin_client, one_of_each):
    assert "are listed" not in admin_client.get(LIST).content.decode()


def test_checking_again_counts_anew_and_changes_no_text(admin_client, admin_user):
    make_article(slug="target")
    article = make_article(body="See [that](/articles/target/).", checked_on=timezone.localdate())
    other = make_article()
    before = article.problems
    Article.objects.filter(slug="target").update(state="draft")
    states, changed_at = article.history.count(), article.changed_at
    data = {"action": "check_again", "_selected_action": [article.pk, other.pk]}
    response = admin_client.post(LIST, data, follow=True)
    assert "In 1 of them something else is found" in response.content.decode()
    article.refresh_from_db()
    assert article.problems == before + 1
    assert (article.history.count(), article.changed_at) == (states, changed_at)


def test_too_many_are_not_checked_at_once(admin_client):
    many(MOST + 1)
    data = {
        "action": "check_again",
        "_selected_action": [Article.objects.first().pk],
        "select_across": "1",
    }
    assert f"at most {MOST}" in admin_client.post(LIST, data, follow=True).content.decode()


def test_what_is_deleted_with_others_leaves_the_search_as_well(admin_client):
    chosen = [make_article(publish_at=LATER), make_article(state="draft")]
    data = {
        "action": "delete_selected",
        "_selected_action": [one.pk for one in chosen],
        "post": "yes",
    }
    admin_client.post(LIST, data)
    assert not Article.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM articles_search_terms")
        assert cursor.fetchone() == (0,)


def test_pages_change_when_rows_they_show_are_deleted_with_others(admin_client):
    offer = make_offer()
    before = CacheVersion.objects.get().number
    data = {"action": "delete_selected", "_selected_action": [offer.pk], "post": "yes"}
    admin_client.post("/admin/articles/offer/", data)
    assert CacheVersion.objects.get().number > before


def test_what_readers_have_seen_is_not_deleted(admin_client):
    article = make_article()
    data = {"action": "delete_selected", "_selected_action": [article.pk], "post": "yes"}
    assert admin_client.post(LIST, data).status_code == 403
    assert admin_client.post(f"{LIST}{article.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Article.objects.exists()


def test_a_thousand_articles_are_listed_with_few_questions_and_a_small_page(
    admin_client, django_assert_max_num_queries
):
    many(1000)
    with django_assert_max_num_queries(14) as asked:
        page = admin_client.get(LIST).content
    assert len(page) < 120_000
    assert not [query for query in asked if '"articles_article"."body"' in query["sql"]]
    with django_assert_max_num_queries(14):
        admin_client.get(
            LIST, {"q": "number 9", "asks": "due", "whose": "mine", "stage": "published"}
        )
