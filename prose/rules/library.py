"""Library: what rules ask of a site, for the links and keys of a text to be looked up in."""

from collections.abc import Collection
from typing import Protocol

from django.urls import Resolver404, ResolverMatch, resolve


class Library(Protocol):
    """What rules ask of the site: a content folder's (folder_library) or the database's (articles)."""

    def partner_hosts(self) -> list[str]: ...
    def unknown_sources(self, keys: Collection[str]) -> set[str]: ...
    def unchecked_sources(self, keys: Collection[str]) -> set[str]: ...
    def unknown_offers(self, keys: Collection[str]) -> set[str]: ...
    def unknown_snippets(self, keys: Collection[str]) -> set[str]: ...
    def unknown_articles(self, slugs: Collection[str]) -> set[str]: ...

    def pictures(self, keys: Collection[str]) -> dict[str, bool]:
        """Return of each picture that there is whether it has its words."""

    def figures(self) -> set[str]:
        """Return the keys of the figures that there are."""

    def captions(self, keys: Collection[str]) -> dict[str, str]:
        """Return what stands under each picture that there is."""

    def leads_somewhere(self, address: str) -> bool:
        """Whether a reader who follows a path finds a page, and on it the part after the #."""

    def is_awaited(self, path: str) -> bool:
        """Whether an article is to stand at `path` that isn't public yet and waits for this one."""

    def moved_to(self, path: str) -> str:
        """Return where the article stands now that once stood at `path`; empty if nowhere."""


def view_at(path: str) -> ResolverMatch | None:
    """Return the view that answers at `path`; None if there is none."""
    try:
        return resolve(path)
    except Resolver404:
        return None


def article_slug(path: str) -> str:
    """Return the slug in an article's path; empty for any other path."""
    prefix = "/articles/"
    return path.removeprefix(prefix).strip("/") if path.startswith(prefix) else ""
