import pytest

from articles.models import Article
from tests.factories import make_article, make_topic
from trustsite.web.inline_css import stylesheet_in

pytestmark = pytest.mark.django_db


def posted(in_topic, **over):
    return {
        "title": "New",
        "slug": "new",
        "standfirst": "A line.",
        "body": "Lead.\n\n## First\n\nIt's here.",
        "topic": in_topic.pk,
        "response": "",
        "description": "",
        "takeaways": "One.\nTwo.",
        "related": "fawn-response",
        "content_note": "",
        "evidence": "mixed",
        "evidence_note": "",
        "state": "draft",
        "publish_at_0": "",
        "publish_at_1": "",
        "updated_at_0": "2026-11-22",
        "updated_at_1": "10:00:00",
        "checked_on": "",
        "sign_up": "on",
    } | over


def test_a_draft_is_kept_and_not_shown(admin_client, client):
    admin_client.post("/admin/articles/article/add/", posted(make_topic()))
    article = Article.objects.get()
    assert (article.takeaways, article.related) == (["One.", "Two."], ["fawn-response"])
    assert "<h2" in article.html
    assert client.get("/articles/new/").status_code == 404


def test_publishing_shows_it_at_once(admin_client, client):
    topic = make_topic()
    admin_client.post("/admin/articles/article/add/", posted(topic))
    article = Article.objects.get()
    admin_client.post(
        f"/admin/articles/article/{article.pk}/change/", posted(topic, state="published")
    )
    assert client.get("/articles/new/").status_code == 200


def test_a_mistake_is_named_by_line_and_nothing_is_lost(admin_client, parse, text_of):
    body = "Lead.\n\n:::banner\n\nMy words."
    response = admin_client.post(
        "/admin/articles/article/add/", posted(make_topic(), body=body, state="in review")
    )
    document = parse(response)
    assert "Line 3: There is no directive “:::banner”" in text_of(document)
    assert document.find(".//textarea[@name='body']").text.strip().replace("\r", "") == body
    assert not Article.objects.exists()


def test_the_preview_is_the_page_itself_and_saves_nothing(admin_client, parse, text_of):
    response = admin_client.post(
        "/admin/articles/article/preview/", posted(make_topic(), title="Not saved yet")
    )
    document = parse(response)
    assert text_of(document.find(".//h1")) == "Not saved yet"
    assert "It’s here." in text_of(document.find(".//div[@class='prose prose--lead']"))
    assert not Article.objects.exists()
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert stylesheet_in(response.content).source in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "over", [{"title": "", "slug": "", "topic": ""}, {"body": "<script>alert(1)</script> :::x"}]
)
def test_a_half_written_article_can_be_previewed(admin_client, over):
    response = admin_client.post("/admin/articles/article/preview/", posted(make_topic(), **over))
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_strangers_cannot_preview(client):
    assert client.post("/admin/articles/article/preview/", {}).status_code == 302


def test_an_editor_without_the_right_cannot_preview(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader", is_staff=True))
    assert client.post("/admin/articles/article/preview/", posted(make_topic())).status_code == 403


def test_every_page_of_the_desk_opens(admin_client, content):
    for model in ("article", "page", "response", "topic", "source", "offer", "helpline"):
        assert admin_client.get(f"/admin/articles/{model}/").status_code == 200
        assert admin_client.get(f"/admin/articles/{model}/add/").status_code == 200
    article = make_article()
    assert admin_client.get(f"/admin/articles/article/{article.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("over", "place"), [({"position": "3"}, 3), ({"position": ""}, 999), ({}, 7)]
)
def test_a_place_that_nobody_types_is_the_last_and_one_that_no_form_asks_for_stays(
    admin_client, over, place
):
    article = make_article(slug="placed", state="draft", position=7)
    posted_over = posted(article.topic, slug="placed", **over)
    admin_client.post(f"/admin/articles/article/{article.pk}/change/", posted_over)
    article.refresh_from_db()
    assert (article.title, article.position) == ("New", place)
