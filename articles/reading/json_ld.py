"""What a page says about itself to machines (schema.org, as JSON-LD).

It claims nothing that the page doesn't show.
"""

import json
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from articles.models import Article, Topic
from prose.document import trusted
from trustsite.characters import without_control

# Characters that could end the element or start another; JSON reads their escapes as the same
# characters.
ESCAPES = {
    ord("<"): "\\u003C",
    ord(">"): "\\u003E",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def as_json(data: dict[str, Any]) -> SafeString:
    """Return `data` as JSON that is safe inside a script element."""
    return trusted(
        without_control(json.dumps(data, ensure_ascii=False).translate(ESCAPES), is_line=True)
    )


def publisher() -> dict[str, Any]:
    """Return the organisation behind the site."""
    return {"@type": "Organization", "name": settings.SITE_NAME, "url": settings.SITE_URL + "/"}


def article(article: Article) -> SafeString:
    """Describe an article and where it stands."""
    address = settings.SITE_URL + article.get_absolute_url()
    about: dict[str, Any] = {
        "@type": "Article",
        "headline": article.title,
        "description": article.description or article.standfirst,
        "inLanguage": "en-GB",
        "mainEntityOfPage": address,
        "datePublished": article.publish_at.isoformat() if article.publish_at else None,
        "dateModified": article.updated_at.isoformat(),
        "author": publisher(),
        "publisher": publisher(),
        "isAccessibleForFree": True,
    }
    trail = breadcrumbs(article.topic, article.title)
    return as_json({"@context": "https://schema.org", "@graph": [about, trail]})


def breadcrumbs(topic: Topic, title: str) -> dict[str, Any]:
    """Return the way from the list of articles to this page, as the page shows it."""
    steps = [("Articles", "/articles/"), (topic.title, topic.get_absolute_url())]
    items: list[dict[str, Any]] = [
        {"@type": "ListItem", "position": place, "name": name, "item": settings.SITE_URL + path}
        for place, (name, path) in enumerate(steps, start=1)
    ]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            *items,
            {"@type": "ListItem", "position": len(items) + 1, "name": title},
        ],
    }
