"""The list of articles at the desk.

What each asks for, filters by what readers see, and what is done to several at once.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from articles.admin.checks import AttentionFilter, FaultsMixin
from articles.admin.history import HistoryMixin, SavedByChangeList
from articles.editing import checks, status
from articles.editing.bulk_edit import MOST
from articles.editing.status import STAGES
from articles.models import Article
from articles.searching import desk_index
from trustsite.desk.bounded_paginator import BoundedPaginator
from trustsite.desk.marks import Mark
from trustsite.desk.publishing import PublishGuard
from trustsite.models import Autosave

MOST_PEOPLE = 30  # named to choose from
# Long, and not in any column.
NOT_LISTED = ("body", "html", "contents", "citations", "takeaways", "related", "corrections")


class StageFilter(admin.SimpleListFilter):
    """Articles by what readers see of them."""

    title, parameter_name = "what readers see", "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, label) for name, (label, _) in STAGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        value = self.value() or ""
        return queryset.filter(STAGES[value][1]()) if value in STAGES else queryset


class WhoseFilter(admin.SimpleListFilter):
    """Articles by who has worked on them: who looks, or one of the others."""

    title, parameter_name = "whose", "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        own = [("unsaved", "With words I haven’t saved"), ("mine", "Saved by me at some time")]
        saved = Article.history.filter(history_user=OuterRef("pk"))
        others = get_user_model().objects.filter(Exists(saved)).exclude(pk=request.user.pk or 0)
        named = others.order_by("username").values_list("pk", "username")[:MOST_PEOPLE]
        return [*own, *((str(pk), f"Saved by {name} at some time") for pk, name in named)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        value = self.value() or ""
        if value not in dict(self.lookup_choices):
            return queryset
        if value == "unsaved":
            kept = Autosave.objects.filter(author=request.user.pk, model="articles.article")
            rows = [row for row in kept.values_list("row", flat=True) if row.isdecimal()]
            return queryset.filter(pk__in=rows)
        person = str(request.user.pk) if value == "mine" else value
        return queryset.filter(pk__in=Article.history.filter(history_user=person).values("id"))


class DeferBodyChangeList(SavedByChangeList):
    """A list that doesn't fetch the texts themselves, and says when it doesn't hold all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.may_change = request.user.has_perm("articles.change_article")
        if self.result_count == self.paginator.most:
            messages.info(
                request, f"The first {self.result_count:,} are listed. Filter or search for others."
            )

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Article]:
        results: QuerySet[Article] = super().get_queryset(*args, **kwargs)
        return results.defer(*NOT_LISTED)

    def url_for_result(self, result: Any) -> str:
        """Lead whoever reviews, and writes nothing, to the text as readers have it."""
        if self.may_change:
            return super().url_for_result(result)
        return reverse("admin:articles_article_review", args=[result.pk])


class ArticleList(FaultsMixin, HistoryMixin, PublishGuard):
    """The list's columns, filters and actions."""

    list_display = (
        *("title", "topic", "last_change", "next_check", "to_look_at"),
        *("words", "uses_count"),
    )
    list_filter = (StageFilter, AttentionFilter, WhoseFilter, "topic", "response", "evidence")
    list_select_related = ("topic",)
    list_per_page = 50
    list_max_show_all = 200
    paginator = BoundedPaginator
    show_full_result_count = False
    search_fields = ("title",)  # see get_search_results
    search_help_text = "Whole words, or their beginnings, of titles, addresses and texts."
    actions = ("change_several", "check_again")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeferBodyChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Article], search_term: str
    ) -> tuple[QuerySet[Article], bool]:
        """Look in the desk's index instead of reading every text."""
        if not search_term.strip():
            return queryset, False
        found = desk_index.find(search_term)
        if len(found) == desk_index.MOST:
            messages.info(
                request,
                f"Many articles say this: the {desk_index.MOST} newest. One more word finds fewer.",
            )
        return queryset.filter(pk__in=found), False

    def mark(self, article: Article) -> Mark:
        """The state, as a shape and a word under the title."""
        return status.mark(article)

    @admin.display(description="to look at", ordering="problems")
    def to_look_at(self, text: Article) -> str:
        """The same, in the order of how much was found."""
        return super().to_look_at(text)

    @admin.action(description="Check again what there is to look at", permissions=["change"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        """Count anew what is found.

        Since an article was saved, a page it links to may have gone.
        """
        if queryset.count() > MOST:  # each takes about 50 ms
            messages.error(request, f"Choose at most {MOST} articles at a time.")
            return
        differing = 0
        for article in Article.objects.filter(pk__in=queryset.values("pk")).iterator(chunk_size=50):
            results = len(checks.run(article))
            differing += (
                Article.objects.filter(pk=article.pk)
                .exclude(problems=results)
                .update(problems=results)
            )
        messages.success(
            request, f"Checked. In {differing} of them something else is found than before."
        )
