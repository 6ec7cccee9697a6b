"""What search engines are told of: published pages, on the site's own address.

The sitemap is an index of parts: one of all pages besides articles, and one for each `PART` numbers of articles, so
that none costs more however many there are.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles.linking.slug_history import addressable
from articles.models import RESPONSES, Article, Page, Response, Topic
from articles.reading.tools import TOOLS, Tool
from trustsite.web.serving.page_cache import public

PART = 200  # numbers of articles in a part
MOST = 10_000  # rows of a kind; a part may hold 50,000
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
Place = tuple[str, datetime | None]  # a path, and when what is there changed


class Places:
    """A kind of pages besides articles."""

    def items(self) -> Iterable[Any]:
        """Return what has a page, `MOST` at the most."""
        raise NotImplementedError

    def location(self, item: Any) -> str:
        """Return the path of its page."""
        return str(item.get_absolute_url())

    def lastmod(self, item: Any) -> datetime | None:
        """Return when it changed; None where nobody knows."""
        return None


class Pages(Places):
    """Standing pages and the four responses."""

    def items(self) -> list[Page | Response]:
        responses = Response.objects.filter(key__in=[key for key, _ in RESPONSES])
        rows = [*Page.objects.only("slug", "updated_at"), *responses.only("key", "updated_at")]
        return list(addressable(rows))

    def lastmod(self, item: Page | Response) -> datetime:
        return item.updated_at


class HubPages(Places):
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


class ToolPages(Places):
    """The tools."""

    def items(self) -> list[Tool]:
        return list(TOOLS.values())

    def location(self, item: Tool) -> str:
        return item.path


class Topics(Places):
    """The topics that have a published article."""

    def items(self) -> Iterable[Topic]:
        return Article.objects.published().topics()[:MOST]


KINDS: dict[str, type[Places]] = {
    "hubs": HubPages,
    "tools": ToolPages,
    "topics": Topics,
    "pages": Pages,
}


@require_safe
@public(made_of=["lists"])
def index(request: HttpRequest) -> HttpResponse:
    """List the parts."""
    addresses = [reverse("articles:sitemap_pages")]
    numbers = Article.objects.values_list("pk", flat=True)
    if (first := numbers.order_by("pk").first()) is not None:
        last = numbers.order_by("-pk").first() or first
        before, _, after = reverse("articles:sitemap_articles", args=[0]).partition("0")
        addresses += [f"{before}{part}{after}" for part in range(first // PART, last // PART + 1)]
    return _xml("sitemapindex", "sitemap", ((address, None) for address in addresses))


@require_safe
@public(made_of=["lists", "texts"])
def pages(request: HttpRequest) -> HttpResponse:
    """List all pages besides articles."""
    return _xml("urlset", "url", _besides_articles())


@require_safe
@public(made_of=["lists", "texts"])
def articles(request: HttpRequest, part: str) -> HttpResponse:
    """List the published ones among `PART` articles, each with the day of its last change."""
    begin = int(part) * PART
    names = ("slug", "updated_at", "state", "publish_at")
    rows = Article.objects.filter(pk__gte=begin, pk__lt=begin + PART).only(*names).order_by("pk")
    if not rows:
        raise Http404
    published = (row for row in addressable(rows) if row.is_published)
    return _xml("urlset", "url", ((row.get_absolute_url(), row.updated_at) for row in published))


def paths_besides_articles() -> list[str]:
    """Return the paths of all public pages that aren't articles."""
    return [path for path, _ in _besides_articles()]


def _besides_articles() -> Iterator[Place]:
    for kind in KINDS.values():
        places = kind()
        for item in places.items():
            yield places.location(item), places.lastmod(item)


def _xml(root: str, name: str, places: Iterable[Place]) -> HttpResponse:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root} {NAMESPACE}>"]
    for path, changed in places:
        day = f"<lastmod>{changed:%Y-%m-%d}</lastmod>" if changed else ""
        lines.append(f"<{name}><loc>{escape(settings.SITE_URL + path)}</loc>{day}</{name}>")
    body = "\n".join([*lines, f"</{root}>\n"])
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
