"""Lists of many articles: pages by keyset, for all articles and for a topic."""

from datetime import timedelta
from itertools import chain

import pytest
from django.utils import timezone

from articles.linking import addresses
from articles.models import Article, Topic
from articles.reading import lists
from bench.library import seed
from tests.edge import get, make_edge
from tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db
LIST = "/articles/"


@pytest.fixture
def short(monkeypatch):
    """Lists are long from eleven articles on, and a page holds four."""
    monkeypatch.setattr(lists, "MOST", 10)
    monkeypatch.setattr(lists, "PAGE", 4)


@pytest.fixture
def many(short):
    """Twenty-four seeded articles, of which 21 are published, all on one topic."""
    topic = make_topic(slug="skills", title="Skills")
    seed(24)
    return topic


@pytest.fixture
def read(client, parse):
    """Return a function that gives the articles of a list's page, and where it leads back and on."""

    def read(address):
        main = parse(client.get(address)).find(".//main")
        items = main.findall(".//ul[@class='shelf__articles']/li//a")
        ways = {link.get("rel"): link.get("href") for link in main.findall(".//nav/a")}
        return [item.get("href") for item in items], ways

    return read


def walk(read, address, way):
    """Return the pages from `address` on, or back."""
    pages = []
    while address:
        articles, ways = read(address)
        pages.append(articles)
        address = ways.get(way)
    return pages


def in_order():
    rows = Article.objects.published().order_by("title", "pk")
    return [row.get_absolute_url() for row in rows]


@pytest.mark.parametrize("address", [LIST, "/topics/skills/"])
def test_pages_follow_each_other_and_every_article_is_on_one(many, read, address):
    pages = walk(read, address, "next")
    assert [len(page) for page in pages] == [4, 4, 4, 4, 4, 1]
    assert list(chain(*pages)) == in_order()


@pytest.mark.parametrize("address", [LIST, "/topics/skills/"])
def test_the_way_back_is_the_way_there(many, read, address):
    pages, last, ways = [], address, {}
    while last:
        articles, ways = read(last)
        pages.append(articles)
        here, last = last, ways.get("next")
    assert walk(read, here, "prev") == pages[::-1]


def test_articles_of_one_title_are_all_there(short, read):
    topic = make_topic()
    for number in range(11):
        make_article(slug=f"same-{number}", title="The same", topic=topic)
    assert list(chain(*walk(read, LIST, "next"))) == in_order()


def test_as_many_as_one_page_holds_stand_on_it_by_topic(short, read, client, parse, text_of):
    for name in ("Skills", "Bodies"):
        topic = make_topic(title=name)
        for number in range(5):
            make_article(title=f"{name} {number}", topic=topic)
    articles, ways = read(LIST)
    assert (len(articles), ways) == (10, {})
    main = parse(client.get(LIST)).find(".//main")
    assert [text_of(h2) for h2 in main.iter("h2")] == ["Skills", "Bodies"]


def test_above_that_the_topics_are_links(many, client, parse):
    make_article(topic=make_topic(slug="draft-alone"), state="draft")
    pills = parse(client.get(LIST)).findall(".//nav[@class='pills']//a")
    assert [link.get("href") for link in pills] == ["/topics/skills/"]


def test_each_page_says_in_its_title_where_it_begins(many, read, client, parse, text_of):
    address = read(LIST)[1]["next"]
    first = Article.objects.get(slug=read(address)[0][0].split("/")[2])
    page = parse(client.get(address))
    assert text_of(page.find(".//title")).startswith(f"Articles from “{first.title}” on")
    assert page.find(".//link[@rel='canonical']").get("href").endswith(address)


def after(article, topic=""):
    return f"/topics/{topic}/after/{article}/" if topic else f"/articles/after/{article}/"


def test_a_page_of_a_topic_begins_after_an_article_of_its_own(many, client):
    make_article(slug="elsewhere", title="A", topic=make_topic(slug="bodies"))
    assert client.get(after("elsewhere")).status_code == 200
    assert client.get(after("elsewhere", "skills")).status_code == 404


@pytest.mark.parametrize("topic", ["", "skills"])
@pytest.mark.parametrize("state", ["draft", "scheduled", "nowhere", "last"])
def test_a_page_begins_after_an_article_that_readers_know_or_is_not_there(
    many, client, state, topic
):
    late = {"publish_at": timezone.now() + timedelta(days=1)}
    make_article(slug="draft", title="A", state="draft", topic=many)
    make_article(slug="scheduled", title="A", topic=many, **late)
    make_article(slug="last", title="Z", topic=many)
    assert client.get(after(state, topic)).status_code == 404


def test_a_page_goes_on_where_an_article_was_withdrawn(many, read):
    address = read(LIST)[1]["next"]
    slug = address.split("/")[3]
    before = read(address)[0]
    article = Article.objects.get(slug=slug)
    article.state, article.withdrawn_note = "withdrawn", "It was wrong."
    article.save()
    assert read(address)[0] == before


@pytest.mark.parametrize("topic", ["", "skills"])
def test_a_page_of_a_list_that_has_become_short_leads_to_all_of_it(short, read, topic):
    shelf = make_topic(slug="skills")
    for slug in ("a", "b"):
        make_article(slug=slug, title=slug, topic=shelf)
    place = "/topics/skills/" if topic else LIST
    assert read(after("a", topic)) == (["/articles/b/"], {"prev": place})


def test_a_topic_of_that_name_has_its_page(client):
    make_article(slug="after", topic=make_topic(slug="after"))
    is_free = addresses.free()
    for path in ("/topics/after/", "/articles/after/"):
        assert not is_free(path)
        assert client.get(path).status_code == 200


def test_made_up_places_cost_no_database(many):
    is_free = addresses.free()
    assert is_free("/articles/after/made-up/")
    assert is_free("/topics/skills/after/made-up/")
    known = Article.objects.published().first().slug
    assert not is_free(after(known))
    assert not is_free(after(known, "skills"))


def test_pages_are_kept_and_go_when_a_title_changes(many, read):
    edge = make_edge()
    address = read(LIST)[1]["next"]
    for path in (LIST, address):
        assert get(edge, path)["status"] == "200 OK"
    assert {LIST, address} <= set(edge.cache.pages)
    article = Article.objects.published().first()
    article.title = "Another title"
    article.save()
    edge.refresher.versions.check()
    assert not {LIST, address} & set(edge.cache.pages)


def test_a_topic_without_published_articles_is_not_there(client):
    make_article(topic=make_topic(slug="hidden"), state="draft")
    assert Topic.objects.filter(slug="hidden").exists()
    assert client.get("/topics/hidden/").status_code == 404
