"""What of the texts waits for an editor, for the desk's first page.

Only what this person can do something about.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from articles.editing import notes, scheduling, status
from articles.editing.picture_sizes import given_up
from articles.editing.status import NEEDS_ATTENTION, STAGES
from articles.linking import uses
from articles.models import Article, Helpline, Offer, Page, Response, Source
from trustsite.dashboard import DashboardItem, OwnText, changelist_url
from trustsite.desk import marks
from trustsite.desk.marks import Mark
from trustsite.desk.rows import change_url
from trustsite.models import Autosave

ARTICLES = "articles_article"


def dashboard_items(request: HttpRequest) -> Iterator[DashboardItem]:
    """Yield a line for each thing that waits."""
    user: Any = request.user
    if user.has_perm("articles.change_article"):
        yield from _unsaved(user)
    if user.has_perm("articles.view_article"):
        yield from _notes(user)
        yield from _articles(user)
    if user.has_perm("articles.change_offer"):
        yield from _offers()
    if user.has_perm("articles.change_picture"):
        number = given_up().count()
        words = ngettext(
            "picture whose sizes could not be made: upload it anew",
            "pictures whose sizes could not be made: upload them anew",
            number,
        )
        yield DashboardItem(number, words, changelist_url("articles_picture"))
    if user.has_perm("articles.change_helpline"):
        number = Helpline.objects.doubtful().count()
        words = ngettext(
            "helpline to look up on its own page", "helplines to look up on their own pages", number
        )
        yield DashboardItem(number, words, changelist_url("articles_helpline", doubt="yes"))
    if user.has_perm("articles.change_source"):
        number = Source.objects.filter(checked=False).count()
        words = ngettext(
            "source that nobody has opened yet", "sources that nobody has opened yet", number
        )
        yield DashboardItem(number, words, changelist_url("articles_source", checked__exact=0))


def own_texts(request: HttpRequest, most: int) -> Iterator[OwnText]:
    """Yield the texts that who asks saved last, each with the moment, and words not saved yet."""
    user: Any = request.user
    if not user.has_perm("articles.view_article"):
        return
    kept = Autosave.objects.filter(author=user, model="articles.article", row="")
    if begun := kept.order_by("-saved_at").first():
        title = " ".join(begun.fields.get("title", [])) or "A new article"
        url = reverse("admin:articles_article_add")
        yield OwnText(title, url, Mark(marks.DRAFT, "Draft, not saved"), begun.saved_at)
    for model in (Article, Page, Response):
        saved = model.history.filter(history_user=user).values("id")
        last = saved.annotate(at=Max("history_date")).order_by("-at")[:most]
        moments = {state["id"]: state["at"] for state in last}
        for row in model._default_manager.filter(pk__in=moments).defer("body", "html"):
            yield OwnText(row.title, change_url(row), mark_of(row), moments[row.pk])


def mark_of(row: Article | Page | Response) -> Mark:
    """Return the state of a text, with how much there is to look at."""
    if not isinstance(row, Article):
        return Mark(marks.PUBLIC, str(row._meta.verbose_name).capitalize())
    mark = status.mark(row)
    if not row.problems or row.state == Article.State.WITHDRAWN:
        return mark
    things = ngettext("thing to look at", "things to look at", row.problems)
    return Mark(mark.kind, f"{mark.words} · {row.problems} {things}")


def _unsaved(user: Any) -> Iterator[DashboardItem]:
    kept = Autosave.objects.filter(author=user, model="articles.article")
    rows = list(kept.values_list("row", flat=True))
    number = rows.count("")
    words = ngettext(
        "new article you began and haven’t saved",
        "new articles you began and haven’t saved",
        number,
    )
    yield DashboardItem(number, words, reverse("admin:articles_article_add"))
    number = len({row for row in rows if row})
    words = ngettext(
        "article holds words you haven’t saved", "articles hold words you haven’t saved", number
    )
    yield DashboardItem(number, words, changelist_url(ARTICLES, whose="unsaved"))


def _notes(user: Any) -> Iterator[DashboardItem]:
    for text, number in notes.waiting_for(user):
        words = ngettext("a note waits for you", "%d notes wait for you", number)
        words = words % number if "%d" in words else words
        url = reverse(f"admin:articles_{text._meta.model_name}_review", args=[text.pk])
        yield DashboardItem(None, f"“{text.title}”: {words}", f"{url}#notes")


def _articles(user: Any) -> Iterator[DashboardItem]:
    conditions = {"review": STAGES["review"], "scheduled": STAGES["scheduled"], **NEEDS_ATTENTION}
    counts = Article.objects.aggregate(
        **{name: Count("pk", filter=asks()) for name, (_, asks) in conditions.items()}
    )
    publishes, reviews = (
        user.has_perm("articles.publish_article"),
        user.has_perm("articles.review_article"),
    )
    if publishes or reviews:
        number = counts["review"]
        words = ngettext("article waits in review", "articles wait in review", number)
        yield DashboardItem(number, words, changelist_url(ARTICLES, stage="review"))
        number = counts["due"]
        words = ngettext("article is due to be checked", "articles are due to be checked", number)
        yield DashboardItem(number, words, changelist_url(ARTICLES, asks="due"))
        number = counts["changed"]
        words = ngettext(
            "article has changed since it was checked",
            "articles have changed since checked",
            number,
        )
        yield DashboardItem(number, words, changelist_url(ARTICLES, asks="changed"))
    if user.has_perm("articles.change_article"):
        number = counts["problems"]
        words = ngettext(
            "article has something to look at", "articles have something to look at", number
        )
        yield DashboardItem(number, words, changelist_url(ARTICLES, asks="problems"))
    if publishes:
        yield from _left_behind()
    if publishes and counts["scheduled"]:
        article = (
            Article.objects.filter(STAGES["scheduled"][1]())
            .order_by("publish_at")
            .only("title", "publish_at")[0]
        )
        when = timezone.localtime(article.publish_at)
        words = f"scheduled; next “{article.title}”, {when:%-d %B %Y, %H:%M %Z}"
        yield DashboardItem(counts["scheduled"], words, changelist_url(ARTICLES, stage="scheduled"))


def _left_behind() -> Iterator[DashboardItem]:
    """Yield the texts whose links lead to what was taken back, or isn't there by then."""
    number = uses.number_leading_nowhere()
    words = ngettext(
        "text leads to an article that was withdrawn",
        "texts lead to an article that was withdrawn",
        number,
    )
    yield DashboardItem(number, words, reverse("admin:articles_article_dead_links"))
    number = scheduling.number_leading_nowhere()
    words = ngettext(
        "scheduled article leads to one that isn’t public by then",
        "scheduled articles lead to one that isn’t public by then",
        number,
    )
    yield DashboardItem(number, words, changelist_url(ARTICLES, stage="scheduled"), is_urgent=True)


def _offers() -> Iterator[DashboardItem]:
    number = Offer.objects.hidden().count()
    words = ngettext("offer that readers don’t see", "offers that readers don’t see", number)
    yield DashboardItem(number, words, changelist_url("articles_offer", shown="no"))
    number = Offer.objects.expiring().count()
    words = ngettext("offer runs out within 30 days", "offers run out within 30 days", number)
    yield DashboardItem(number, words, changelist_url("articles_offer", shown="soon"))
