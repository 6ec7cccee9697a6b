"""Documents: what the search knows of each public page.

An article's is written with the article. Every other page is read as a reader gets it, so that
whatever can be read on it can be found; that happens when what it is made of changes, and for all
of them when content is loaded.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve

from articles.models import Article, SearchDocument
from articles.searching import blocks, index
from articles.searching.stems import stems
from prose import placeholders

logger = logging.getLogger(__name__)
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
LABELS = {
    "newsletter": "Letter",
    "quiz": "Quiz",
    "responses": "Responses",
    "topics": "Topic",
    "tools": "Tool",
}
_is_loading: ContextVar[bool] = ContextVar("is_loading", default=False)


def put_article(article: Article) -> None:
    """Write an article's document, or take it out when it isn't released. Part of saving it.

    Its topic has a page while it has an article, so that is read anew as well.
    """
    was_there = SearchDocument.objects.filter(article_id=article.pk).exists()
    if was_there != (article.state == Article.State.PUBLISHED):
        put_soon(article.topic.get_absolute_url())
    if article.state != Article.State.PUBLISHED:
        remove_article(article)
        return
    own = (part.html for part in article.parts if part.kind != "snippet")  # those are everywhere
    text = blocks.read("".join(own))
    head = [
        article.standfirst,
        article.description,
        article.topic.title,
        *article.takeaways,
        *text.headings,
    ]
    _put(
        {
            "title": placeholders.substitute(article.title),
            "summary": placeholders.substitute(article.standfirst),
            "label": article.topic.title,
            "minutes": article.minutes,
            "publish_at": article.publish_at,
        },
        article.get_absolute_url(),
        head,
        text.lines,
        article,
    )


def remove_article(article: Article) -> None:
    """Take an article's document out. Part of deleting it."""
    for document in SearchDocument.objects.filter(article_id=article.pk).only("pk"):
        _remove(document)


def put_page(path: str) -> None:
    """Read the page at `path` as a reader gets it, and write its document; take it out when nobody gets it."""
    html = _html(path)
    _, has_main, main = html.partition("<main")
    if not has_main:
        for document in SearchDocument.objects.filter(path=path, article=None).only("pk"):
            _remove(document)
        return
    text = blocks.read("<main" + main.partition("</main>")[0])
    lines = text.lines[:2] if _is_list(path) else text.lines
    description = DESCRIPTION.search(html)
    summary = blocks.read(description[1]).lines[0] if description and description[1] else ""
    values = {
        "title": text.title[:200] or settings.SITE_NAME,
        "summary": summary[:400],
        "label": LABELS.get(path.split("/")[1], ""),
    }
    head = [summary] if _is_list(path) else [summary, *text.headings]
    _put(values, path, head, lines)


def _is_list(path: str) -> bool:
    """Whether a page is made of what other pages say: it is found by its own words alone."""
    lists = {"/", "/articles/", "/responses/", "/newsletter/issues/"}
    return path in lists or path.startswith("/topics/")


def put_pages(paths: Iterable[str]) -> None:
    """Write the documents of all pages that aren't articles, and take out those of pages gone since."""
    paths = list(paths)
    for path in paths:
        put_page(path)
    for document in SearchDocument.objects.filter(article=None).exclude(path__in=paths).only("pk"):
        _remove(document)


def put_soon(path: str) -> None:
    """Write a page's document once the change that is under way has been committed.

    Not while many rows are loaded: whoever loads them has all pages read at the end.
    """
    if not _is_loading.get():
        transaction.on_commit(lambda: put_page(path), robust=True)


@contextmanager
def loading() -> Iterator[None]:
    """Read no page anew for each row that is saved within."""
    token = _is_loading.set(True)
    try:
        yield
    finally:
        _is_loading.reset(token)


@transaction.atomic
def _put(
    values: dict[str, Any],
    path: str,
    head: Iterable[str],
    lines: list[str],
    article: Article | None = None,
) -> None:
    documents = SearchDocument.objects.filter(path=path)
    if article:  # its address may have been another
        for other in documents.exclude(article=article):
            _remove(other)
        documents = SearchDocument.objects.filter(article=article)
    document = documents.first() or SearchDocument(article=article)
    for name, value in (values | {"path": path, "text": "\n".join(lines)}).items():
        setattr(document, name, value)
    document.save()
    # The address is a title too: /quiz/ is headed by its question.
    title = f"{document.title} {PurePosixPath(path).name}"
    words = index.Words(stems(title), stems("\n".join(head)), stems(document.text))
    index.put(document.pk, words)


@transaction.atomic
def _remove(document: SearchDocument) -> None:
    index.remove(document.pk)
    document.delete()


def _html(path: str) -> str:
    """Return the page at `path`; empty when it isn't there."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    site = urlsplit(settings.SITE_URL)
    request.META = {
        "SERVER_NAME": site.hostname or "localhost",
        "SERVER_PORT": str(site.port or 443),
        "HTTP_HOST": site.netloc,
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
    }
    try:
        response = match.func(request, *match.args, **match.kwargs)
    except Http404:
        return ""
    except Exception as error:  # what can't be read isn't found; it keeps no text from being saved
        logger.warning("The search could not read a page: %s.", type(error).__name__)
        return ""
    return response.content.decode() if response.status_code == 200 else ""
