"""What of the texts waits for somebody in the morning, for the digest: only what they can do something about."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from articles.editing import notes, review, status
from articles.linking import faults
from articles.models import Article, Page, Response, Snippet
from articles.states import PUBLISHED, scheduled
from trustsite.dashboard import DigestLine, DigestPart, changelist_url
from trustsite.desk.rows import change_url, desk_url

SHOWN = 10  # of a part, by name
A_DAY = timedelta(days=1)
ARTICLES = "articles_article"


def parts(user: Any, today: date) -> Iterator[DigestPart]:
    """Yield what is due, notes for them, links that lead nowhere, and what goes public today."""
    publishes = user.has_perm("articles.publish_article")
    if publishes or user.has_perm("articles.review_article"):
        yield DigestPart("To be checked", list(_due()))
    if user.has_perm("articles.view_article"):
        yield DigestPart("Notes for you", list(_notes(user)))
    if publishes:
        yield DigestPart("Links that lead nowhere", list(_broken()))
    if user.has_perm("articles.view_article"):
        yield DigestPart("Today", list(_today(today)))


def _due() -> Iterator[DigestLine]:
    """Yield the articles whose check has run out, the latest first, then those that nobody has checked."""
    due = Article.objects.filter(status.due())
    latest = due.order_by(F("checked_on").desc(nulls_last=True), "title", "pk")
    for article in latest.only("title", "checked_on")[:SHOWN]:
        since = "nobody has checked it yet"
        if article.checked_on:
            day = article.checked_on + review.DUE_AFTER + A_DAY
            since = f"due since {day:%-d %B %Y}"
        yield DigestLine(f"“{article.title}”: {since}", desk_url(article, "review"))
    yield from _more(due, changelist_url(ARTICLES, asks="due"))


def _notes(user: Any) -> Iterator[DigestLine]:
    waiting = notes.waiting_for(user)
    for text, number in waiting[:SHOWN]:
        words = ngettext("a note waits for you", "%d notes wait for you", number)
        words = words % number if "%d" in words else words
        yield DigestLine(f"“{text.title}”: {words}", f"{desk_url(text, 'review')}#notes")


def _broken() -> Iterator[DigestLine]:
    """Yield the texts that readers see, or will, with a link to what they can't open."""
    released = Article.objects.filter(status.asking(Article)["links"][1](), state=PUBLISHED)
    rows: list[tuple[str, QuerySet[Any]]] = [(ARTICLES, released)]
    for model in (Page, Response, Snippet):
        broken = model._default_manager.filter(faults.links_broken(model._meta.model_name or ""))
        rows.append((f"articles_{model._meta.model_name}", broken))
    for name, broken in rows:
        for text in broken.order_by("title", "pk").only("title")[:SHOWN]:
            yield DigestLine(f"“{text.title}”", change_url(text))
        yield from _more(broken, changelist_url(name, asks="links"))


def _today(today: date) -> Iterator[DigestLine]:
    end = timezone.make_aware(datetime.combine(today + A_DAY, time.min))
    coming = Article.objects.filter(scheduled(), publish_at__lt=end).order_by("publish_at", "pk")
    for article in coming.only("title", "publish_at")[:SHOWN]:
        at = timezone.localtime(article.publish_at)
        yield DigestLine(f"“{article.title}” goes public at {at:%H:%M %Z}", change_url(article))


def _more(rows: QuerySet[Any], url: str) -> Iterator[DigestLine]:
    if (number := rows.count() - SHOWN) > 0:
        yield DigestLine(f"And {number:,} more", url)
