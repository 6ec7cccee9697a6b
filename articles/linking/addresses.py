"""Addresses of rows, kept in memory: made-up ones are told without a thread or a database."""

from collections.abc import Callable

from articles import states
from articles.linking.redirects import MOST_KNOWN
from articles.models import Article, Picture, SlugRedirect, Topic

PICTURES = "/media/pictures/"
CARD = "card.png"
AFTER = "after"  # in the address of a page of a long list


def free() -> Callable[[str], bool]:
    """Return what tells whether a path is one of articles, topics or pictures, and no row has it.

    Of an article that is scheduled, withdrawn or has moved, the address isn't free. With more rows
    than are kept, no address of their kind counts as free.
    """
    articles = {*_articles(), *SlugRedirect.objects.values_list("slug", flat=True)[:MOST_KNOWN]}
    topics = set(Topic.objects.values_list("slug", flat=True)[:MOST_KNOWN])
    pictures = _pictures()

    def is_free(path: str) -> bool:
        if path.startswith(PICTURES):
            return _is_missing(path.removeprefix(PICTURES), pictures)
        _, folder, slug, *rest = (*path.split("/"), "", "", "", "")[:6]
        if folder == "articles" and slug and rest[0] in {"", CARD}:
            return _is_missing(slug, articles)
        if start := _list_start(folder, slug, rest):
            return _is_missing(start, articles)
        return folder == "topics" and bool(slug) and _is_missing(slug, topics)

    return is_free


def _list_start(folder: str, slug: str, rest: list[str]) -> str:
    """Return the slug that a page of a long list begins after; empty for other paths."""
    after, start = {"articles": (slug, rest[0]), "topics": (rest[0], rest[1])}.get(folder, ("", ""))
    return start if after == AFTER else ""


def _is_missing(name: str, known: set[str]) -> bool:
    return len(known) < MOST_KNOWN and name not in known


def _articles() -> list[str]:
    rows = Article.objects.filter(state__in=states.PUBLIC).order_by()
    return list(rows.values_list("slug", flat=True)[:MOST_KNOWN])


def _pictures() -> set[str]:
    names: set[str] = set()
    rows = Picture.objects.order_by().values_list("original", "renditions")
    for original, renditions in rows[:MOST_KNOWN].iterator(chunk_size=500):
        for name in (original, *(item["name"] for item in renditions)):
            names.add(name.rpartition("/")[2])
    return names
