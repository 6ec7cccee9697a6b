"""What a reader opens."""

from itertools import groupby
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from articles.content_files import emergency_numbers
from articles.models import RESPONSES, Article, Helpline, Offer, Page, Response, is_stale
from articles.related import cards, related
from trustsite.pages import public

START_HERE = ["trauma-and-trust-issues", "what-is-a-trauma-response", "grounding-techniques"]
FOUR = [key for key, _ in RESPONSES]


@require_safe
@public
def home(request: HttpRequest) -> HttpResponse:
    """Say what the site is, and lead to the quiz, the articles and the guide."""
    context = {"responses": Response.objects.filter(key__in=FOUR), "start_here": cards(START_HERE)}
    return render(request, "articles/home.html", context)


@require_safe
@public
def index(request: HttpRequest) -> HttpResponse:
    """List every published article by topic."""
    articles = list(Article.objects.published().for_cards())
    first = next((article for article in articles if article.slug == "what-is-a-trauma-response"), None)
    shelves = [(topic, list(group)) for topic, group in groupby(articles, key=lambda article: article.topic)]
    return render(request, "articles/index.html", {"shelves": shelves, "first": first})


@require_safe
@public
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published article."""
    found = get_object_or_404(Article.objects.published().select_related("topic"), slug=slug)
    return render(request, "articles/article.html", article_context(found))


def article_context(article: Article) -> dict[str, object]:
    """Return what article.html shows; the preview in the admin uses the same."""
    address = settings.SITE_URL + article.get_absolute_url()
    offers = {offer.key: offer for offer in Offer.objects.current()} if article.affiliate else {}
    return {
        "article": article,
        "offers": offers,
        "has_offer": any(part.kind == "offer" and part.key in offers for part in article.parts),
        "references": list(article.references()),
        "related": related(article),
        "share_mail": f"mailto:?subject={quote(article.title)}&body={quote(address)}",
        "address": address,
    }


@require_safe
@public
def responses(request: HttpRequest) -> HttpResponse:
    """Set the four responses side by side."""
    return render(request, "articles/responses.html", {"responses": Response.objects.filter(key__in=FOUR)})


@require_safe
@public
def response(request: HttpRequest, key: str) -> HttpResponse:
    """Say what one response protects, costs and gives."""
    found = get_object_or_404(Response, key=key)
    others = Response.objects.filter(key__in=FOUR).exclude(key=key)
    context = {"response": found, "others": others, "related": cards(found.related)}
    return render(request, "articles/response.html", context)


@require_safe
@public
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a standing page."""
    return render(request, "articles/page.html", {"page": get_object_or_404(Page, slug=slug)})


@require_safe
@public
def get_help(request: HttpRequest) -> HttpResponse:
    """Show the helplines, by country, before any other word."""
    helplines = list(Helpline.objects.all())
    countries = [
        {"code": code, "name": name, "helplines": list(group)}
        for (code, name), group in groupby(helplines, key=lambda line: (line.country, line.country_name))
    ]
    context = {
        "page": get_object_or_404(Page, slug="get-help"),
        "emergency": emergency_numbers(),
        "countries": countries,
        "unchecked": any(is_stale(line.checked_on) for line in helplines),
        "oldest_check": min((line.checked_on for line in helplines if line.checked_on), default=None),
    }
    return render(request, "articles/get_help.html", context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say kindly that this page isn't here, and where to go."""
    return render(request, "404.html", status=404)
