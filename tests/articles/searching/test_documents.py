"""What the search knows of each page, and when it comes and goes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from articles.api import index_pages
from articles.models import Article, Page, SearchDocument, Topic
from articles.searching import blocks, documents, index
from articles.searching.query import search
from articles.searching.stems import stem, stems
from articles.searching.vocabulary import VOCABULARY
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db


def paths(query):
    return [hit.path for hit in search(query, VOCABULARY.get()).hits]


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM articles_search_terms")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("behaviour", "behavior"),
        ("traumatised", "traumatized"),
        ("depersonalisation", "depersonalization"),
        ("counselling", "counseling"),
        ("colours", "color"),
        ("centre", "center"),
        ("defence", "defense"),
        ("healing", "heal"),
        ("boundaries", "boundary"),
    ],
)
def test_forms_and_spellings_have_one_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("trust", "trauma"), ("fight", "flight"), ("our", "or")]
)
def test_other_words_have_another(one, other):
    assert stem(one) != stem(other)


def test_apostrophes_accents_and_case_are_one():
    assert stems("CAN’T Café") == stems("cant cafe")


def test_a_block_ends_where_the_page_s_does():
    html = "<h2>Signs</h2><ul><li>One</li><li>Two<sup>1</sup></li></ul><form>No</form><p>A <b>bold</b> end"
    read = blocks.read(html)
    assert read.lines == ["Signs", "One", "Two", "A bold end"]
    assert read.headings == ["Signs"]


def test_an_extract_runs_no_two_blocks_together():
    make_article(
        title="Owls",
        body="## When they hoot\n\n- The first one sits in a tall old tree by the river\n"
        "- The second one hoots at dusk over the long meadow",
    )
    [hit] = search("hoots", VOCABULARY.get()).hits
    assert "tree" not in hit.extract
    assert "<mark>hoots</mark>" in hit.extract


def test_every_kind_of_page_is_found(content):
    index_pages()
    wanted = {"/quiz/", "/quiz/method/", "/guide/", "/get-help/", "/privacy/", "/responses/fawn/"}
    known = set(SearchDocument.objects.values_list("path", flat=True))
    assert wanted <= known
    assert {topic.get_absolute_url() for topic in Topic.objects.all()} <= known


def readings(callbacks):
    """Return those of `callbacks` that read a page for the search."""
    return [one for one in callbacks if "put_soon" in one.__qualname__]


def test_a_changed_page_is_read_anew(django_capture_on_commit_callbacks):
    page = make_page(slug="about", title="About", body="We keep herons.")
    with django_capture_on_commit_callbacks(execute=True):
        page.save()
    assert paths("herons") == ["/about/"]
    page.body = "We keep storks."
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        page.save()
        page.save()
    assert len(readings(callbacks)) == 2
    assert (paths("herons"), paths("storks")) == ([], ["/about/"])
    with django_capture_on_commit_callbacks(execute=True):
        Page.objects.get().delete()
    assert paths("storks") == []
    assert rows() == SearchDocument.objects.count() == 0


def test_loading_many_reads_none_of_them_until_the_end(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, documents.loading():
        make_page(slug="about", title="About")
    assert readings(callbacks) == []


def test_a_page_that_fails_keeps_nothing_from_being_saved(
    django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(documents, "resolve", lambda path: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        make_page(slug="about", title="About")
    assert Page.objects.exists()


def test_pages_gone_since_are_forgotten(content):
    index_pages()
    documents.put_pages(["/quiz/"])
    left = SearchDocument.objects.filter(article=None)
    assert [document.path for document in left] == ["/quiz/"]
    assert rows() == SearchDocument.objects.count()


def test_a_scheduled_article_is_found_when_its_time_comes():
    article = make_article(title="Herons", publish_at=timezone.now() + timedelta(days=1))
    assert paths("herons") == []
    past = timezone.now() - timedelta(minutes=1)
    SearchDocument.objects.filter(article=article).update(publish_at=past)
    assert paths("herons") == [article.get_absolute_url()]


def test_a_new_address_is_the_one_that_is_found():
    article = make_article(title="Herons", slug="herons")
    article.slug = "grey-herons"
    article.save()
    assert paths("herons") == ["/articles/grey-herons/"]
    make_article(title="Other herons", slug="herons-2", topic=article.topic)
    assert len(paths("herons")) == 2


def test_a_page_at_an_address_that_an_article_takes_leaves_nothing():
    article = make_article(title="Herons", slug="herons")
    SearchDocument.objects.filter(article=article).update(article=None)
    article.save()
    assert paths("herons") == [article.get_absolute_url()]
    assert rows() == SearchDocument.objects.count() == 1


def test_a_deleted_draft_leaves_nothing():
    article = make_article(state="draft", body="Herons.")
    Article.objects.filter(pk=article.pk).delete()
    assert rows() == 0


def test_no_lookup_returns_more_than_a_bound(monkeypatch):
    monkeypatch.setattr(index, "MOST", 5)
    for number in range(8):
        index.put(number, index.Words(["heron"], [], ["grey"]))
    assert [len(part) for part in index.find([index.Lookup("title", ((("heron",),),))])] == [5]


def test_a_lookup_is_in_one_field_and_of_all_words():
    index.put(1, index.Words(["heron"], ["river"], ["grey", "bird"]))
    index.put(2, index.Words(["stork"], ["heron"], ["grey"]))
    lookups = [
        index.Lookup("title", ((("heron",),),)),
        index.Lookup("head", ((("heron",), ("riv*",)),)),
        index.Lookup("text", ((("grey", "bird"),),)),
        index.Lookup("often", ((("grey",),),)),
    ]
    assert index.find(lookups) == [{1}, {1, 2}, {1}, set()]
