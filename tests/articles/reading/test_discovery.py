"""What feed readers, search engines and finders of holes ask for."""

from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles.reading import sitemaps
from tests.factories import make_article, make_response, make_topic
from tests.site_map import locations, mapped

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_feed_holds_whole_published_articles_the_newest_first(client):
    now = timezone.now()
    make_article(slug="old", title="Old & “quoted” <b>", publish_at=now - timedelta(days=2))
    make_article(
        slug="new",
        title="New",
        publish_at=now - timedelta(days=1),
        body="Lead.\n\n:::quiz\n\n## Part\n\nWords.",
    )
    make_article(slug="later", publish_at=now + timedelta(days=1))
    response = client.get("/feed/")
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(response.content).findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["New", "Old & “quoted” <b>"]
    assert "<h2" in entries[0].findtext(f"{ATOM}content")
    assert "data-block" not in entries[0].findtext(f"{ATOM}content")


def test_the_sitemap_lists_what_is_published_on_our_own_address(client, settings):
    make_article(slug="shown")
    make_article(slug="hidden", state="draft")
    make_response(key="freeze")
    make_response(key="even-mix")
    places = mapped(client)
    assert f"{settings.SITE_URL}/articles/shown/" in places
    assert f"{settings.SITE_URL}/responses/freeze/" in places
    assert not [place for place in places if "hidden" in place or "even-mix" in place]
    assert all(place.startswith(settings.SITE_URL) for place in places)


def test_robots_are_shown_the_map_and_kept_from_the_desk(client, settings):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Disallow: /admin/" in lines
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in lines


def test_security_txt_names_a_contact_and_runs_out_within_a_year(client, settings):
    fields = dict(
        line.split(": ", 1)
        for line in client.get("/.well-known/security.txt").content.decode().splitlines()
    )
    assert fields["Contact"] == f"mailto:{settings.CONTACT_EMAIL}"
    left = datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert timedelta(days=30) < left < timedelta(days=365)


def test_a_topic_lists_its_articles_and_an_empty_one_is_not_there(client, parse, text_of):
    topic, empty = make_topic(slug="skills", title="Skills"), make_topic(slug="empty")
    make_article(topic=topic, title="Shown")
    make_article(topic=empty, title="Hidden", state="draft")
    document = parse(client.get("/topics/skills/"))
    assert text_of(document.find(".//h1")) == "Skills"
    assert [text_of(h3) for h3 in document.find(".//main").iter("h3")][:1] == ["Shown"]
    assert client.get("/topics/empty/").status_code == 404


def test_the_sitemap_goes_on_in_parts_of_as_many_articles(client, settings, monkeypatch):
    monkeypatch.setattr(sitemaps, "PART", 5)
    made = [make_article(slug=f"a-{number}") for number in range(12)]
    made[3].state, made[3].withdrawn_note = "withdrawn", "It was wrong."
    made[3].save()
    parts = locations(client, "/sitemap.xml")
    paths = [part.removeprefix(settings.SITE_URL) for part in parts]
    assert paths[0] == "/sitemap-pages.xml"
    held = [locations(client, path) for path in paths[1:]]
    assert max(map(len, held)) <= 5
    articles = [place for part in held for place in part]
    shown = [article for article in made if article.state == "published"]
    assert articles == [settings.SITE_URL + article.get_absolute_url() for article in shown]


@pytest.mark.parametrize("part", ["{beyond}", "0{here}", "-1", "9999999999999999", "one"])
def test_there_is_no_part_without_articles_and_no_other_name_for_one(client, part):
    here = make_article().pk // sitemaps.PART
    path = f"/sitemap-articles-{part.format(here=here, beyond=here + 1)}.xml"
    assert client.get(path).status_code == 404
    assert client.get(f"/sitemap-articles-{here}.xml").status_code == 200
