"""What every kind of page says of itself: title, Open Graph, JSON-LD."""

import json

import pytest
from django.conf import settings

from articles.models import Article
from tests.factories import make_article, make_letter
from trustsite.web import page_head

# Kinds of schema.org that we use: what each must say, and what it may say beside.
NEEDED = {
    "Article": {"publisher"},
    "BreadcrumbList": {"itemListElement"},
    "ItemList": {"itemListElement"},
    "ListItem": {"position", "name"},
    "Organization": {"name", "url"},
    "WebSite": {"name", "url"},
    "HowTo": {"name", "step"},
    "HowToStep": {"position", "name", "text"},
    "SearchAction": {"target", "query-input"},
    "EntryPoint": {"urlTemplate"},
}
for _kind in ("WebPage", "AboutPage", "ContactPage", "CollectionPage", "Quiz"):
    NEEDED[_kind] = {"name", "description", "url"}
THING = {"@type", "name", "description", "url", "image", "mainEntityOfPage", "potentialAction"}
WORK = THING | {"inLanguage", "isAccessibleForFree", "isPartOf", "publisher", "dateModified"}
WORK |= {"headline", "datePublished", "author", "mainEntity"}
MAY = {
    "Article": WORK | {"articleSection", "wordCount"},
    "HowTo": WORK | {"step"},
    "HowToStep": THING | {"position", "text"},
    "BreadcrumbList": THING | {"itemListElement"},
    "ItemList": THING | {"itemListElement"},
    "ListItem": THING | {"position", "item"},
    "Organization": THING,
    "SearchAction": THING | {"target", "query-input"},
    "EntryPoint": THING | {"urlTemplate"},
}
PAGES = {
    "/": "WebSite",
    "/articles/": "CollectionPage",
    "/articles/window-of-tolerance/": "Article",
    "/topics/skills/": "CollectionPage",
    "/responses/": "CollectionPage",
    "/responses/fawn/": "WebPage",
    "/tools/": "CollectionPage",
    "/tools/ground/": "HowTo",
    "/tools/breathe/": "WebPage",
    "/get-help/": "WebPage",
    "/search/": "WebPage",
    "/guide/": "WebPage",
    "/about/": "AboutPage",
    "/contact/": "ContactPage",
    "/privacy/": "WebPage",
    "/quiz/": "Quiz",
    "/quiz/longer/": "Quiz",
    "/quiz/method/": "WebPage",
    "/quiz/paper/": "WebPage",
    "/newsletter/issues/": "CollectionPage",
}


def described(document):
    """Return what a page tells machines, and fails when it says it twice."""
    [script] = [e for e in document.iter("script") if e.get("type") == "application/ld+json"]
    data = json.loads(script.text)
    assert data["@context"] == "https://schema.org"
    return data.get("@graph", [data])


def problems(thing):
    """Yield what of a description schema.org doesn't know, or asks for in vain."""
    if isinstance(thing, list):
        for item in thing:
            yield from problems(item)
    if not isinstance(thing, dict):
        return
    kind = thing.get("@type")
    if kind not in NEEDED:
        yield f"{kind} is no kind of ours"
        return
    names = {name for name, value in thing.items() if value not in (None, "", [])} - {"@context"}
    yield from (f"{kind} lacks {name}" for name in NEEDED[kind] - names)
    yield from (f"{kind} has {name}" for name in names - MAY.get(kind, WORK))
    for value in thing.values():
        yield from problems(value)


def tags(document):
    metas = [(meta.get("property"), meta.get("content")) for meta in document.iter("meta")]
    found = [(name, content) for name, content in metas if name]
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.fixture
def site(content):
    make_letter(sent_subject="A letter", state="sent", in_archive=True)


def test_every_kind_of_page_is_complete(site, client, parse):
    for path, kind in PAGES.items():
        document = parse(client.get(path))
        about = described(document)
        assert about[0]["@type"] == kind, path
        assert list(problems(about)) == [], path
        found = tags(document)
        title = document.findtext(".//title")
        assert len(title) <= page_head.LONGEST_TITLE, title
        assert title.startswith(found["og:title"]), path
        assert found["og:url"] == settings.SITE_URL + path
        assert found["og:description"], path
        assert client.get(found["og:image"].removeprefix(settings.SITE_URL)).status_code == 200
        icons = {link.get("rel") for link in document.iter("link")}
        assert {"canonical", "icon", "apple-touch-icon", "alternate"} <= icons


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"description": "For engines.", "standfirst": "A line."}, "For engines."),
        ({"description": "", "standfirst": "A line."}, "A line."),
        ({"description": "", "standfirst": ""}, "Bare"),
    ],
)
def test_an_article_is_described_by_what_there_is(db, client, parse, said, told):
    article = make_article(title="Bare", **said)
    document = parse(client.get(article.get_absolute_url()))
    assert tags(document)["og:description"] == told
    assert document.find(".//meta[@name='description']").get("content") == told
    assert described(document)[0]["description"] == told


def test_no_title_of_an_article_is_too_long(content, client, parse):
    for article in Article.objects.published():
        title = parse(client.get(article.get_absolute_url())).findtext(".//title")
        assert title.startswith(article.title)
        assert len(title) <= page_head.LONGEST_TITLE, title


def test_a_page_for_nobody_to_find_is_described_to_nobody(client, db, parse):
    for path in ("/nowhere/", "/newsletter/subscribe/", "/newsletter/unsubscribe/x/"):
        document = parse(client.get(path))
        assert not tags(document)
        assert not [e for e in document.iter("script") if e.get("type") == "application/ld+json"]


def test_what_schema_org_does_not_know_would_be_seen():
    assert list(problems({"@type": "Artcle"}))
    assert list(problems({"@type": "Article", "publisher": "x", "stars": 5}))
    assert list(problems([{"@type": "HowTo", "name": "x"}])) == ["HowTo lacks step"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Short · Site", "Short · Site"),
        (f"{'a' * 50} · What’s My Trauma Response", "a" * 50),
        (f"{'a' * 40} · {'b' * 20} · Site name", f"{'a' * 40} · {'b' * 20}"),
        (f"{'&amp;' * 60} · S", f"{'&amp;' * 60} · S"),
        ("a" * 90, "a" * 90),
    ],
)
def test_a_long_title_loses_what_stands_behind_it(title, shown):
    assert page_head.shortened(title) == shown


def test_words_of_a_title_can_neither_end_the_element_nor_begin_another(client, db, parse):
    make_article(slug="a", title="</script><b>& “quotes”", standfirst='A "line" & <more>')
    document = parse(client.get("/articles/a/"))
    assert tags(document)["og:title"] == "</script><b>& “quotes”"
    assert described(document)[0]["headline"] == "</script><b>& “quotes”"
