"""The public archive: letters whose editor chose it, as pages and as a feed, once they have gone out.

They are made of the letter's own words, never of a mail: no offer, no link or token of anybody's,
no foot. A letter that is withdrawn leaves at once.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from articles import api as articles
from newsletter.models import Letter
from prose import placeholders, renderer
from prose.document import parts, trusted
from trustsite.characters import cleaned
from trustsite.web.serving.page_cache import depends_on, invalidate, public

LETTERS = "letters"  # what the page cache calls them
NEWEST = 20  # in the feed
MOST = 200  # on the page


def published() -> QuerySet[Letter]:
    """Return the letters that anybody may read, the newest first."""
    gone_out = Letter.objects.filter(in_archive=True, state=Letter.State.SENT)
    return gone_out.exclude(finished_at=None).order_by("-finished_at", "-pk")


def changed(letter: Letter) -> None:
    """Drop the kept pages that show letters, and what the search knows of them: a choice was made,
    one has gone out or was withdrawn.
    """
    invalidate(LETTERS, "lists")
    for path in (url_of(letter), reverse("newsletter:issues")):
        articles.read_anew(path)


def html_of(letter: Letter) -> SafeString:
    """Return a letter's words as a page shows them; what isn't words is left out."""
    rendered = placeholders.substitute_html(renderer.render(letter.body).html)
    return trusted("".join(str(part.html) for part in parts(rendered) if not part.kind))


@require_safe
@public(made_of=[LETTERS])
def issues(request: HttpRequest) -> HttpResponse:
    """List the letters."""
    letters = published().only("pk", "subject", "sent_subject", "finished_at")[:MOST]
    return render(request, "newsletter/issues.html", {"letters": letters})


@require_safe
@public(made_of=[LETTERS])
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one letter."""
    letter = published().filter(pk=pk).first()
    if letter is None:
        raise Http404
    depends_on(f"letter:{pk}")
    return render(request, "newsletter/issue.html", {"letter": letter, "html": html_of(letter)})


def url_of(letter: Letter) -> str:
    """Return the address of a letter's page."""
    return reverse("newsletter:issue", args=[letter.pk])


class WholeLetter(Atom1Feed):
    """Atom with the letter in it; without letters it is the same at every moment."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else datetime(2026, 1, 1, tzinfo=UTC)

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", cleaned(item["content"]), {"type": "html"})


class IssuesFeed(Feed):
    """The newest letters, whole."""

    feed_type = WholeLetter
    title = f"Letters · {settings.SITE_NAME}"
    subtitle = "The letters of this site, for who would rather not give an address."
    link = "/newsletter/issues/"
    feed_url = "/newsletter/issues/feed/"
    author_name = settings.SITE_NAME

    def items(self) -> list[Letter]:
        return list(published()[:NEWEST])

    def item_title(self, item: Letter) -> str:
        return str(cleaned(item.sent_subject))

    def item_description(self, item: Letter) -> str:
        return ""

    def item_link(self, item: Letter) -> str:
        return url_of(item)

    def item_pubdate(self, item: Letter) -> datetime | None:
        return item.finished_at

    def item_updateddate(self, item: Letter) -> datetime | None:
        return item.finished_at

    def item_extra_kwargs(self, item: Letter) -> dict[str, Any]:
        return {"content": html_of(item)}


class IssuesSitemap(articles.Places):
    """The letters' pages."""

    def items(self) -> list[Letter]:
        return list(published().only("pk", "finished_at")[: articles.MOST_PLACES])

    def location(self, item: Letter) -> str:
        return url_of(item)

    def lastmod(self, item: Letter) -> datetime | None:
        return item.finished_at
