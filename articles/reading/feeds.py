"""The feed: whole articles, for feed readers that ask nobody else for anything."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from articles.linking.slug_history import addressable
from articles.models import Article
from trustsite.characters import cleaned

NEWEST = 20


class WholeText(Atom1Feed):
    """Atom with the article in it, and in XML whatever a row holds.

    One character must not take the feed from everybody.
    """

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
    link = "/articles/"
    feed_url = "/feed/"
    author_name = settings.SITE_NAME

    def items(self) -> Any:
        return list(
            addressable(Article.objects.published().order_by("-publish_at", "-pk")[:NEWEST])
        )

    def item_title(self, item: Article) -> str:
        return item.title  # XML escapes it; the base class would do so a second time

    def item_description(self, item: Article) -> str:
        return item.standfirst

    def item_pubdate(self, item: Article) -> datetime | None:
        return item.publish_at

    def item_updateddate(self, item: Article) -> datetime:
        return item.updated_at

    def item_extra_kwargs(self, item: Article) -> dict[str, Any]:
        return {"content": "".join(part.html for part in item.parts)}
