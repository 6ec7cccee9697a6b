"""MarkdownModel checks.

The rules of prose.rules on a row's text, as far as they need no other page.
"""

from collections.abc import Collection, Iterator

from django.apps import apps

from articles.images import figures
from articles.models.images import Picture
from articles.models.offers import Offer
from articles.models.sources import Source
from prose import rules
from prose.finding import Finding
from prose.rules import keys
from prose.rules.source_files import StoredText


class StoredLibrary:
    """What the database holds of offers, pictures and sources, and the site of figures (prose.rules.library.Library).

    Of other pages it knows nothing and doubts nothing: articles.editing.checks asks after those.
    """

    def partner_hosts(self) -> list[str]:
        return Offer.objects.hosts()

    def unknown_sources(self, keys: Collection[str]) -> set[str]:
        known = Source.objects.filter(key__in=list(keys)).values_list("key", flat=True)
        return set(keys) - set(known) if keys else set()

    def unchecked_sources(self, keys: Collection[str]) -> set[str]:
        unchecked = Source.objects.filter(key__in=list(keys), checked=False)
        return set(unchecked.values_list("key", flat=True)) if keys else set()

    def unknown_offers(self, keys: Collection[str]) -> set[str]:
        known = Offer.objects.filter(key__in=list(keys)).values_list("key", flat=True)
        return set(keys) - set(known) if keys else set()

    def unknown_snippets(self, keys: Collection[str]) -> set[str]:
        rows = apps.get_model("articles", "Snippet")._default_manager.filter(key__in=list(keys))
        return set(keys) - set(rows.values_list("key", flat=True)) if keys else set()

    def unknown_articles(self, slugs: Collection[str]) -> set[str]:
        return set()

    def pictures(self, keys: Collection[str]) -> dict[str, bool]:
        pictures = Picture.objects.filter(key__in=list(keys)) if keys else []
        return {picture.key: bool(picture.alt or picture.decorative) for picture in pictures}

    def figures(self) -> set[str]:
        return set(figures.figures())

    def captions(self, keys: Collection[str]) -> dict[str, str]:
        rows = Picture.objects.filter(key__in=list(keys)).values_list("key", "caption")
        return dict(rows) if keys else {}

    def leads_somewhere(self, address: str) -> bool:
        return True

    def is_awaited(self, path: str) -> bool:
        return False

    def moved_to(self, path: str) -> str:
        return ""


def errors(text: StoredText, *, is_unfinished: bool = False) -> Iterator[Finding]:
    """Yield what keeps a text from being saved; of an unfinished one, adverts in disguise alone."""
    library = StoredLibrary()
    check = keys.partner_links if is_unfinished else rules.check_itself
    for item in check(text, library):
        if item.blocks:
            yield text.in_body(item)
