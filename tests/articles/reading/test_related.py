"""The articles before and after one in its topic."""

import pytest

from tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    topic = make_topic(title="Skills")
    for title in ("Anchor", "Breath", "Cold water"):
        make_article(slug=title.split()[0].lower(), title=title, topic=topic)
    make_article(slug="beside", title="Aside", topic=make_topic())
    return topic


@pytest.fixture
def neighbours(client, parse, text_of):
    """Return a function that gives an article's neighbours as its page shows them."""

    def neighbours(slug):
        nav = parse(client.get(f"/articles/{slug}/")).find(
            ".//nav[@class='neighbours only-screen']"
        )
        return (
            []
            if nav is None
            else [(link.get("rel"), link.get("href"), text_of(link)) for link in nav.iter("a")]
        )

    return neighbours


def test_it_leads_back_and_on_within_the_topic(shelf, neighbours):
    before, after = (
        ("prev", "/articles/anchor/", "Anchor"),
        ("next", "/articles/cold/", "Cold water"),
    )
    assert neighbours("breath") == [before, after]


def test_the_ends_lead_one_way(shelf, neighbours):
    assert [rel for rel, _, _ in neighbours("anchor")] == ["next"]
    assert [rel for rel, _, _ in neighbours("cold")] == ["prev"]


def test_the_only_one_of_its_topic_has_none(shelf, neighbours):
    assert neighbours("beside") == []


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_it_passes_over_what_readers_cannot_open(shelf, neighbours, state):
    make_article(slug="between", title="Breathless", topic=shelf, state=state)
    assert [href for _, href, _ in neighbours("breath")] == [
        "/articles/anchor/",
        "/articles/cold/",
    ]


def test_the_preview_of_a_draft_has_none_and_does_not_fail(shelf, admin_client):
    from tests.articles.admin.test_articles import posted

    response = admin_client.post(
        "/admin/articles/article/preview/", posted(shelf, title="Breathing")
    )
    assert response.status_code == 200
    assert b'class="neighbours' not in response.content


def test_it_is_one_question_to_the_database_however_full_the_topic(
    shelf, django_assert_num_queries
):
    from articles.reading.related import previous_and_next

    article = make_article(title="Zest", topic=shelf)
    for _ in range(20):
        make_article(topic=shelf)
    with django_assert_num_queries(1):
        before, after = previous_and_next(article)
    assert (before.title, after) == ("Cold water", None)
