"""Articles at the desk.

Written in markdown, previewed by the page's own template, brought to readers step by step.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from articles.admin.article_list import ArticleList
from articles.admin.autocomplete import AutocompleteMixin
from articles.admin.bulk_edit import BulkEditMixin
from articles.admin.importing import ImportMixin
from articles.admin.review import SIGNED, ReviewMixin
from articles.admin.text_page import TextPageMixin
from articles.admin.uses import UsesMixin, dead_links_page, without_fields
from articles.editing import preview_links, review, workflow
from articles.editing.article_form import ArticleForm
from articles.models import Article
from articles.reading.views import article_context
from trustsite.desk.publishing import may_publish
from trustsite.desk.writing.page import Step


@admin.register(Article)
class ArticleAdmin(
    ImportMixin,
    UsesMixin,
    ArticleList,
    BulkEditMixin,
    ReviewMixin,
    AutocompleteMixin,
    TextPageMixin,
):
    """Articles. What readers see, or will see by the clock, is changed by those who may publish."""

    form = ArticleForm
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ("past_addresses", "past_corrections")
    restored = (
        *(
            "title",
            "standfirst",
            "description",
            "body",
            "takeaways",
            "content_note",
            "evidence",
            "evidence_note",
        ),
        *("response", "related", "affiliate", "safety", "sign_up"),
    )
    also_compared = (
        *("slug", "topic", "state", "leads_to", "publish_at", "withdrawn_note", "updated_at"),
        *("corrections", *SIGNED),
    )
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "body"]}),
        (
            "Publishing",
            {
                "fields": [
                    *("state", "slug", "links", "publish_at", "planned_on"),
                    *("withdrawn_note", "leads_to", "is_sure", "updated_at", "used_in"),
                    *(
                        "checked_on",
                        "checked_by",
                        "corrected",
                        "past_corrections",
                        "past_addresses",
                    ),
                ]
            },
        ),
        (
            "Around the text",
            {
                "fields": [
                    "topic",
                    *("position", "starts"),
                    "response",
                    "description",
                    "takeaways",
                    "content_note",
                    "related",
                ]
            },
        ),
        ("Evidence", {"fields": ["evidence", "evidence_note"]}),
        ("What the page may hold", {"fields": ["affiliate", "sign_up", "safety"]}),
    ]

    change_form_template = "admin/articles/article/change_form.html"
    preview_template = "articles/article.html"

    def get_urls(self) -> list[URLPattern]:
        view, desk = self.admin_site.admin_view, "articles_article_"
        return [
            path("dead-links/", view(self.dead_links), name=f"{desk}dead_links"),
            path("<int:pk>/withdraw/", view(self.withdraw), name=f"{desk}withdraw"),
            path(
                "<int:pk>/preview-link/",
                view(require_POST(self.preview_link)),
                name=f"{desk}preview_link",
            ),
            *super().get_urls(),
        ]

    # -- who may do what

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        # What readers have seen is withdrawn, with a reason, and stays where its address can say
        # so.
        was_public = obj is not None and obj.was_public
        return super().has_delete_permission(request, obj) and not was_public

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)
        if workflow.is_asked_once_more(obj, request.user):
            return fieldsets
        return without_fields(fieldsets, {"is_sure"})

    def get_readonly_fields(
        self, request: HttpRequest, obj: Article | None = None
    ) -> tuple[str, ...]:
        readonly: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if not may_publish(request.user):
            readonly = (*readonly, "publish_at", "withdrawn_note", "leads_to")
        return readonly

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what becomes of the links to an article, then take it back from readers."""
        article = self._text(request, pk)
        if not workflow.may_withdraw(article, request.user):
            raise PermissionDenied
        return self.ask_of_links(request, [article], "withdraw")

    def dead_links(self, request: HttpRequest) -> HttpResponse:
        """List the texts that lead to an article that was withdrawn."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return dead_links_page(self, request)

    # -- the form

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)

        class ArticleFormOfEditor(form):  # type: ignore[misc,valid-type]
            user = request.user

        return ArticleFormOfEditor

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"updated_at": timezone.now(), **super().get_changeform_initial_data(request)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add what belongs to an article alone: when it is due, and who may see it before readers do."""
        if article := kwargs.get("obj"):
            context |= {
                "is_due": article.is_published and review.is_due(article),
                "may_share": self._may_share(request, article),
                "may_withdraw": workflow.may_withdraw(article, request.user),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def state_label(self, row: Article | None) -> str:
        return row.stage if row else "Draft"

    def steps(self, request: HttpRequest, row: Article | None) -> list[Step]:
        present = row.state if row else Article.State.DRAFT
        may_follow = workflow.choices(row, request.user)
        if present == Article.State.DRAFT and Article.State.IN_REVIEW in may_follow:
            return [Step("_review", "Send to review")]
        return []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Read the bar’s “Send to review” as what it is: the state, and a save that stays."""
        if request.method == "POST" and "_review" in request.POST:
            posted = request.POST.copy()
            posted["state"], posted["_continue"] = Article.State.IN_REVIEW, "1"
            request.POST = posted  # type: ignore[assignment]
        return super().changeform_view(request, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool
    ) -> None:
        is_withdrawn_now = obj.state == Article.State.WITHDRAWN and "state" in form.changed_data
        if is_withdrawn_now and "updated_at" not in form.changed_data:
            obj.updated_at = timezone.now()  # the day its address says it was withdrawn
        super().save_model(request, obj, form, change)

    def preview_context(self, text: Any) -> dict[str, Any]:
        return article_context(text)

    # -- showing and signing

    def preview_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a link that shows the newest text to somebody without an account, or make all of
        them worthless.
        """
        article = self._text(request, pk)
        if not self._may_share(request, article):
            raise PermissionDenied
        if "revoke" in request.POST:
            preview_links.renew(article)
            messages.success(request, "No preview link of this article shows anything any more.")
        else:
            address = request.build_absolute_uri(
                reverse("articles:preview", args=[preview_links.link_token(article)])
            )
            messages.success(
                request, f"For a week, whoever has this link sees the newest text: {address}"
            )
        return redirect("admin:articles_article_change", pk)

    def _may_share(self, request: HttpRequest, article: Article) -> bool:
        # Who checks a text that isn't published has no other way to see it as its page.
        return self.has_change_permission(request, article) or request.user.has_perm(
            "articles.review_article"
        )

    # -- what the form shows

    @admin.display(description="old addresses")
    def past_addresses(self, article: Article) -> str:
        """The addresses that lead here because the article once stood there."""
        slugs = article.old_addresses.values_list("slug", flat=True) if article.pk else []
        return ", ".join(reverse("articles:article", args=[slug]) for slug in slugs) or "None."

    @admin.display(description="corrections so far")
    def past_corrections(self, article: Article) -> str:
        """What the page says was put right."""
        return " ".join(f"{item['on']}: {item['what']}" for item in article.corrections) or "None."
