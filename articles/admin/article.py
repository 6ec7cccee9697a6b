"""Articles at the desk.

Written in markdown, previewed by the page's own template, brought to readers step by step.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from articles.admin.article_list import ArticleList
from articles.admin.autocomplete import AutocompleteMixin
from articles.admin.bulk_edit import BulkEditMixin
from articles.admin.checks import ChecksMixin, of_article
from articles.admin.history import HistoryMixin
from articles.admin.importing import ImportMixin
from articles.admin.uses import UsesMixin, dead_links_page
from articles.editing import autosave, preview_links, review, workflow
from articles.editing.article_form import ArticleForm, form_token
from articles.models import Article, Autosave
from articles.models.article import words_hash
from articles.reading.views import article_context
from trustsite.desk.publishing import may_publish
from trustsite.web.security_headers import page_policy

SCRIPTS = (
    "toolbar",
    "insert",
    "preview",
    "findings",
    "autosave",
)  # of the writing page, one a behaviour; it works without


@admin.register(Article)
class ArticleAdmin(
    ImportMixin,
    UsesMixin,
    ArticleList,
    BulkEditMixin,
    HistoryMixin,
    AutocompleteMixin,
    ChecksMixin,
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
    also_compared = ("slug", "state", "leads_to", "publish_at", "checked_on")
    fieldsets = [
        (None, {"fields": ["title", "slug", "links", "standfirst", "body", "form_token"]}),
        (
            "Publishing",
            {
                "fields": [
                    *("state", "publish_at", "withdrawn_note", "leads_to", "is_sure"),
                    *("updated_at", "used_in"),
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

    class Media:
        css = {"all": ["admin/desk.css"]}
        js = [forms.Script(f"admin/{name}.js", type="module") for name in SCRIPTS]

    def get_urls(self) -> list[URLPattern]:
        view, desk = self.admin_site.admin_view, "articles_article_"
        urls = [
            path("preview/", view(require_POST(self.preview)), name=f"{desk}preview"),
            # Not behind the login, which may run out while somebody types: the form's signed note
            # says whose words these are.
            path("keep/", csrf_exempt(require_POST(self.autosave)), name=f"{desk}autosave"),
            path("forget/", view(require_POST(self.forget)), name=f"{desk}forget"),
            path("dead-links/", view(self.dead_links), name=f"{desk}dead_links"),
            path("<int:pk>/withdraw/", view(self.withdraw), name=f"{desk}withdraw"),
            path("<int:pk>/sign-off/", view(require_POST(self.sign_off)), name=f"{desk}sign_off"),
            path(
                "<int:pk>/preview-link/",
                view(require_POST(self.preview_link)),
                name=f"{desk}preview_link",
            ),
            *super().get_urls(),
        ]
        for url in urls:
            if url.name in {f"{desk}add", f"{desk}change"}:
                url.callback = autosave.keep_post_on_logout(url.callback)
        return urls

    # -- who may do what

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        # What readers have seen is withdrawn, with a reason, and stays where its address can say
        # so.
        was_public = obj is not None and obj.was_public
        return super().has_delete_permission(request, obj) and not was_public

    def get_fieldsets(self, request: HttpRequest, obj: Article | None = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)
        left_out = set()
        if not workflow.is_asked_once_more(obj, request.user):
            left_out.add("is_sure")
        if obj is None:
            left_out.add("used_in")
        if not self._asks_of_links(obj):
            left_out.add("links")
        kept = []
        for title, options in fieldsets:
            fields = [name for name in options["fields"] if name not in left_out]
            kept.append((title, {**options, "fields": fields}))
        return kept

    def get_readonly_fields(
        self, request: HttpRequest, obj: Article | None = None
    ) -> tuple[str, ...]:
        readonly: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if not request.user.has_perm("articles.review_article"):
            readonly = (*readonly, "checked_on", "checked_by")
        if not may_publish(request.user):
            readonly = (*readonly, "publish_at", "withdrawn_note", "leads_to")
        return readonly

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what becomes of the links to an article, then take it back from readers."""
        article = self._text(request, pk)
        if not workflow.may_withdraw(article, request.user):
            raise PermissionDenied
        return self._ask(request, [article], "withdraw")

    def dead_links(self, request: HttpRequest) -> HttpResponse:
        """List the texts that lead to an article that was withdrawn."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return dead_links_page(self, request)

    # -- the form, with what was typed and not saved

    def get_form(
        self, request: HttpRequest, obj: Article | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        draft = (
            autosave.offered(request.user, obj)
            if request.method == "GET" and "draft" in request.GET
            else None
        )

        class ArticleFormOfEditor(form):  # type: ignore[misc,valid-type]
            user = request.user

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                if draft:
                    self.initial |= autosave.initial(draft)
                    self.initial["form_token"] = form_token(request.user, obj, base=draft.base)

        return ArticleFormOfEditor

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"updated_at": timezone.now(), **super().get_changeform_initial_data(request)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        article = self.get_object(request, object_id) if object_id else None
        draft = autosave.offered(request.user, article) if request.user.is_authenticated else None
        may_write = (
            self.has_change_permission(request, article)
            if article
            else self.has_add_permission(request)
        )
        context: dict[str, Any] = {
            "draft": draft,
            "is_draft_shown": "draft" in request.GET,
            "may_write": may_write,
        }
        if draft and "draft" not in request.GET and request.method == "GET":
            context["draft_differences"] = autosave.differences(draft)
        if article:
            context |= {
                **of_article(article),
                "is_due": article.is_published and review.is_due(article),
                "others": Autosave.objects.filter(article=article)
                .exclude(author=request.user.pk)
                .select_related("author"),
                "may_sign_off": request.user.has_perm("articles.review_article"),
                "may_share": self._may_share(request, article),
                "seen": words_hash(article),
                "may_withdraw": workflow.may_withdraw(article, request.user),
            }
        return super().changeform_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        conflicting_version = getattr(form, "conflicting_version", None)
        if conflicting_version:
            typed = {name: form[name].value() for name in form.fields if name != "form_token"}
            context["conflict"] = autosave.differing(conflicting_version, typed)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool
    ) -> None:
        is_withdrawn_now = obj.state == Article.State.WITHDRAWN and "state" in form.changed_data
        if is_withdrawn_now and "updated_at" not in form.changed_data:
            obj.updated_at = timezone.now()  # the day its address says it was withdrawn
        super().save_model(request, obj, form, change)
        autosave.forget(request.user, obj if change else None)

    def autosave(self, request: HttpRequest) -> HttpResponse:
        """Autosave what is being typed, every half minute and when the page is left
        (static/admin/autosave.js).
        """
        draft = autosave.keep_posted(request.POST)
        if draft is None:
            raise PermissionDenied
        return JsonResponse({"kept": draft.saved_at.isoformat()})

    def forget(self, request: HttpRequest) -> HttpResponse:
        """Throw away what was typed and not saved."""
        pk = request.POST.get("article", "")
        article = Article.objects.filter(pk=pk).first() if pk.isdecimal() else None
        autosave.forget(request.user, article)
        messages.success(request, "Thrown away. The text is as it was last saved.")
        return (
            redirect("admin:articles_article_change", article.pk)
            if article
            else redirect("admin:articles_article_add")
        )

    # -- showing and signing

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the posted form as its page, by the reader's template; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        response = render(
            request,
            "articles/article.html",
            article_context(autosave.unsaved(request.POST)) | {"preview": True},
        )
        response.headers["Content-Security-Policy"] = (
            page_policy(response.content, frame="'self'") + "; sandbox allow-same-origin"
        )
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

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

    def sign_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Enter that a second person has gone through the text as it stands."""
        article = self._text(request, pk)
        if not request.user.has_perm("articles.review_article"):
            raise PermissionDenied
        if request.POST.get("seen") != words_hash(article):
            messages.error(
                request, "Its words have changed since you opened this page. Read them once more."
            )
        elif review.last_writer(article) == request.user.pk:
            messages.error(
                request, "You made the last change yourself. A check is a second person’s."
            )
        else:
            by = str(request.user.reviewer) if hasattr(request.user, "reviewer") else ""
            review.sign_off(article, by)
            self.log_change(request, article, "Signed off the text as it stands.")
            messages.success(request, "Signed off. The page says so until its words change.")
        return redirect("admin:articles_article_change", pk)

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
