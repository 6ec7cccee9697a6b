"""Site links: whether an address of ours leads somewhere, asked of the URLs and the rows."""

import re
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse

from articles import states
from articles.linking.slug_history import resolve
from articles.models.article import BY_TITLE, Article
from articles.models.helplines import Helpline
from articles.models.pages import Page, Response
from articles.models.topics import Topic
from prose.rules import links
from prose.rules.library import article_slug, view_at
from trustsite.desk.find import holds, matching, words_of

APOSTROPHES = re.compile("['’‘]")
# Pages that are always there, by what editors call them.
STATIC_PAGES = {
    "Take the quiz": "quiz:take",
    "How the quiz works": "quiz:method",
    "The free guide": "newsletter:guide",
    "Get help now": "articles:get_help",
    "The four responses": "articles:responses",
    "All articles": "articles:index",
}


def path_of(href: str) -> str | None:
    """Return the path of a link that stays on this site, without its anchor; else None."""
    address = links.path_of(href)
    return address.partition("#")[0] if address else None


def leads_somewhere(address: str, open_articles: QuerySet[Article] | None = None) -> bool:
    """Whether a reader who follows a path finds a page, and on it the part after the #.

    `open_articles` are those that readers can open then; without them, those open now.
    """
    path, _, anchor = address.partition("#")
    match = view_at(path)
    if match is None:
        return False
    articles = Article.objects.published() if open_articles is None else open_articles
    pages: dict[str, tuple[QuerySet[Any], str]] = {
        "articles:article": (articles, "slug"),
        "articles:topic": (articles, "topic__slug"),
        "articles:page": (Page.objects.all(), "slug"),
        "articles:response": (Response.objects.all(), "key"),
    }
    if match.view_name not in pages:
        return not anchor or anchor in _anchors(match.view_name, None)
    rows, name = pages[match.view_name]
    found = rows.filter(**{name: next(iter(match.kwargs.values()))})
    if not anchor:
        return found.exists()
    row = found.first()
    return row is not None and anchor in _anchors(match.view_name, row)


def leads_on(path: str) -> bool:
    """Whether a redirect to `path` helps a reader: it isn't an article that nobody may read yet."""
    slug = article_slug(path)
    is_hidden = (
        bool(slug)
        and Article.objects.filter(slug=slug, first_published_at=None)
        .exclude(states.published())
        .exists()
    )
    return not is_hidden


def title_of(path: str) -> str:
    """Return what the page at `path` is called; empty when readers find none there."""
    match = view_at(path) if path else None
    if match is None or not leads_somewhere(path):
        return ""
    for title, view in STATIC_PAGES.items():
        if match.view_name == view:
            return title
    models: dict[str, tuple[type[Model], str]] = {
        "articles:article": (Article, "slug"),
        "articles:topic": (Topic, "slug"),
        "articles:page": (Page, "slug"),
        "articles:response": (Response, "key"),
    }
    if match.view_name not in models:
        return path
    model, name = models[match.view_name]
    return str(model._default_manager.get(**{name: next(iter(match.kwargs.values()))}))


def _anchors(view: str, row: Any) -> set[str]:
    """Return the ids that links may name on a page; those of other pages aren't known."""
    if view == "articles:get_help":
        page = Page.objects.filter(slug="get-help").first()
        countries = Helpline.objects.values_list("country", flat=True)
        return {"danger", *countries, *(_headings(page) if page else ())}
    return set(_headings(row)) if view in {"articles:article", "articles:page"} else set()


def _headings(text: Article | Page) -> list[str]:
    return [anchor for _, anchor, _ in text.contents]


def has_moved(path: str) -> Article | None:
    """Return the article that once stood at `path` and stands elsewhere now."""
    slug = article_slug(path)
    article = resolve(slug) if slug else None
    return article if article and article.is_published else None


def targets(typed: str, most: int = 8) -> list[tuple[str, str]]:
    """Return address and title of pages whose title holds the words typed, in any order and with
    any apostrophe, for an editor to choose from.
    """
    words, targets = words_of(typed), []
    for title, view in STATIC_PAGES.items():
        if holds(title, words):
            targets.append((reverse(view), title))
    published = Article.objects.published()
    responses = Response.objects.filter(position__lt=4)
    searched: list[QuerySet[Any]] = [
        published.order_by(*BY_TITLE).only("slug", "title"),
        responses.only("key", "title"),
        Page.objects.only("slug", "title"),
        published.topics(),
    ]
    for rows in searched:
        for row in rows.filter(matching(words, "title"))[:most]:
            targets.append((row.get_absolute_url(), row.title))
    return targets[:most]


def page_titles() -> dict[str, str]:
    """Return the titles of all pages by their paths, for a list that names them."""
    views = {**STATIC_PAGES, "First page": "articles:home", "The longer quiz": "quiz:longer"}
    titles = {reverse(view): title for title, view in views.items()}
    named: list[QuerySet[Any]] = [
        Article.objects.published().only("slug", "title"),
        Response.objects.filter(position__lt=4).only("key", "title"),
        Page.objects.only("slug", "title"),
        Topic.objects.all(),
    ]
    for rows in named:
        titles |= {row.get_absolute_url(): str(row.title) for row in rows}
    return titles
