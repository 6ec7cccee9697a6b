"""What feed readers, search engines and finders of holes ask for."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles.models import Article
from articles.reading import sitemaps
from tests.factories import make_article, make_response, make_source, make_topic
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


RFC4287_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What RFC 4287 asks of a feed and of an entry, and how often: (at least, at most).
OF_FEED = {
    "id": (1, 1),
    "title": (1, 1),
    "updated": (1, 1),
    "subtitle": (0, 1),
    "author": (1, 9),
    "link": (1, 9),
    "entry": (0, 99),
}
OF_ENTRY = {
    "id": (1, 1),
    "title": (1, 1),
    "updated": (1, 1),
    "published": (0, 1),
    "summary": (0, 1),
    "content": (0, 1),
    "link": (1, 9),
    "author": (0, 9),
    "category": (0, 9),
    "rights": (0, 1),
}


def atom_problems(source):
    """Return what is wrong with a feed by RFC 4287 (4.1.1, 4.1.2 and what they refer to)."""
    feed = ElementTree.fromstring(source)
    problems = [] if feed.tag == f"{ATOM}feed" else [feed.tag]
    for element, shape in [(feed, OF_FEED), *((e, OF_ENTRY) for e in feed.iter(f"{ATOM}entry"))]:
        names = [child.tag.removeprefix(ATOM) for child in element]
        problems += [f"{name} is unknown" for name in names if name not in shape]
        for name, (least, most) in shape.items():
            if not least <= names.count(name) <= most:
                problems.append(f"{name}: {names.count(name)}")
        links = [
            (link.get("rel", "alternate"), link.get("href"))
            for link in element.findall(f"{ATOM}link")
        ]
        problems += [f"{href} isn’t whole" for _, href in links if not href.startswith("http")]
        if [rel for rel, _ in links].count("alternate") != 1:
            problems.append("alternate")
        dates = [element.findtext(f"{ATOM}{name}") for name in ("updated", "published")]
        problems += [date for date in dates if date and not RFC4287_DATE.fullmatch(date)]
        if not urlsplit(element.findtext(f"{ATOM}id")).scheme:
            problems.append("an id is no IRI")
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    return problems if len(set(ids)) == len(ids) else [*problems, "an id stands twice"]


def test_the_feed_is_valid_with_articles_and_without(client, content):
    assert atom_problems(client.get("/feed/").content) == []
    Article.objects.all().update(state="draft")
    assert atom_problems(client.get("/feed/").content) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<id>urn:uuid:", "<id>"),
        ("updated>", "changed>"),
        ("<author>", "<author/><writer>"),
        ('href="http', 'href="/'),
        ('rel="alternate"', 'rel="self"'),
        ("+00:00<", "<"),
    ],
)
def test_a_feed_that_breaks_the_rules_would_be_seen(client, right, wrong):
    make_article()
    source = client.get("/feed/").content.decode()
    broken = source.replace(right, wrong).replace(
        "</author>", "</author>" if right != "<author>" else "</writer>"
    )
    assert broken != source
    assert atom_problems(broken)


def entry_of(client, **headers):
    [entry] = ElementTree.fromstring(client.get("/feed/", **headers).content).findall(
        f"{ATOM}entry"
    )
    return entry


def test_an_entry_says_all_that_the_page_says(client, settings, parse, text_of):
    make_source(key="author-2001", url="https://example.org/work")
    make_article(
        slug="whole",
        title="Whole",
        body="So.[^author-2001] [Quiz](/quiz/)\n\n:::figure a-night\n\n:::quiz",
        content_note="Mentions loss.",
        takeaways=["One thing."],
        evidence_note="Nobody knows more.",
    )
    html = entry_of(client).findtext(f"{ATOM}content")
    for words in (
        "Mentions loss.",
        "One thing.",
        "https://example.org/work",
        "Nobody knows more.",
        "Get help now",
    ):
        assert words in html
    document = parse(f"<!doctype html><title>x</title><body>{html}</body>")
    addresses = [a.get("href") for a in document.iter("a")] + [
        i.get("src") for i in document.iter("img")
    ]
    assert all(urlsplit(address).scheme for address in addresses), addresses
    assert f"{settings.SITE_URL}/articles/whole/#source-1" in addresses
    assert "data-block" not in html


def test_a_page_about_danger_begins_with_help_in_the_feed_too(client):
    make_article(slug="danger", safety=True, body="Lead words.")
    html = entry_of(client).findtext(f"{ATOM}content")
    assert html.index("Get help now") < html.index("Lead words.")
    assert html.count("Get help now") == 1


def test_an_id_stays_whatever_host_is_asked_and_address_it_gets(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    article = make_article(slug="one", title="One")
    entry = entry_of(client, headers={"host": "elsewhere.example"})
    assert "elsewhere" not in ElementTree.tostring(entry).decode()
    first = entry.findtext(f"{ATOM}id")
    article.slug, article.title = "two", "Two"
    article.publish_at -= timedelta(days=400)
    article.save()
    assert entry_of(client).findtext(f"{ATOM}id") == first


def test_the_feed_asks_as_little_for_twenty_articles_as_for_one(
    client, django_assert_max_num_queries
):
    for number in range(20):
        make_source(key=f"s-{number}")
        make_article(body=f"So.[^s-{number}]")
    with django_assert_max_num_queries(3):
        client.get("/feed/")


def test_the_icon_is_found_by_its_oldest_name(client):
    response = client.get("/favicon.ico")
    assert response.headers["Content-Type"] == "image/x-icon"
    assert response.content[:4] == b"\x00\x00\x01\x00"


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
