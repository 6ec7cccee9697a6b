"""Every public page that needs no argument is told to search engines, or stands here with a reason."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, path

from articles.reading import sitemaps
from tests import site_map
from trustsite import urls
from trustsite.web.serving.page_cache import CACHE_CONTROL

pytestmark = pytest.mark.django_db
EXEMPT = {
    "/feed/": "for feed readers; pages name it in their head",
    "/sitemap.xml": "the map itself",
    "/sitemap-pages.xml": "a part of it",
    "/robots.txt": "for robots",
    "/.well-known/security.txt": "for finders of holes",
    "/favicon.ico": "an icon",
    "/card.png": "a picture for shared links",
    "/search/": "holds nothing until somebody asks",
    "/newsletter/issues/feed/": "for feed readers; the page of letters names it",
    "/newsletter/subscribe/": "the form of /guide/ by itself",
    "/newsletter/your-data/": "for who is on the list; the privacy page leads there",
}


def patterns(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    """Yield each address that takes no argument, with its pattern; the admin's are nobody's to find."""
    for entry in resolver.url_patterns:
        if str(entry.pattern) == "admin/":
            continue
        if isinstance(entry, URLResolver):
            yield from ((f"{entry.pattern}{rest}", found) for rest, found in patterns(entry))
        elif not entry.pattern.converters and "(?P" not in str(entry.pattern):
            yield str(entry.pattern), entry


def public_pages(client):
    """Return the addresses without arguments that answer as a public page."""
    pages = set()
    for pattern, _ in patterns(get_resolver()):
        address = f"/{pattern}"
        if client.get(address).headers.get("Cache-Control") == CACHE_CONTROL:
            pages.add(address)
    return pages


def mapped(client, settings):
    return {place.removeprefix(settings.SITE_URL) for place in site_map.mapped(client)}


def unmapped(client, settings):
    return public_pages(client) - mapped(client, settings) - set(EXEMPT)


def test_every_public_page_is_in_the_sitemap_or_exempt(client, content, settings):
    assert unmapped(client, settings) == set()


def test_an_exemption_is_of_a_page_that_is_there_and_not_in_the_sitemap(client, content, settings):
    assert set(EXEMPT) <= public_pages(client)
    assert not set(EXEMPT) & mapped(client, settings)


def test_what_is_in_the_sitemap_opens(client, content, settings):
    places = [place for place in mapped(client, settings) if place.count("/") < 4]
    assert {client.get(place).status_code for place in places} == {200}


def test_a_page_that_is_forgotten_is_seen(client, content, settings, monkeypatch):
    shown = [name for name in sitemaps.HubPages().items() if name != "quiz:method"]
    monkeypatch.setattr(sitemaps.HubPages, "items", lambda self: shown)
    assert unmapped(client, settings) == {"/quiz/method/"}


def test_a_new_page_is_asked_for(client, monkeypatch):
    monkeypatch.setattr(urls, "urlpatterns", [path("new/", lambda request: None, name="new")])
    resolver = URLResolver(get_resolver().pattern, "trustsite.urls")
    assert [address for address, _ in patterns(resolver)] == ["new/"]
