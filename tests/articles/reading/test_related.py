"""The reading path of a topic, and the articles near to one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, ArticleStem
from articles.models.article import READING_ORDER
from articles.reading.related import reading_path, related
from articles.searching import nearness
from tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    topic = make_topic(title="Skills")
    for position, title in enumerate(("Zest", "Breath", "Anchor", "Cold water"), start=1):
        slug = title.split()[0].lower()
        make_article(slug=slug, title=title, topic=topic, position=position)
    make_article(slug="beside", title="Aside", topic=make_topic())
    return topic


@pytest.fixture
def steps(client, parse):
    """Return a function that gives the steps of an article's path as its page shows them."""

    def steps(slug):
        nav = parse(client.get(f"/articles/{slug}/")).find(".//nav[@aria-labelledby='path']")
        links = [] if nav is None else [link for li in nav.iter("li") for link in li.iter("a")]
        return [(link.get("rel"), link.get("href").split("/")[2]) for link in links]

    return steps


# -- the reading path ------------------------------------------------------------------------------


def test_it_leads_through_the_topic_in_the_order_editors_set(shelf, steps):
    assert steps("breath") == [("prev", "zest"), ("next", "anchor"), (None, "cold")]
    assert steps("zest") == [("next", "breath"), (None, "anchor")]
    assert steps("cold") == [("prev", "anchor")]


def test_what_nobody_has_placed_comes_last_by_title(shelf, steps):
    make_article(slug="late-b", title="B", topic=shelf)
    make_article(slug="late-a", title="A", topic=shelf)
    assert steps("cold")[-2:] == [("next", "late-a"), (None, "late-b")]


def test_the_only_one_of_its_topic_has_none(shelf, steps):
    assert steps("beside") == []


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_it_passes_over_what_readers_cannot_open(shelf, steps, state):
    make_article(slug="between", title="Breathless", topic=shelf, position=2, state=state)
    assert "between" not in [slug for _, slug in steps("breath")]


def test_the_list_and_the_topic_have_the_same_order(shelf, client, parse, text_of):
    for address in ("/articles/", f"/topics/{shelf.slug}/"):
        items = parse(client.get(address)).find(".//ul[@class='shelf__articles']")
        assert [text_of(h3) for h3 in items.iter("h3")] == [
            *("Zest", "Breath", "Anchor", "Cold water")
        ]
        assert "Start here" in text_of(items[0])
        assert "Start here" not in text_of(items[1])


def test_the_preview_of_a_draft_does_not_fail(shelf, admin_client):
    from tests.articles.admin.test_articles import posted

    response = admin_client.post(
        "/admin/articles/article/preview/", posted(shelf, title="Breathing")
    )
    assert response.status_code == 200


def test_it_is_two_questions_to_the_database_however_full_the_topic(
    shelf, django_assert_num_queries
):
    article = make_article(title="Zest again", topic=shelf)
    for _ in range(20):
        make_article(topic=shelf)
    with django_assert_num_queries(2):
        path = reading_path(article)
    assert len(path.before) == 1
    assert path.after == []


# -- nearness --------------------------------------------------------------------------------------

TEXTS = {
    "owls": "Owls hunt mice at night. An owl hears a mouse under snow.",
    "mice": "Mice hide from owls. A mouse hears an owl late.",
    "bread": "Bread needs flour, water and yeast. Flour matters most in bread.",
    "cake": "Cake needs flour, sugar and eggs. The oven bakes a cake.",
    "rain": "Rain falls on the hill, and the river rises.",
}


def settle():
    while nearness.relate_some():
        pass


@pytest.fixture
def library():
    topic = make_topic()
    for slug, body in TEXTS.items():
        make_article(slug=slug, title=slug.title(), topic=topic, body=body, takeaways=[])
    settle()


def nearest(slug):
    article = Article.objects.get(slug=slug)
    slugs = dict(Article.objects.values_list("pk", "slug"))
    return [slugs[pk] for pk in article.nearest or [] if pk in slugs]


def test_articles_that_say_the_same_are_near(library):
    assert nearest("owls")[0] == "mice"
    assert nearest("mice")[0] == "owls"
    assert nearest("cake")[0] == "bread"


