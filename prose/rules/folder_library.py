"""Folder library: what a content folder holds, beside its texts."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prose.rules.library import article_slug, view_at
from prose.rules.source_files import SourceFile


@dataclass(frozen=True)
class FolderLibrary:
    """What one content folder holds."""

    root: Path
    texts: list[SourceFile]

    def _texts_in(self, folder: str) -> dict[str, SourceFile]:
        return {text.slug: text for text in self.texts if text.file.match(f"{folder}/*.md")}

    @cached_property
    def articles(self) -> dict[str, SourceFile]:
        return self._texts_in("articles")

    @cached_property
    def pages(self) -> dict[str, SourceFile]:
        return self._texts_in("pages")

    @cached_property
    def published(self) -> set[str]:
        """The articles readers can open: with a day of publication, and not withdrawn."""
        return {slug for slug, text in self.articles.items() if _is_published(text)}

    def table(self, name: str) -> dict[str, Any]:
        """Return a TOML file of the folder, empty if it isn't there."""
        file = self.root / f"{name}.toml"
        return tomllib.loads(file.read_text()) if file.exists() else {}

    @cached_property
    def sources(self) -> dict[str, Any]:
        return self.table("sources")

    @cached_property
    def offers(self) -> dict[str, Any]:
        return self.table("offers")

    @cached_property
    def topics(self) -> set[str]:
        return set(self.table("topics"))

    def partner_hosts(self) -> list[str]:
        hosts = [offer.get("allowed_host", "") for offer in self.offers.values()]
        return [host for host in hosts if host]

    def unknown_sources(self, keys: Collection[str]) -> set[str]:
        return set(keys) - set(self.sources)

    def unchecked_sources(self, keys: Collection[str]) -> set[str]:
        return {key for key in keys if key in self.sources and not self.sources[key].get("checked")}

    def unknown_offers(self, keys: Collection[str]) -> set[str]:
        return set(keys) - set(self.offers)

    def unknown_snippets(self, keys: Collection[str]) -> set[str]:
        return set(keys) - set(self.table("snippets") if keys else ())

    def unknown_articles(self, slugs: Collection[str]) -> set[str]:
        return set(slugs) - set(self.articles)

    def pictures(self, keys: Collection[str]) -> dict[str, bool]:
        table = self.table("pictures") if keys else {}
        return {key: _has_words(table[key]) for key in keys if key in table}

    def figures(self) -> set[str]:
        return set(self.table("figures"))

    def captions(self, keys: Collection[str]) -> dict[str, str]:
        table = self.table("pictures") if keys else {}
        return {key: table[key].get("caption", "") for key in keys if key in table}

    def is_awaited(self, path: str) -> bool:
        return False

    def moved_to(self, path: str) -> str:
        slug = article_slug(path)
        now = self.table("old_addresses").get(slug, "") if slug else ""
        return f"/articles/{now}/" if now in self.published else ""

    def leads_somewhere(self, address: str) -> bool:
        place = urlsplit(address)
        match = view_at(place.path)
        if match is None:
            return False
        slug = match.kwargs.get("slug", "")
        shelves = {
            "articles:article": self.published,
            "articles:topic": self.topics,
            "articles:page": set(self.pages),
        }
        shelf = shelves.get(match.view_name)
        if shelf is not None and slug not in shelf:
            return False
        return not place.fragment or place.fragment in self._anchors(match.view_name, slug)

    def _anchors(self, view: str, slug: str) -> set[str]:
        """Return the ids that links may name; those of pages not made of a file aren't known."""
        if view == "articles:get_help":
            countries = self.table("helplines").get("countries", {})
            return {"danger", *countries, *_ids(self.pages.get("get-help"))}
        texts = self.articles if view == "articles:article" else self.pages
        return _ids(texts.get(slug))


def uncited(library: FolderLibrary) -> list[str]:
    """Return the sources that neither an article nor the guide names."""
    everything = "".join(text.source for text in library.texts)
    return [key for key in sorted(library.sources) if not _is_named(key, everything)]


def _is_named(key: str, everything: str) -> bool:
    return f"[^{key}]" in everything or f'"{key}"' in everything


def _is_published(text: SourceFile) -> bool:
    state = text.meta.get("state", "published")
    return bool(text.meta.get("published")) and state == "published"


def _has_words(picture: dict[str, Any]) -> bool:
    return bool(picture.get("alt") or picture.get("decorative"))


def _ids(text: SourceFile | None) -> set[str]:
    return {heading.id for heading in text.rendered.contents} if text else set()
