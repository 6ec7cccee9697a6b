"""What search engines are told of: published pages, on the site's own address."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from articles.linking.slug_history import addressable
from articles.models import RESPONSES, Article, Page, Response, Topic
from articles.reading.tools import TOOLS, Tool


class OwnAddress(Sitemap):
    """A sitemap on the configured address, whatever host a request named."""

    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class Articles(OwnAddress):
    """Published articles, each with the day of its last change."""

    def items(self) -> list[Article]:
        return list(addressable(Article.objects.published().only("slug", "updated_at")))

    def lastmod(self, item: Article) -> datetime:
        return item.updated_at


class Pages(OwnAddress):
    """Standing pages and the four responses."""

    def items(self) -> list[Page | Response]:
        responses = Response.objects.filter(key__in=[key for key, _ in RESPONSES])
        rows = [*Page.objects.only("slug", "updated_at"), *responses.only("key", "updated_at")]
        return list(addressable(rows))

    def lastmod(self, item: Page | Response) -> datetime:
        return item.updated_at


class HubPages(OwnAddress):
    """The pages that lead to others, and those of the quiz.

    A public page without arguments that isn't listed fails tests/trustsite/test_sitemap.py.
    """

    def items(self) -> Iterable[str]:
        return [
            "articles:home",
            "articles:index",
            "articles:responses",
            "articles:tools",
            "quiz:take",
            "quiz:longer",
            "quiz:method",
            "quiz:paper",
            "newsletter:guide",
            "promises",
            "newsletter:issues",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class ToolPages(OwnAddress):
    """The tools."""

    def items(self) -> list[Tool]:
        return list(TOOLS.values())

    def location(self, item: Tool) -> str:
        return item.path


class Topics(OwnAddress):
    """The topics that have a published article."""

    def items(self) -> Iterable[Topic]:
        return Topic.objects.filter(pk__in=Article.objects.published().values("topic"))


SITEMAPS: dict[str, type[OwnAddress]] = {
    "hubs": HubPages,
    "tools": ToolPages,
    "topics": Topics,
    "articles": Articles,
    "pages": Pages,
}


def paths_besides_articles() -> list[str]:
    """Return the paths of all public pages that aren't articles."""
    paths: list[str] = []
    for name, kind in SITEMAPS.items():
        if name != "articles":
            sitemap = kind()
            paths += [sitemap.location(item) for item in sitemap.items()]
    return paths
