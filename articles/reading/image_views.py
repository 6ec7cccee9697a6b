"""What pages fetch: pictures in their sizes, and the cards that shared links show."""

from functools import cache

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles.images.renditions import TYPES
from articles.models import Article, Response
from trustsite.web.drawings import article_card, site_card
from trustsite.web.serving.page_cache import depends_on, public

# A picture's name is made of its content, so what it names never changes.
FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Send a picture that `articles.images.renditions` wrote.

    Its address can name nothing else, and nothing in it can run.
    """
    try:
        with default_storage.open(f"pictures/{name}") as file:
            body = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(body, content_type=TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response


@require_safe
@public(made_of=["site"])
def share_card(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show a published article's card, or the site's own.

    Other sites may show it: that is what it is for.
    """
    if slug:
        article = get_object_or_404(
            Article.objects.published().only("title", "response"), slug=slug
        )
        depends_on(article.cache_tag)
        card = article_card(article.title, article.response)
    else:
        card = site_card()
    return _card(card)


@require_safe
@public(made_of=["responses"])
def response_card(request: HttpRequest, key: str) -> HttpResponse:
    """Show the card of one of the four responses, which is no word of anybody's result."""
    response = get_object_or_404(Response.objects.only("title", "key"), key=key)
    return _card(article_card(response.title, response.key))


@require_safe
@public(made_of=["site"])
def favicon(request: HttpRequest) -> HttpResponse:
    """Send the icon to who asks for it by its oldest name, as feed readers and old browsers do."""
    return HttpResponse(_favicon(), content_type="image/x-icon")


@cache
def _favicon() -> bytes:
    return (settings.BASE_DIR / "static" / "img" / "favicon.ico").read_bytes()


def _card(card: bytes) -> HttpResponse:
    return HttpResponse(
        card, content_type="image/png", headers={"Cross-Origin-Resource-Policy": "cross-origin"}
    )
