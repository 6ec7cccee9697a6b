"""Whether an address of this site leads somewhere: asked of the address table and the rows, not over the network."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse

from articles.linking.slug_history import leads_to
from articles.models import Article, Page, Response, Topic

# Pages that are always there, by what editors call them.
STANDING = {
    "Take the quiz": "quiz:take",
    "How the quiz works": "quiz:method",
    "The free guide": "newsletter:guide",
    "Get help now": "articles:get_help",
    "The four responses": "articles:responses",
    "All articles": "articles:index",
}


def path_of(href: str) -> str | None:
    """Return the path of a link that stays on this site, or None for one that leaves it or only jumps within its page."""
    parts = urlsplit(href)
    if (
        parts.scheme in {"http", "https"}
        and f"{parts.scheme}://{parts.netloc}" == settings.SITE_URL
    ):
        return parts.path or "/"
    return parts.path if href.startswith("/") and not href.startswith("//") else None


def leads_somewhere(path: str) -> bool:
    """Whether a reader who follows `path` finds a page now."""
    try:
        found = resolve(path)
    except Resolver404:
        return False
    row = {
        "articles:article": lambda slug: Article.objects.published().filter(slug=slug).exists(),
        "articles:topic": lambda slug: (
            Article.objects.published().filter(topic__slug=slug).exists()
        ),
        "articles:page": lambda slug: Page.objects.filter(slug=slug).exists(),
        "articles:response": lambda key: Response.objects.filter(key=key).exists(),
    }.get(found.view_name)
    return row(*found.kwargs.values()) if row else True


def has_moved(path: str) -> Article | None:
    """Return the article that once stood at `path` and stands elsewhere now."""
    prefix = "/articles/"
    article = leads_to(path.removeprefix(prefix).strip("/")) if path.startswith(prefix) else None
    return article if article and article.is_published else None


def targets(words: str, most: int = 8) -> list[tuple[str, str]]:
    """Return address and title of the pages whose title holds `words`, for an editor to choose from."""
    standing = [
        (reverse(view), title)
        for title, view in STANDING.items()
        if words.casefold() in title.casefold()
    ]
    found = standing + [
        (row.get_absolute_url(), row.title)
        for rows in (
            Article.objects.published().filter(title__icontains=words).only("slug", "title"),
            Response.objects.filter(title__icontains=words, position__lt=4).only("key", "title"),
            Page.objects.filter(title__icontains=words).only("slug", "title"),
            Topic.objects.filter(
                title__icontains=words, articles__in=Article.objects.published()
            ).distinct(),
        )
        for row in rows[:most]
    ]
    return found[:most]
