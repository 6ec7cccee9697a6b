"""What a reader opens."""

from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.api import ALL, NOTHING, OFFER, SEARCH
from articles.editing import preview_links
from articles.linking import redirects, site_links
from articles.linking.slug_history import resolve
from articles.models import RESPONSES, Article, Offer, Page, Response
from articles.models.article import START_HERE
from articles.reading import helplines, json_ld
from articles.reading.related import cards, previous_and_next, related
from articles.searching.query import LONGEST
from articles.searching.query import search as find
from articles.searching.vocabulary import VOCABULARY
from prose import affiliate_rules
from trustsite.web.serving.page_cache import counts_as, depends_on, public

FOUR = [key for key, _ in RESPONSES]


@require_safe
@public(made_of=["lists"])
def home(request: HttpRequest) -> HttpResponse:
    """Say what the site is, and lead to the quiz, the articles and the guide."""
    context = {"responses": Response.objects.filter(key__in=FOUR), "start_here": cards(START_HERE)}
    return render(request, "articles/home.html", context)


@require_safe
@public(made_of=["lists"])
def index(request: HttpRequest) -> HttpResponse:
    """List every published article by topic."""
    articles = list(Article.objects.published().for_cards())
    first = next(
        (article for article in articles if article.slug == "what-is-a-trauma-response"), None
    )
    shelves = [
        (topic, list(group))
        for topic, group in groupby(articles, key=lambda article: article.topic)
    ]
    return render(request, "articles/index.html", {"shelves": shelves, "first": first})


@require_safe
@public(made_of=["cards", "sources", "offers"])
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published article; say of a withdrawn one that it is gone; lead on from an address
    that has changed.
    """
    if result := Article.objects.published().select_related("topic").filter(slug=slug).first():
        depends_on(result.cache_tag)
        context = article_context(result)
        for key in context["offers_shown"]:
            counts_as(OFFER, key)
        return render(request, "articles/article.html", context)
    if gone := Article.objects.withdrawn().filter(slug=slug).first():
        context = {
            "article": gone,
            "related": related(gone),
            "next": site_links.title_of(gone.leads_to),
        }
        return render(request, "410.html", context, status=410)
    if moved := resolve(slug):
        return HttpResponsePermanentRedirect(moved.get_absolute_url())
    raise Http404


def article_context(article: Article) -> dict[str, Any]:
    """Return what article.html shows; the preview in the admin uses the same."""
    address = settings.SITE_URL + article.get_absolute_url()
    may_hold_offers = article.affiliate and not affiliate_rules.danger_among(
        text for _, _, text in article.contents
    )
    offers = {offer.key: offer for offer in Offer.objects.current()} if may_hold_offers else {}
    named = {part.key for part in article.parts if part.kind == "offer"}
    offers_shown = sorted(named & offers.keys())
    return {
        "article": article,
        "offers": offers,
        "offers_shown": offers_shown,
        "has_offer": bool(offers_shown),
        "references": list(article.references()),
        "related": related(article),
        "neighbours": previous_and_next(article),
        "share_mail": f"mailto:?subject={quote(article.title)}&body={quote(address)}",
        "address": address,
        "json_ld": json_ld.article(article),
    }


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show the newest text of the article a link is for. Nobody keeps or finds this page."""
    shared = preview_links.read(token)
    if shared is None:
        raise Http404
    context = article_context(preview_links.latest_draft(shared)) | {"is_shared": True}
    response = render(request, "articles/article.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@public(made_of=["responses"])
def responses(request: HttpRequest) -> HttpResponse:
    """Set the four responses side by side."""
    return render(
        request, "articles/responses.html", {"responses": Response.objects.filter(key__in=FOUR)}
    )


@require_safe
@public(made_of=["lists"])
def response(request: HttpRequest, key: str) -> HttpResponse:
    """Say what one response protects, costs and gives."""
    result = get_object_or_404(Response, key=key)
    others = Response.objects.filter(key__in=FOUR).exclude(key=key)
    context = {"response": result, "others": others, "related": cards(result.related)}
    return render(request, "articles/response.html", context)


@require_safe
@public
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a standing page."""
    depends_on(f"page:{slug}")
    return render(request, "articles/page.html", {"page": get_object_or_404(Page, slug=slug)})


@require_safe
@public(made_of=["helplines", "page:get-help"])
def get_help(request: HttpRequest) -> HttpResponse:
    """Show the helplines, by country, before any other word; from a copy when the database doesn't
    answer.
    """
    context = helplines.page_context()
    response = render(request, "articles/get_help.html", context)
    if context["is_copy"]:
        response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@public(made_of=["lists"])
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """List a topic's published articles; a topic without any isn't there yet."""
    articles = list(Article.objects.published().for_cards().filter(topic__slug=slug))
    if not articles:
        raise Http404
    return render(
        request, "articles/topic.html", {"topic": articles[0].topic, "articles": articles}
    )


@require_safe
@public(made_of=["search"], reads=["q"])
def search(request: HttpRequest) -> HttpResponse:
    """Look for pages by their words; people to talk to first.

    Not kept anywhere, and out of search engines.
    """
    query = " ".join(request.GET.get("q", "").split())[:LONGEST]
    memory = VOCABULARY.get()
    kinds = memory.crisis.kinds(query, memory.known)
    context: dict[str, object] = {"query": query, "panels": helplines.panels(kinds)}
    try:
        results = context["results"] = find(query, memory, may_guess=not kinds)
        if query:
            counts_as(SEARCH, ALL)
        if query and (results.instead or not results.hits):
            counts_as(SEARCH, NOTHING)
    except Error:
        context["is_down"] = True
    # Whoever may be in danger gets the numbers as an ordinary page: a proxy may put its own in the
    # place of an error.
    response = render(
        request,
        "articles/search.html",
        context,
        status=503 if "is_down" in context and not kinds else 200,
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@public(made_of=["site"])
def robots(request: HttpRequest) -> HttpResponse:
    """Let search engines in everywhere but where they would only lose their way."""
    closed = [reverse("admin:index"), "/newsletter/"]
    lines = [
        "User-agent: *",
        "Allow: /newsletter/issues/",
        *(f"Disallow: {path}" for path in closed),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@public(made_of=["site"])
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say whom to tell of a hole (RFC 9116)."""
    expires = (timezone.now() + timedelta(days=180)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    lines = [
        f"Contact: mailto:{settings.CONTACT_EMAIL}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Lead on from an address that an editor has set; else say kindly that this page isn't here,
    and where to go.
    """
    try:
        row = redirects.find(request.path) if request.method in {"GET", "HEAD"} else None
    except Error:
        row = None
    if row and row.target:
        if not site_links.leads_on(row.target):  # to a draft that was brought in, say
            return render(request, "404.html", status=404)
        return HttpResponsePermanentRedirect(row.target)
    return (
        render(request, "410.html", status=410) if row else render(request, "404.html", status=404)
    )
