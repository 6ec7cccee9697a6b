"""The editors' side of the articles."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from articles import picture_admin  # noqa: F401  registers the pictures
from articles.models import Article, Helpline, Offer, Page, Response, Source, Topic
from articles.views import article_context
from trustsite.headers import page_policy

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "The editors' desk"


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class ArticleForm(forms.ModelForm):
    takeaways = LinesField(required=False, help_text="Three to five short sentences, one a line.")
    related = LinesField(required=False, label="Related articles", help_text="Slugs, one a line, the closest first.")

    class Meta:
        model = Article
        fields = "__all__"
        widgets = {"body": forms.Textarea(attrs={"rows": 32, "class": "vLargeTextField", "spellcheck": "true"})}
        help_texts = {
            "body": "Markdown. Directives: :::offer key, :::picture key, :::quiz, :::guide, :::note, :::exercise, :::quote."
        }


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """Articles: written in markdown, previewed by the page's own template, published by their state."""

    form = ArticleForm
    list_display = ("title", "topic", "state", "publish_at", "checked_on", "words")
    list_filter = ("state", "topic", "response", "evidence")
    search_fields = ("title", "dek", "body")
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ("past_addresses",)
    fieldsets = [
        (None, {"fields": ["title", "slug", "dek", "body"]}),
        (
            "Publishing",
            {"fields": ["state", "publish_at", "withdrawn_note", "updated_at", "checked_on", "past_addresses"]},
        ),
        ("Around the text", {"fields": ["topic", "response", "description", "takeaways", "content_note", "related"]}),
        ("Evidence", {"fields": ["evidence", "evidence_note"]}),
        ("What the page may hold", {"fields": ["affiliate", "sign_up", "safety"]}),
    ]

    class Media:
        css = {"all": ["admin/desk.css"]}
        js = [forms.Script("admin/preview.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "preview/", self.admin_site.admin_view(require_POST(self.preview)), name="articles_article_preview"
        )
        return [preview, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"updated_at": timezone.now(), **super().get_changeform_initial_data(request)}

    @admin.display(description="old addresses")
    def past_addresses(self, article: Article) -> str:
        """The addresses that lead here because the article once stood there."""
        slugs = article.old_addresses.values_list("slug", flat=True) if article.pk else []
        return ", ".join(reverse("articles:article", args=[slug]) for slug in slugs) or "None."

    def save_model(self, request: HttpRequest, obj: Article, form: forms.ModelForm, change: bool) -> None:
        is_withdrawn_now = obj.state == Article.State.WITHDRAWN and "state" in form.changed_data
        if is_withdrawn_now and "updated_at" not in form.changed_data:
            obj.updated_at = timezone.now()  # the day its address says it was withdrawn
        super().save_model(request, obj, form, change)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the posted form as its page, by the reader's template; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        response = render(request, "articles/article.html", article_context(_unsaved(request)) | {"preview": True})
        response.headers["Content-Security-Policy"] = page_policy(frame="'self'") + "; sandbox allow-same-origin"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _unsaved(request: HttpRequest) -> Article:
    """Make an article of the posted form as far as it is valid."""
    form = ArticleForm(request.POST)
    form.full_clean()
    article: Article = form.instance
    for name, value in form.cleaned_data.items():
        setattr(article, name, value)
    article.body = request.POST.get("body", "")
    if article.topic_id is None:
        article.topic = Topic.objects.first() or Topic(slug="topic", title="Topic")
    article.slug = article.slug or "preview"
    article.render()
    return article


@admin.register(Page)
class PageAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "updated_at", "checked_on")


@admin.register(Response)
class ResponseAdmin(admin.ModelAdmin):
    list_display = ("title", "key", "words")


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "position")


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ("key", "authors", "year", "title", "checked")
    list_filter = ("checked",)
    search_fields = ("key", "authors", "title")


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):
    list_display = ("key", "partner", "allowed_host", "valid_until", "checked_on", "is_shown", "why_hidden")

    @admin.display(boolean=True, description="shown")
    def is_shown(self, offer: Offer) -> bool:
        """Whether readers see it: still valid, checked within 180 days, no placeholder."""
        return not offer.why_hidden

    @admin.display(description="why not")
    def why_hidden(self, offer: Offer) -> str:
        """Why readers don't see it."""
        return offer.why_hidden


@admin.register(Helpline)
class HelplineAdmin(admin.ModelAdmin):
    """Helplines. Who looked one up, and when, is in its history."""

    list_display = ("name", "country_name", "kind", "phone", "sms", "checked_on", "doubt")
    list_filter = ("country_name", "kind")
    search_fields = ("name", "phone", "sms")
    actions = ("look_up",)

    @admin.display(description="in doubt because")
    def doubt(self, helpline: Helpline) -> str:
        """What keeps its numbers from being sure."""
        return helpline.doubt

    @admin.action(permissions=["change"], description="I looked these up today")
    def look_up(self, request: HttpRequest, queryset: QuerySet[Helpline]) -> None:
        """Enter today as the day a person looked these up on their own pages."""
        for helpline in queryset:
            helpline.checked_on = timezone.localdate()
            helpline.save()
            self.log_change(request, helpline, f"Looked up: {helpline.numbers}.")
        self.message_user(request, f"Today is entered for {len(queryset)} of them.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        doubtful = sum(bool(helpline.doubt) for helpline in Helpline.objects.all())
        subtitle = f"{doubtful} to look up on their own pages" if doubtful else "All looked up within 180 days"
        return super().changelist_view(request, {"subtitle": subtitle, **(extra_context or {})})
