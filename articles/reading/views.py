"""What a reader opens."""

from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.api import ALL, NOTHING, OFFER, REDIRECT, SEARCH
from articles.editing import preview_links
from articles.images import figures
from articles.linking import redirects, site_links
from articles.linking.slug_history import resolve
from articles.models import RESPONSES, Article, Offer, Page, Response, Topic
from articles.models.article import BY_TITLE, READING_ORDER
from articles.models.pages import address_of
from articles.reading import helplines, json_ld, lists
from articles.reading.cards import Card
from articles.reading.related import cards, newest, reading_path, related, where_to_start
from articles.reading.row_lookup import find_row, get_row_or_404
from articles.searching.query import LONGEST
from articles.searching.query import search as find
from articles.searching.vocabulary import VOCABULARY
from prose import affiliate_rules
from trustsite.web.context_processors import site_facts
from trustsite.web.serving.fragments import remembered
from trustsite.web.serving.page_cache import counts_as, depends_on, public

FOUR = [key for key, _ in RESPONSES]


@require_safe
@public(made_of=["lists", "quiz"])
def home(request: HttpRequest) -> HttpResponse:
    """Say what the site is and holds: help for tonight, the quiz, the topics, what to read, the guide."""
    context = {
        "responses": Response.objects.filter(key__in=FOUR),
        "topics": lists.topics_with_numbers(),
        "starts": where_to_start(),
        "newest": newest(),
        "json_ld": json_ld.home(),
    }
    return render(request, "articles/home.html", context)


@require_safe
@public(made_of=["lists"])
def index(request: HttpRequest, after: str = "") -> HttpResponse:
    """List the published articles: by topic while one page holds all of them, else a page of them by title."""
    published = Article.objects.published()
    page = lists.page(published, reverse("articles:index"), after, BY_TITLE)
    if page.is_all:
        shelves = _by_topic(page.articles)
        first = next((one for _, shelf in shelves for one in shelf if one.starts), None)
        # What stands above all shelves stands on none, unless it is all that its shelf holds.
        shelves = [
            (topic, [one for one in shelf if one is not first] or shelf) for topic, shelf in shelves
        ]
        context: dict[str, Any] = {"shelves": shelves}
    else:
        first = None if after else next(iter(where_to_start()), None)
        context = {"page": page, "topics": published.topics()}
    return render(request, "articles/index.html", context | {"first": first})


def _by_topic(articles: list[Card]) -> list[tuple[Topic, list[Card]]]:
    """Return the topics in their order, each with its articles in theirs."""

    def place(card: Card) -> tuple[int, str, int]:
        return card.topic.position, card.topic.title, card.topic.pk

    def order(card: Card) -> tuple[int, str, int, int]:
        return (*place(card), card.position)

    shelves = groupby(sorted(articles, key=order), key=place)
    return [(group[0].topic, group) for group in (list(rows) for _, rows in shelves)]


@require_safe
@public(made_of=["cards", "sources", "offers"])
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published article; say of a withdrawn one that it is gone; lead on from an address
    that has changed.
    """
    found = find_row(Article, "slug", slug)
    if found and found.is_published:
        depends_on(found.cache_tag)
        found.topic = _topic(found.topic_id)
        context = article_context(found)
        for key in context["offers_shown"]:
            counts_as(OFFER, key)
        return render(request, "articles/article.html", context)
    if found and found.was_withdrawn:
        context = {
            "article": found,
            "related": related(found),
            "next": site_links.title_of(found.leads_to),
        }
        return render(request, "410.html", context, status=410)
    if moved := resolve(slug):
        if request.method == "GET":
            counts_as(REDIRECT, request.path)
        return HttpResponsePermanentRedirect(moved.get_absolute_url())
    raise Http404


@remembered
def _topic(number: int) -> Topic:
    return get_row_or_404(Topic, "pk", number)


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
        "figures": figures.among(part.key for part in article.parts if part.kind == "figure"),
        "offers_shown": offers_shown,
        "has_offer": bool(offers_shown),
        "references": list(article.references()),
        "path": reading_path(article),
        "related": related(article),
        "share_mail": f"mailto:?subject={quote(article.title)}&body={quote(address)}",
        "address": address,
        "card": f"{address}card.png",
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
    result = get_row_or_404(Response, "key", key)
    return render(request, "articles/response.html", response_context(result))


def response_context(response: Response) -> dict[str, Any]:
    """Return what response.html shows; the preview in the admin uses the same."""
    others = Response.objects.filter(key__in=FOUR).exclude(key=response.key)
    return {
        "response": response,
        "others": others,
        "related": cards(response.related),
        "card": f"{settings.SITE_URL}{address_of(response)}card.png",  # a new one has no address
        "json_ld": json_ld.response(response),
    }


@require_safe
@public
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a standing page."""
    depends_on(f"page:{slug}")
    return render(request, "articles/page.html", {"page": get_row_or_404(Page, "slug", slug)})


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
def topic(request: HttpRequest, slug: str, after: str = "") -> HttpResponse:
    """List a topic's published articles, a page at a time when there are many; a topic without any isn't there yet."""
    shelf = get_row_or_404(Topic, "slug", slug)
    if after and not shelf.articles.filter(slug=after).exists():
        raise Http404
    articles = Article.objects.published().filter(topic=shelf)
    page = lists.page(articles, shelf.get_absolute_url(), after, READING_ORDER)
    if not page.articles:
        raise Http404
    data = json_ld.topic(shelf, page.articles)
    context = {"topic": shelf, "articles": page.articles, "page": page, "json_ld": data}
    return render(request, "articles/topic.html", context)


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
        results = find(query, memory, may_guess=not kinds)
        context["results"] = results.in_danger() if kinds else results
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
    is_asked = request.method in {"GET", "HEAD"}
    try:
        row = redirects.find(request.path) if is_asked and _may_lead_on()(request.path) else None
    except Error:
        row = None
    if row and row.target and not site_links.leads_on(row.target):
        return render(request, "404.html", status=404)  # to a draft that was brought in, say
    if row and request.method == "GET":
        counts_as(REDIRECT, row.path)
    if row and row.target:
        return HttpResponsePermanentRedirect(row.target)
    return render(request, "410.html", status=410) if row else HttpResponse(_missing(), status=404)


_may_lead_on = remembered(redirects.known)


@remembered
def _missing() -> str:
    return render_to_string("404.html", {"site": site_facts()})