def test_a_new_one_is_compared_and_those_near_to_it_anew(library):
    make_article(slug="barn", title="Barn", body="A barn owl eats a mouse a night, and mice.")
    assert nearest("barn") == []
    settle()
    assert "owls" in nearest("barn")[:2]
    assert "barn" in nearest("owls")


def test_one_that_says_something_else_now_leaves_those_it_was_near_to(library):
    article = Article.objects.get(slug="mice")
    article.title, article.body = "Bread again", "Bread needs yeast. Flour and yeast make bread."
    article.save()
    settle()
    assert nearest("mice")[0] == "bread"
    assert nearest("owls")[0] != "mice"


def test_a_withdrawn_one_and_a_draft_are_near_to_nothing(library):
    article = Article.objects.get(slug="mice")
    article.state, article.withdrawn_note = "withdrawn", "It was wrong."
    article.save()
    settle()
    assert not ArticleStem.objects.filter(article=article).exists()
    assert "mice" not in nearest("owls")


def test_saving_alone_compares_nothing(library, django_assert_max_num_queries):
    stems = ArticleStem.objects.count()
    make_article(slug="barn", body="A barn owl.")
    assert ArticleStem.objects.count() == stems


def test_a_save_meanwhile_is_not_lost(library, monkeypatch):
    article = Article.objects.get(slug="rain")
    article.save()
    weigh = nearness._weights

    def weigh_while_saved(row):
        Article.objects.get(pk=row.pk).save()
        return weigh(row)

    monkeypatch.setattr(nearness, "_weights", weigh_while_saved)
    nearness.relate_some()
    assert Article.objects.get(slug="rain").nearest_due == nearness.TEXT


def test_what_very_many_say_tells_nothing_apart(library, monkeypatch):
    monkeypatch.setattr(nearness, "FREQUENT", 2)
    Article.objects.update(nearest_due=nearness.TEXT)
    settle()
    assert nearest("owls") == []


def test_a_page_reads_them_in_one_query_picks_first(library, django_assert_num_queries):
    article = Article.objects.get(slug="owls")
    article.related = ["rain", "owls", "nowhere"]
    with django_assert_num_queries(1):
        found = related(article)
    assert [row.slug for row in found][:2] == ["rain", "mice"]


def test_until_they_are_known_the_first_of_the_topic_stand_there(
    library, django_assert_num_queries
):
    Article.objects.update(nearest=None)
    article = Article.objects.get(slug="owls")
    article.related = ["rain"]
    with django_assert_num_queries(2):
        assert [row.slug for row in related(article)] == ["rain", "bread", "cake"]


def test_a_page_that_shows_others_now_is_made_anew(library):
    from trustsite.models import CacheVersion

    before = CacheVersion.current()
    Article.objects.update(nearest_due=nearness.COMPARED)
    settle()
    assert CacheVersion.current() == before  # nothing has changed
    Article.objects.filter(slug="owls").update(nearest=[], nearest_due=nearness.COMPARED)
    settle()
    assert CacheVersion.current() > before


def test_the_database_is_not_asked_for_the_state_of_picks(db):
    """It may read all that are published then: 230 ms of 100,000, where three rows by their keys take a quarter of one."""
    article = make_article(related=[make_article(slug="picked").slug])
    with CaptureQueriesContext(connection) as queries:
        assert [card.slug for card in related(article)][:1] == ["picked"]
    picks = queries[0]["sql"].partition("WHERE")[2]
    assert "slug" in picks
    assert "state" not in picks


@pytest.mark.parametrize("state", ["draft", "in review", "withdrawn"])
def test_a_pick_that_readers_cannot_open_is_left_out_all_the_same(db, state):
    article = make_article(related=[make_article(slug="picked", state=state).slug])
    assert "picked" not in [card.slug for card in related(article)]


def test_a_pick_whose_time_is_to_come_is_left_out(db):
    later = timezone.now() + timedelta(hours=1)
    article = make_article(related=[make_article(slug="picked", publish_at=later).slug])
    assert "picked" not in [card.slug for card in related(article)]


def test_what_has_no_title_yet_is_placed_by_an_empty_one():
    """PostgreSQL compares no words with numbers; only what isn't saved has no number yet."""
    article = Article(title="", position=1)
    _, values = Article.objects.until(article, READING_ORDER).query.sql_with_params()
    assert values == (1, "", 0)
