"""What of the texts goes out or falls due on a day, for the desk's calendar."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from articles.editing.review import DUE_AFTER
from articles.models import Article, Helpline, Offer
from articles.models.synced import STALE_AFTER
from articles.states import published, scheduled
from trustsite.dashboard import Dated, changelist_url
from trustsite.desk.marks import CHECK, DATED, PLANNED, PUBLIC, Mark
from trustsite.desk.rows import change_url

MOST = 200  # of a kind in one calendar
A_DAY = timedelta(days=1)


def dated(request: HttpRequest, first: date, last: date) -> Iterator[Dated]:
    """Yield what stands on the days from `first` to `last`, as far as who asks may see it."""
    user: Any = request.user
    if user.has_perm("articles.view_article"):
        yield from _published(first, last)
        yield from _planned(first, last)
        yield from _due(first, last)
    if user.has_perm("articles.change_offer"):
        for offer in Offer.objects.filter(valid_until__range=(first, last))[:MOST]:
            yield Dated(
                offer.valid_until, offer.partner, change_url(offer), Mark(DATED, "runs out")
            )
    if user.has_perm("articles.change_helpline"):
        yield from _lines(first, last)


def _published(first: date, last: date) -> Iterator[Dated]:
    begin, end = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last + A_DAY)
    )
    known = Article.objects.filter(published() | scheduled(), publish_at__gte=begin)
    # Of very many the last: what still comes is never what is left out.
    named = known.only("title", "state", "publish_at", "first_published_at")
    newest = named.filter(publish_at__lt=end).order_by("-publish_at", "-pk")[:MOST]
    for article in reversed(list(newest)):
        at = timezone.localtime(article.publish_at)
        mark = Mark(DATED, f"goes public at {at:%H:%M}")
        if article.is_published:
            mark = Mark(PUBLIC, "published")
        yield Dated(at.date(), article.title, change_url(article), mark)


def _planned(first: date, last: date) -> Iterator[Dated]:
    open_still = Article.objects.filter(state__in=("draft", "in review"))
    for article in open_still.filter(planned_on__range=(first, last)).only("title", "planned_on")[
        :MOST
    ]:
        day: Any = article.planned_on
        yield Dated(day, article.title, change_url(article), Mark(PLANNED, "planned"))


def _due(first: date, last: date) -> Iterator[Dated]:
    over = DUE_AFTER + A_DAY  # the first day on which the check no longer holds
    checked = Article.objects.filter(published(), checked_on__range=(first - over, last - over))
    for article in checked.only("title", "checked_on")[:MOST]:
        day: Any = article.checked_on
        yield Dated(day + over, article.title, change_url(article), Mark(CHECK, "check due"))


def _lines(first: date, last: date) -> Iterator[Dated]:
    over = STALE_AFTER + A_DAY
    checked = Helpline.objects.filter(checked_on__range=(first - over, last - over))
    days: Counter[Any] = Counter(checked.values_list("checked_on", flat=True))
    for day, number in days.items():
        words = ngettext("1 to look up", "%d to look up", number)
        words = words % number if "%d" in words else words
        url = changelist_url("articles_helpline")
        yield Dated(day + over, "Helplines", url, Mark(CHECK, words))
