"""The articles' public interface: all that the newsletter may ask of this app, and the only module
of it that the newsletter imports.
"""

import logging
from collections import deque

from django.db import DatabaseError

from articles.linking import redirects, site_links
from articles.linking.uses import Use
from articles.models import Offer, Picture
from articles.reading import sitemaps
from articles.reading.sitemaps import OwnAddress
from articles.searching import documents

logger = logging.getLogger(__name__)
_unprepared: deque[int] = deque(maxlen=100)


__all__ = [
    "OwnAddress",
    "Use",
    "add_to_sitemap",
    "has_moved",
    "index_pages",
    "offer",
    "page_exists",
    "page_titles",
    "partner_hosts",
    "path_on_site",
    "prepare_next_picture",
    "read_anew",
]


def add_to_sitemap(name: str, pages: type[OwnAddress]) -> None:
    """Have search engines, and our own search, told of another app's pages. Called once, when the
    site starts.
    """
    sitemaps.SITEMAPS[name] = pages


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
    """Let the search read every public page that isn't an article, and forget those gone since."""
    documents.put_pages(sitemaps.paths_besides_articles())


def read_anew(path: str) -> None:
    """Let the search read a page of another app, or forget it, after the change that is under way."""
    documents.put_soon(path)


def prepare_next_picture() -> bool:
    """Make the sizes of one picture that waits for them; return whether one did.

    One at a time, so that the worker's other work never waits for more than one. A picture that
    can't be made ready is left as it is: pages show it as it is kept.
    """
    waiting = Picture.objects.filter(renditions=[]).exclude(pk__in=_unprepared).order_by("pk")
    picture = waiting.first()
    if picture is None:
        return False
    _unprepared.append(picture.pk)  # not again by this process, whatever becomes of it
    try:
        picture.prepare()
    except DatabaseError:
        _unprepared.remove(picture.pk)
        raise
    except Exception:  # decoders raise nearly anything, and a disk may be full
        logger.exception("Picture %d could not be made ready.", picture.pk)
    else:
        _unprepared.remove(picture.pk)
    return True


def page_titles() -> dict[str, str]:
    """Return what pages are called, by their paths."""
    return site_links.page_titles()
