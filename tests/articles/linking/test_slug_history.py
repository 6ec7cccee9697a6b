"""Where an article's address leads after the article has moved, or has been taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Article, SlugRedirect
from articles.reading.sitemaps import PART
from tests.articles.admin.test_articles import posted
from tests.edge import get, make_edge
from tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db


def move(article, *slugs):
    for slug in slugs:
        article.slug = slug
        article.save()


def withdraw(article, note="A study it rested on was taken back."):
    article.state, article.withdrawn_note = Article.State.WITHDRAWN, note
    article.save()


def old_slugs():
    return set(SlugRedirect.objects.values_list("slug", flat=True))


def test_an_old_address_leads_to_the_new_one_for_good(client):
    move(make_article(slug="a"), "b")
    response = client.get("/articles/a/")
    assert (response.status_code, response.headers["Location"]) == (301, "/articles/b/")
    assert client.get("/articles/b/").status_code == 200


def test_every_old_address_leads_straight_to_the_present_one(client):
    move(make_article(slug="a"), "b", "c", "d")
    assert [client.get(f"/articles/{slug}/").headers["Location"] for slug in "abc"] == [
        "/articles/d/"
    ] * 3


def test_moving_back_leaves_no_loop(client):
    move(make_article(slug="a"), "b", "a")
    assert old_slugs() == {"b"}
    assert client.get("/articles/a/").status_code == 200
    assert client.get("/articles/b/").headers["Location"] == "/articles/a/"


def test_browsers_may_not_keep_a_move_which_could_be_taken_back(client):
    move(make_article(slug="a"), "b")
    assert client.get("/articles/a/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "over",
    [{"state": "draft"}, {"publish_at": timezone.now() + timedelta(hours=1)}],
    ids=["draft", "scheduled"],
)
def test_what_nobody_could_open_leaves_no_old_address(client, over):
    move(make_article(slug="a", **over), "b")
    assert old_slugs() == set()
    assert client.get("/articles/a/").status_code == 404


def test_an_old_address_tells_nobody_of_a_draft(client):
    article = make_article(slug="a")
    move(article, "b")
    Article.objects.filter(pk=article.pk).update(state=Article.State.DRAFT, first_published_at=None)
    assert client.get("/articles/a/").status_code == 404


def test_another_article_may_take_an_old_address(client, parse, text_of):
    move(make_article(slug="a"), "b")
    draft = make_article(slug="a", title="The new one", state="draft")
    assert client.get("/articles/a/").headers["Location"] == "/articles/b/"
    draft.state = Article.State.PUBLISHED
    draft.save()
    assert text_of(parse(client.get("/articles/a/")).find(".//h1")) == "The new one"
    assert old_slugs() == set()
    move(draft, "c")
    assert client.get("/articles/a/").headers["Location"] == "/articles/c/"


def test_saving_without_a_move_writes_nothing():
    article = make_article(slug="a")
    article.title = "Another title"
    article.save()
    assert old_slugs() == set()


def test_a_withdrawn_article_says_so_and_leads_on(client, parse, text_of):
    topic = make_topic()
    article = make_article(
        slug="a", title="Old advice", topic=topic, updated_at=datetime(2026, 5, 3, tzinfo=UTC)
    )
    make_article(slug="near", title="Near it", topic=topic)
    withdraw(article)
    response = client.get("/articles/a/")
    document = parse(response)
    assert response.status_code == 410
    words = text_of(document.find(".//main"))
    assert "A study it rested on was taken back." in words
    assert "“Old advice” stood here. We took it back on 3 May 2026." in words
    assert document.find(".//main//form[@action='/search/']") is not None
    assert document.find(".//main//a[@href='/get-help/']") is not None
    assert document.find(".//main//a[@href='/articles/near/']") is not None
    assert "A lead paragraph." not in words


def test_an_old_address_of_a_withdrawn_article_leads_to_the_page_that_says_so(client):
    article = make_article(slug="a")
    move(article, "b")
    withdraw(article)
    assert client.get("/articles/a/", follow=True).status_code == 410


def test_a_withdrawn_article_leaves_lists_feed_sitemap_and_search(client):
    topic = make_topic(slug="shelf")
    make_article(slug="stays", title="Stays", topic=topic, related=["taken"])
    article = make_article(slug="taken", title="Unrepeatable", topic=topic)
    everywhere = [
        "/articles/",
        "/topics/shelf/",
        "/feed/",
        f"/sitemap-articles-{article.pk // PART}.xml",
        "/search/?q=unrepeatable",
        "/articles/stays/",
    ]
    assert all(b"/articles/taken/" in client.get(path).content for path in everywhere)
    withdraw(article)
    assert [path for path in everywhere if b"/articles/taken/" in client.get(path).content] == []


def test_an_article_nobody_could_open_is_not_there_when_it_is_withdrawn(client):
    withdraw(make_article(slug="a", state="draft", publish_at=None))
    assert client.get("/articles/a/").status_code == 404


def test_withdrawing_asks_why():
    article = make_article()
    article.state = Article.State.WITHDRAWN
    with pytest.raises(ValidationError, match="Say in a line why"):
        article.full_clean()


@pytest.mark.django_db(transaction=True)
def test_the_page_cache_keeps_neither_a_move_nor_a_withdrawal():
    store = make_edge()
    article = make_article(slug="a")
    assert get(store, "/articles/a/")["status"] == "200 OK"
    move(article, "b")
    assert get(store, "/articles/a/")["status"] == "301 Moved Permanently"
    withdraw(article)
    assert get(store, "/articles/b/")["status"] == "410 Gone"
    assert store.cache.pages == {}


def test_the_desk_shows_old_addresses_and_enters_the_day_of_a_withdrawal(
    admin_client, parse, text_of
):
    article = make_article(slug="new", updated_at=datetime(2025, 5, 3, 10, tzinfo=UTC))
    move(article, "newer")
    path = f"/admin/articles/article/{article.pk}/change/"
    assert "/articles/new/" in text_of(
        parse(admin_client.get(path)).find(".//div[@class='form-row field-past_addresses']")
    )
    days = {
        "initial-updated_at_0": "2025-05-03",
        "initial-updated_at_1": "10:00:00",
    }  # as the form sends them
    since = article.publish_at.astimezone(UTC)  # the day readers first saw it stays
    days |= {"updated_at_0": "2025-05-03", "publish_at_0": f"{since:%Y-%m-%d}"}
    days |= {"publish_at_1": f"{since:%H:%M:%S}"}
    data = posted(article.topic, slug="newer", state="withdrawn", withdrawn_note="Wrong.", **days)
    asked = admin_client.post(path, data)  # it is its topic's last: that is asked about once more
    assert list(asked.context["adminform"].form.errors) == ["is_sure"]
    assert admin_client.post(path, data | {"is_sure": "on"}).status_code == 302
    article.refresh_from_db()
    assert (article.state, article.withdrawn_note) == ("withdrawn", "Wrong.")
    assert article.updated_at.date() == timezone.localdate()
