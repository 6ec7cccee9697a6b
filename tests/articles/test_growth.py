"""Pages cost the same however many articles there are: in questions, in what the database reads, in processor time."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article, Topic
from articles.reading import cards, lists
from articles.reading.sitemaps import PART
from bench.library import RARE, seed
from tests.processor_time import processor_time

pytestmark = pytest.mark.django_db
DESK = "/admin/articles/article/"
# What each asks the database at the most.
MOST_QUERIES = {
    "home": 6,
    "list": 4,
    "list, later": 5,
    "topic": 3,
    "topic, later": 5,
    "article": 6,
    "article with picks": 6,
    "feed": 1,
    "sitemap": 2,
    "sitemap, a part": 1,
    "search": 4,
    "search, rare": 4,
    "search, two words": 5,
    "desk": 14,
    "desk, deep": 14,
    "desk, search": 14,
    "desk, rare": 14,
}
if connection.vendor == "postgresql":  # a look for words is up to three statements there
    MOST_QUERIES |= {"search": 6, "search, rare": 6, "search, two words": 9}
# Read whole, for they are few and short however many articles there are.
SMALL = ("articles_topic", "auth_", "django_", "session", "trustsite_")


@pytest.fixture
def addresses():
    """Return a function that gives each page's address, for the articles that there are."""

    def addresses():
        published = Article.objects.published().order_by("-pk")
        one, picked = published[0], published[1]
        picks = [row.slug for row in published[2:5]]
        Article.objects.filter(pk=picked.pk).update(related=picks)
        topic = one.topic.get_absolute_url()
        after = f"after/{published.order_by('title')[published.count() // 4].slug}/"
        shelf = published.filter(topic=one.topic).order_by("title")[0].slug
        return {
            "home": "/",
            "list": "/articles/",
            "list, later": f"/articles/{after}",
            "topic": topic,
            "topic, later": f"{topic}after/{shelf}/",
            "article": one.get_absolute_url(),
            "article with picks": picked.get_absolute_url(),
            "feed": "/feed/",
            "sitemap": "/sitemap.xml",
            "sitemap, a part": f"/sitemap-articles-{one.pk // PART - 1}.xml",
            "search": "/search/?q=trauma",
            "search, rare": f"/search/?q={RARE[0]}",
            "search, two words": "/search/?q=body+trauma",
            "desk": DESK,
            "desk, deep": f"{DESK}?p=4",
            "desk, search": f"{DESK}?q=trauma",
            "desk, rare": f"{DESK}?q={RARE[0]}",
        }

    return addresses


def statements(client, address):
    """Return what a page asks the database, after it has been asked for once."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return [query["sql"] for query in queries]


def plan(sql):
    """Return how the database reads what a statement asks for, a line each; PostgreSQL reads tables this small whole
    unless it is told not to.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {sql}")
        return [str(row[-1]) for row in cursor.fetchall()]


def is_growing(line, sql):
    """Whether a line of a plan reads a table of articles from end to end, or sorts it. Topics are few."""
    if connection.vendor == "postgresql":
        is_whole = re.search(r"Seq Scan on articles_(article|search|desk)", line)
        return bool(is_whole or ("Sort" in line and 'FROM "articles_topic"' not in sql))
    whole = re.match(r"SCAN (articles_article|articles_searchdocument|U0|V0)\b", line)
    by_number = re.search(r'ORDER BY (1|"articles_article"\."id") (ASC|DESC) LIMIT', sql)
    has_end = by_number or (" USING " in line and "LIMIT" in sql)
    is_sorted = "TEMP B-TREE" in line and 'FROM "articles_topic"' not in sql
    return bool(whole and not has_end) or (is_sorted and "ORDER BY" in line)


def growing(found):
    """Return the lines of plans that read or sort all articles. Of the search's own lookups, and rows that are named by
    their numbers, a few are sorted.
    """
    bad = []
    for sql in found:
        is_named = re.search(r'"id" IN \(\d', sql) or "articles_search_terms" in sql
        if sql.startswith("SELECT") and '"articles_article"' in sql and not is_named:
            bad += [f"{line}: {sql[:300]}" for line in plan(sql) if is_growing(line, sql)]
    return bad


def test_a_page_asks_as_little_at_a_thousand_articles_as_at_ten_and_reads_none_of_them_all(
    admin_client, addresses
):
    Topic.objects.create(slug="the-one", title="The one")
    asked, read = {}, []
    for more in (20, 980):
        seed(more)
        for name, address in addresses().items():
            if name in {"sitemap, a part", "topic, later", "desk, deep"} and more == 20:
                continue
            found = statements(admin_client, address)
            asked[name, more] = len(found)
            read += growing(found) if more == 980 else []
    assert {key: count for key, count in asked.items() if count > MOST_QUERIES[key[0]]} == {}
    assert read == []


def test_in_the_order_of_before_it_would():
    seed(20)
    found = cards.rows(Article.objects.published())
    with CaptureQueriesContext(connection) as queries:
        list(found[:5])
    assert growing([query["sql"] for query in queries])


def test_processor_time_does_not_grow_with_the_library(admin_client, addresses):
    def costs():
        where = addresses()
        return {
            name: processor_time(lambda name=name: admin_client.get(where[name]))
            for name in ("list", "topic", "article", "feed", "search", "desk, search")
        }

    seed(200)
    few = costs()
    seed(1_800)
    many = costs()
    assert {
        name: round(many[name] / few[name], 1) for name in many if many[name] > 4 * few[name]
    } == {}


def test_a_list_of_all_would_grow(client, monkeypatch):
    monkeypatch.setattr(lists, "MOST", 100_000)
    seed(100)
    few = processor_time(lambda: client.get("/articles/"))
    seed(900)
    assert processor_time(lambda: client.get("/articles/")) > 2 * few
