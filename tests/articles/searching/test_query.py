from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from articles.models import Article, SearchDocument
from articles.searching import index, query
from articles.searching.vocabulary import VOCABULARY
from tests.edge import make_edge
from tests.factories import make_article
from tests.processor_time import processor_time

pytestmark = pytest.mark.django_db


def titles(client, parse, text_of, query):
    document = parse(client.get("/search/", {"q": query}))
    return [text_of(h3) for h3 in document.find(".//main").iter("h3")]


def indexed(word):
    """How many articles the index holds `word` of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM articles_search_terms WHERE CAST(text AS text) LIKE %s",
            [f"%{word}%"],
        )
        return cursor.fetchone()[0]


@pytest.fixture
def library(db):
    make_article(slug="fawn", title="Fawn", body="Keeping others happy.")
    make_article(
        slug="healing-slowly",  # of two as good as each other the first address comes first
        title="Healing slowly",
        body="It takes time. The fawn and the fox. Grounding, with a café in it.",
    )
    make_article(title="A draft about fawn", state="draft")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fawn", ["Fawn", "Healing slowly"]),
        ("fawning", ["Fawn", "Healing slowly"]),
        ("heal", ["Healing slowly"]),
        ("cafe", ["Healing slowly"]),
        ("CAFÉ", ["Healing slowly"]),
        ("groun", ["Healing slowly"]),
        ("fox time", ["Healing slowly"]),
        ("fox happy", ["Fawn", "Healing slowly"]),
        ("what is the fawn", ["Fawn", "Healing slowly"]),
    ],
)
def test_it_finds_words_in_their_forms_and_titles_first(
    library, client, parse, text_of, query, found
):
    assert titles(client, parse, text_of, query) == found


@pytest.mark.parametrize(
    "query",
    [
        'a"b',
        "fawn OR fox",
        "NEAR(fawn)",
        "title:fawn",
        "fawn*",
        "-fawn",
        "'; DROP TABLE articles_search_terms; --",
        "%",
        "☃",
        "the",
    ],
)
def test_nothing_that_is_typed_is_an_operator(library, client, query):
    assert client.get("/search/", {"q": query}).status_code == 200


def test_an_empty_query_and_a_long_one_are_answered_kindly(library, client, parse):
    assert parse(client.get("/search/")).find(".//h2[@class='section']") is None
    assert client.get("/search/", {"q": "word " * 5000}).status_code == 200


def test_a_slip_of_the_keys_gets_a_suggestion(library, client, parse, text_of):
    document = parse(client.get("/search/", {"q": "gronding"}))
    [link] = [a for a in document.find(".//main").iter("a") if a.get("href").startswith("?q=")]
    assert (text_of(link), link.get("href")) == ("grounding", "?q=grounding")


def test_the_extract_marks_what_was_found_and_is_escaped(client, parse):
    make_article(
        title="Signs",
        body="Some <b>bold</b> words & a `<script>alert(1)</script>` near the lighthouse.",
    )
    document = parse(client.get("/search/", {"q": "lighthouse"}))
    assert [mark.text for mark in document.iter("mark")] == ["lighthouse"]
    assert not list(document.find(".//main").iter("script"))


def test_what_was_typed_is_shown_again_escaped(client, parse):
    document = parse(client.get("/search/", {"q": '"><script>alert(1)</script>'}))
    assert document.find(".//input[@id='search']").get("value") == '"><script>alert(1)</script>'


def test_it_forgets_what_is_unpublished_or_deleted(library, client, parse, text_of):
    article = Article.objects.get(title="Fawn")
    article.state, article.withdrawn_note = "withdrawn", "It was wrong."
    article.save()
    assert titles(client, parse, text_of, "happy") == []
    coming = make_article(body="A heron.", publish_at=timezone.now() + timedelta(days=1))
    assert indexed("heron") == 1
    coming.delete()
    assert indexed("heron") == 0


def test_results_are_not_kept_and_the_empty_page_may_be(client):
    assert client.get("/search/", {"q": "x"}).headers["Cache-Control"] == "no-store"
    assert client.get("/search/").headers["Cache-Control"].startswith("public")


def look_ups():
    """Return how many statements a search for a rare word is, beside reading what it found.

    PostgreSQL tries a few texts, and asks the index of those it didn't find ten times.
    """
    return 1 if connection.vendor == "sqlite" else 2


def test_it_asks_few_questions(library, client, django_assert_max_num_queries):
    client.get("/search/", {"q": "fawn"})
    with django_assert_max_num_queries(look_ups() + 2):
        client.get("/search/", {"q": "fawn"})


def test_no_query_reaches_a_log(library, client, caplog):
    client.get("/search/", {"q": "CANARY-WORD"})
    client.get("/search/nowhere/?q=CANARY-WORD")
    assert "CANARY" not in caplog.text


@pytest.fixture
def crowded(monkeypatch):
    """Of each word no more than five documents are looked at, and twelve articles hold both of two."""
    monkeypatch.setattr(index, "MOST", 5)
    for number in range(12):
        make_article(title=f"The river, part {number}", body="Under a bridge, by the river.")
    for number in range(12):
        make_article(title=f"The bridge, part {number}", body="A bridge.")
    make_article(
        title="Both at once", body="The river runs under the bridge, and a mill stands there."
    )


def test_a_word_that_most_texts_hold_is_found_all_the_same(crowded, client, parse, text_of):
    assert len(titles(client, parse, text_of, "river")) >= 5
    assert titles(client, parse, text_of, "bridge mill")[0] == "Both at once"


def test_two_such_words_find_what_holds_both(crowded, client, parse, text_of):
    make_article(title="The river and the bridge", body="Here the river meets the bridge.")
    assert titles(client, parse, text_of, "river bridge")[0] == "The river and the bridge"


def test_looked_at_one_by_one_they_would_not(crowded, client, parse, text_of, monkeypatch):
    make_article(title="The river and the bridge", body="Here the river meets the bridge.")
    monkeypatch.setattr(query, "_look_up_together", lambda concepts, found: None)
    assert "The river and the bridge" not in titles(client, parse, text_of, "river bridge")


def test_a_lookup_ends_with_the_oldest_documents_on_either_database(crowded):
    [documents] = index.find([index.Lookup("text", ((("bridg",),),))])
    every = SearchDocument.objects.filter(text__icontains="bridge").order_by("pk")
    assert sorted(documents) == list(every.values_list("pk", flat=True)[:5])


@pytest.mark.parametrize("typed", ["s", "s p", "a s"])
def test_one_letter_is_looked_up_nowhere(library, client, parse, text_of, typed):
    assert titles(client, parse, text_of, typed) == []
    page = parse(client.get("/search/", {"q": typed}))
    assert "at least two letters" in text_of(page.find(".//main"))


def test_a_figure_may_stand_alone(client, parse, text_of):
    make_article(title="Five senses", body="Look for 5 things, then 4.")
    assert titles(client, parse, text_of, "5 4") == ["Five senses"]


def test_in_the_web_server_no_search_reads_the_titles(library, client, django_assert_num_queries):
    edge = make_edge()
    article = Article.objects.get(title="Fawn")
    article.title = "Quicksilver"
    article.save()
    with django_assert_num_queries(look_ups() + 1):
        client.get("/search/", {"q": "heal"})
    edge.refresher.versions.check()
    assert "quicksilver" in VOCABULARY.get().known


def test_elsewhere_the_next_search_would(library):
    VOCABULARY.get()
    article = Article.objects.get(title="Fawn")
    article.title = "Quicksilver"
    article.save()
    assert "quicksilver" in VOCABULARY.get().known


@pytest.mark.parametrize("end", ["\n", " "])
def test_an_extract_costs_what_its_text_is_long(end):
    """Each line of many, and each word of an endless one, is passed over once."""
    words = query._Words(query.understood("trust and stress", VOCABULARY.get()))

    def cost(number):
        text = f"You trust nobody, and that is stress{end}" * number
        return processor_time(lambda: words.best_line(text))

    assert cost(16_000) < 8 * cost(4_000)
