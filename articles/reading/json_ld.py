"""What articles, topics and responses say of themselves to machines (schema.org, as JSON-LD).

They claim nothing that the page doesn't show. All other pages are described by trustsite/web/page_head.py.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from articles.models import Article, Response, Topic
from articles.models.pages import address_of
from articles.reading.cards import Card
from trustsite.web.page_head import JsonLd, as_json, page_data, publisher

LISTED = 20  # articles of a topic that are named


def article(article: Article) -> JsonLd:
    """Describe an article and where it stands."""
    address = settings.SITE_URL + article.get_absolute_url()
    about: dict[str, Any] = {
        "@type": "Article",
        "headline": article.title,
        "description": article.meta_description,
        "image": f"{address}card.png",
        "inLanguage": "en-GB",
        "mainEntityOfPage": address,
        "datePublished": article.publish_at.isoformat() if article.publish_at else None,
        "dateModified": article.updated_at.isoformat(),
        "author": publisher(),
        "publisher": publisher(),
        "isAccessibleForFree": True,
    }
    trail = trail_of(
        ("Articles", "/articles/"), (article.topic.title, article.topic.get_absolute_url())
    )
    return graph(about, breadcrumbs(trail, article.title))


def topic(topic: Topic, articles: Iterable[Card]) -> JsonLd:
    """Describe a topic: the articles on it, in the order to read them."""
    address = settings.SITE_URL + topic.get_absolute_url()
    named: list[dict[str, Any]] = []
    for position, item in enumerate(list(articles)[:LISTED], start=1):
        url = settings.SITE_URL + item.get_absolute_url()
        named.append({"@type": "ListItem", "position": position, "name": item.title, "url": url})
    about = page_data("CollectionPage", topic.title, topic.intro, address)
    listed = {"@type": "ItemList", "itemListElement": named}
    trail = trail_of(("Articles", "/articles/"))
    return graph(about | {"mainEntity": listed}, breadcrumbs(trail, topic.title))


def response(response: Response) -> JsonLd:
    """Describe the page of one of the four responses."""
    address = settings.SITE_URL + address_of(response)
    about = page_data("WebPage", response.title, response.at_a_glance, address)
    about["dateModified"] = response.updated_at.isoformat()
    trail = trail_of(("The four responses", "/responses/"))
    return graph(about, breadcrumbs(trail, response.title))


def home() -> JsonLd:
    """Describe the site: what it is called, and how it is searched."""
    address = settings.SITE_URL + "/"
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": f"{address}search/?q={{search_term}}"},
        "query-input": "required name=search_term",
    }
    site = {
        "@type": "WebSite",
        "name": settings.SITE_NAME,
        "url": address,
        "inLanguage": "en-GB",
        "publisher": publisher(),
        "potentialAction": search,
    }
    return graph(site)


def graph(*things: dict[str, Any]) -> JsonLd:
    """Return several things as one description."""
    return as_json({"@context": "https://schema.org", "@graph": list(things)})


def trail_of(*steps: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the pages that lead to one, each with its address."""
    return [(name, settings.SITE_URL + path) for name, path in steps]


def breadcrumbs(trail: list[tuple[str, str]], title: str) -> dict[str, Any]:
    """Return the way from the list to this page, as the page shows it."""
    items: list[dict[str, Any]] = []
    for position, (name, address) in enumerate(trail, start=1):
        items.append({"@type": "ListItem", "position": position, "name": name, "item": address})
    items.append({"@type": "ListItem", "position": len(items) + 1, "name": title})
    return {"@type": "BreadcrumbList", "itemListElement": items}
