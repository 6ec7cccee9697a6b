"""The articles' public interface: all that the newsletter may ask of this app, and the only module
of it that the newsletter imports.
"""

from articles.editing.picture_sizes import prepare_next as prepare_next_picture
from articles.linking import redirects, site_links
from articles.linking.link_targets import openings
from articles.linking.uses import Use
from articles.models import Offer
from articles.reading import sitemaps
from articles.reading.sitemaps import MOST as MOST_PLACES
from articles.reading.sitemaps import Places
from articles.searching import desk_index, documents, nearness

__all__ = [
    "MOST_PLACES",
    "Places",
    "Use",
    "add_to_sitemap",
    "has_moved",
    "index_pages",
    "offer",
    "openings",
    "page_exists",
    "page_titles",
    "partner_hosts",
    "path_on_site",
    "prepare_next_picture",
    "read_anew",
    "relate_all",
    "relate_some",
]


def add_to_sitemap(name: str, pages: type[Places]) -> None:
    """Have search engines, and our own search, told of another app's pages. Called once, when the
    site starts.
    """
    sitemaps.KINDS[name] = pages


def partner_hosts() -> list[str]:
    """Return the hosts of all partners, whether their offers are shown or not."""
    return Offer.objects.hosts()


def offer(key: str) -> Offer | None:
    """Return an offer by its key. Readers don't see it while its `why_hidden` says why."""
    return Offer.objects.filter(key=key).first()


def path_on_site(href: str) -> str | None:
    """Return the path of a link that stays on this site, or None for one that leaves it."""
    return site_links.path_of(href)


def page_exists(path: str) -> bool:
    """Whether a reader who follows `path` finds a page now."""
    return site_links.leads_somewhere(path)


def has_moved(path: str) -> bool:
    """Whether `path` leads on to another page: its article has moved, or a redirect is set."""
    if site_links.has_moved(path):
        return True
    redirect = redirects.find(path)
    return bool(redirect and redirect.target)


def index_pages() -> None:
    """Let the search read every public page that isn't an article, and forget those gone since.

    The desk's search is told of the articles that it doesn't know.
    """
    documents.put_pages(sitemaps.paths_besides_articles())
    desk_index.put_missing()


def read_anew(path: str) -> None:
    """Let the search read a page of another app, or forget it, after the change that is under way."""
    documents.put_soon(path)


def relate_some() -> bool:
    """Find for a few articles that wait for it which others are nearest; return whether any waited."""
    return nearness.relate_some()


def relate_all() -> None:
    """The same for all that wait."""
    while nearness.relate_some():
        pass


def page_titles() -> dict[str, str]:
    """Return what pages are called, by their paths."""
    return site_links.page_titles()
