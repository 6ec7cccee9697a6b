"""The feed: whole articles, for feed readers that ask nobody else for anything.

Atom by RFC 4287. What a reader of the page has is in it (content note, points to take away, sources,
where help is); every link is whole; an entry's id stays, whatever its address and its site's become.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed

from articles.images import figures
from articles.linking.slug_history import addressable
from articles.models import Article, Source
from trustsite.characters import cleaned

NEWEST = 20
IDS: UUID = uuid5(NAMESPACE_URL, f"{settings.SITE_NAME}: articles")
# What a page needs of its HTML and a feed has no use for: places to jump to, and sizes by window.
ON_PAGES_ALONE = re.compile(r' (?:id|class|tabindex|loading|decoding|sizes)="[^"]*"')
RELATIVE = re.compile(r'\b(href|src)="(?=/(?!/))')
RELATIVE_SET = re.compile(r'(?<=[ "])/(?=(?:media|static)/[^" ]+ \d+w)')
IN_PAGE = re.compile(r'\bhref="#')


class WholeText(Atom1Feed):
    """Atom with the article in it, and in XML whatever a row holds.

    One character must not take the feed from everybody.
    """

    def latest_post_date(self) -> datetime:
        # Without articles it is the same at every moment.
        return super().latest_post_date() if self.items else datetime(2026, 1, 1, tzinfo=UTC)

    def add_item(self, *args: Any, **kwargs: Any) -> None:
        super().add_item(
            *map(cleaned, args), **{name: cleaned(value) for name, value in kwargs.items()}
        )

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class ArticlesFeed(Feed):
    """The newest articles, whole; without offers and without the invitations of the page."""

    feed_type = WholeText
    title = settings.SITE_NAME
    subtitle = "Plain-English articles on how people react under stress and threat."
    author_name = settings.SITE_NAME
    feed_guid = IDS.urn
    language = "en-gb"

    def link(self) -> str:
        return f"{settings.SITE_URL}/articles/"

    def feed_url(self) -> str:
        return f"{settings.SITE_URL}/feed/"

    def items(self) -> Any:
        newest = Article.objects.published().select_related("topic")
        articles = list(addressable(newest.order_by("-publish_at", "-pk")[:NEWEST]))
        keys = {key for article in articles for key in article.citations}
        sources = Source.objects.in_bulk(list(keys), field_name="key")
        for article in articles:
            article.known_sources = sources
        return articles

    def item_title(self, item: Article) -> str:
        return item.title  # XML escapes it; the base class would do so a second time

    def item_link(self, item: Article) -> str:
        return settings.SITE_URL + item.get_absolute_url()

    def item_guid(self, item: Article) -> str:
        return uuid5(IDS, str(item.pk)).urn

    def item_description(self, item: Article) -> str:
        return item.standfirst

    def item_categories(self, item: Article) -> list[str]:
        return [item.topic.title]

    def item_pubdate(self, item: Article) -> datetime | None:
        return item.publish_at

    def item_updateddate(self, item: Article) -> datetime:
        return item.updated_at

    def item_extra_kwargs(self, item: Article) -> dict[str, Any]:
        return {"content": content(item)}


def content(article: Article) -> str:
    """Return an article's HTML as it stands by itself, far from its page."""
    context = {
        "article": article,
        "figures": figures.among(part.key for part in article.parts if part.kind == "figure"),
        "references": list(article.references()),
    }
    html = render_to_string("articles/feed_entry.html", context).strip()
    html = ON_PAGES_ALONE.sub("", html)
    html = RELATIVE.sub(rf'\1="{settings.SITE_URL}', html)
    html = RELATIVE_SET.sub(f"{settings.SITE_URL}/", html)
    return IN_PAGE.sub(f'href="{settings.SITE_URL}{article.get_absolute_url()}#', html)
