"""What can be put into a text at the writing page.

Offers, sources, pictures, figures and pages, found by a few letters.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from articles.images import figures
from articles.linking import site_links
from articles.models import Offer, Picture, Source
from trustsite.desk.find import holds, matching, words_of

MOST = 8  # choices shown
OF_EACH = 3  # kind, where all are looked for at once
LONGEST = 100  # characters looked for
Choice = dict[str, str]


class AutocompleteMixin(admin.ModelAdmin):
    """An admin whose writing page finds what can be put into a text (static/admin/insert.js)."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.lookup))
        return [path("lookup/", view, name="articles_article_lookup"), *super().get_urls()]

    def lookup(self, request: HttpRequest) -> JsonResponse:
        """Answer with at most eight choices of a kind whose words hold `q`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        find = KINDS.get(request.GET.get("kind", ""))
        if find is None:
            return JsonResponse(
                {"error": f"There is nothing of this kind. There are: {', '.join(KINDS)}."},
                status=400,
            )
        words = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:LONGEST]
        return JsonResponse({"choices": find(words)})


def offers(words: str) -> list[Choice]:
    """Offers that readers would see now."""
    named = matching(words_of(words), "key", "partner", "heading")
    return [
        _choice(offer.key, offer.heading, offer.partner)
        for offer in Offer.objects.current().filter(named)[:MOST]
    ]


def sources(words: str) -> list[Choice]:
    """Sources by key, author or title; every word must stand somewhere."""
    results = Source.objects.all()
    for word in words.split():
        year = Q(year=int(word)) if word.isascii() and word.isdecimal() and len(word) == 4 else Q()
        results = results.filter(matching([word], "key", "authors", "title") | year)
    return [_source(source) for source in results[:MOST]]


def _source(source: Source) -> Choice:
    by = f"{source.authors} ({source.year})" if source.year else source.authors
    return _choice(
        source.key, source.title or by, by if source.checked else f"{by}. Nobody has opened it yet."
    )


def pictures(words: str) -> list[Choice]:
    """Pictures by key or by what they show, each with a small copy to see."""
    named = matching(words_of(words), "key", "alt", "caption")
    return [_picture(picture) for picture in Picture.objects.filter(named)[:MOST]]


def _picture(picture: Picture) -> Choice:
    small = next((item["srcset"] for item in picture.sources if item["type"] == "image/webp"), "")
    description = picture.alt or (
        "It adds nothing that needs words." if picture.decorative else "It has no words yet."
    )
    return _choice(picture.key, picture.key, description) | {"image": small.partition(" ")[0]}


def drawn(words: str) -> list[Choice]:
    """Figures by key or by what they say."""
    return [
        _choice(figure.key, figure.key.replace("-", " "), figure.alt) | {"image": figure.url}
        for figure in figures.figures().values()
        if holds(f"{figure.key} {figure.alt} {figure.caption}", words_of(words))
    ]


def pages(words: str) -> list[Choice]:
    """Pages that readers can open, by title."""
    return [_choice(address, title, address) for address, title in site_links.targets(words, MOST)]


def everything(words: str) -> list[Choice]:
    """Pages, sources, pictures and offers, some of each, for the list that opens at “@”."""
    found = []
    for kind in ("page", "source", "picture", "offer"):
        found += [choice | {"kind": kind} for choice in KINDS[kind](words)[:OF_EACH]]
    return found


def _choice(value: str, title: str, detail: str) -> Choice:
    return {"value": value, "title": title, "detail": detail}


KINDS: dict[str, Any] = {
    "offer": offers,
    "source": sources,
    "picture": pictures,
    "figure": drawn,
    "page": pages,
    "all": everything,
}
