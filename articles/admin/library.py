"""What stands beside the articles: pages, responses, topics, sources, offers, helplines."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from articles.admin.checks import FaultsMixin
from articles.admin.history import HistoryMixin
from articles.admin.looking_up import LookUpAdmin
from articles.admin.review import SIGNED, ReviewMixin
from articles.admin.text_page import TextPageMixin
from articles.admin.uses import UsesMixin
from articles.editing import checks
from articles.editing.article_form import TEXT_WIDGETS, LinesField
from articles.models import (
    CrisisWord,
    Helpline,
    Offer,
    Page,
    Response,
    Snippet,
    Source,
    Synonym,
    Topic,
)
from articles.reading.views import response_context
from prose import helpline_needs as needs
from trustsite.desk.publishing import PublishGuard


class ShownFilter(admin.SimpleListFilter):
    """Offers by whether readers see them."""

    title, parameter_name = "shown", "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Shown"), ("soon", "Shown for less than 30 days more"), ("no", "Not shown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        offers = Offer.objects
        rows = {"yes": offers.current, "soon": offers.expiring, "no": offers.hidden}.get(
            self.value() or ""
        )
        return queryset.filter(pk__in=rows().values("pk")) if rows else queryset


class DoubtFilter(admin.SimpleListFilter):
    """Helplines whose numbers aren't sure."""

    title, parameter_name = "in doubt", "doubt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "To look up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Helpline]) -> QuerySet[Helpline]:
        return (
            queryset.filter(pk__in=Helpline.objects.doubtful().values("pk"))
            if self.value()
            else queryset
        )


class NeedFilter(admin.SimpleListFilter):
    """Helplines by what people call them for."""

    title, parameter_name = "need", "need"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(need, need) for need in needs.NEEDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Helpline]) -> QuerySet[Helpline]:
        wanted = self.value()
        if not wanted:
            return queryset
        # SQLite looks into no JSON list; there are fewer than a hundred lines
        return queryset.filter(pk__in=[line.pk for line in queryset if wanted in line.needs])


class HelplineForm(forms.ModelForm):
    """A helpline's fields."""

    needs = LinesField(
        help_text=f"One a line, what it is most for first: {', '.join(needs.NEEDS)}."
    )

    class Meta:
        model = Helpline
        fields = "__all__"


class PageForm(forms.ModelForm):
    """A page's fields."""

    class Meta:
        model = Page
        fields = "__all__"
        widgets = TEXT_WIDGETS


@admin.register(Page)
class PageAdmin(UsesMixin, FaultsMixin, ReviewMixin, PublishGuard, TextPageMixin):
    form = PageForm
    preview_template = "articles/page.html"
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "body"]}),
        ("Publishing", {"fields": ["slug", "links", "updated_at", "used_in", *SIGNED]}),
        ("Around the text", {"fields": ["description"]}),
    ]
    list_display = (
        "title",
        "slug",
        "last_change",
        "next_check",
        "to_look_at",
        "words",
        "uses_count",
    )
    also_compared = ("slug", "updated_at", *SIGNED)

    def preview_context(self, text: Any) -> dict[str, Any]:
        return {"page": text}


class ResponseForm(forms.ModelForm):
    """A response's fields."""

    related = LinesField(
        required=False, label="Related articles", help_text="Slugs, one a line, the closest first."
    )

    class Meta:
        model = Response
        fields = "__all__"
        widgets = TEXT_WIDGETS


@admin.register(Response)
class ResponseAdmin(UsesMixin, FaultsMixin, HistoryMixin, PublishGuard, TextPageMixin):
    form = ResponseForm
    preview_template = "articles/response.html"
    fieldsets = [
        (None, {"fields": ["title", "standfirst", "body"]}),
        ("In a few words", {"fields": ["belief", "tagline", "at_a_glance", "reassurance"]}),
        ("Around the text", {"fields": ["description", "related"]}),
        ("Publishing", {"fields": ["key", "links", "position", "updated_at", "used_in"]}),
    ]
    restored = (
        *HistoryMixin.restored,
        "belief",
        "tagline",
        "at_a_glance",
        "reassurance",
        "related",
    )
    also_compared = ("key", "position", "updated_at")
    list_display = ("title", "key", "last_change", "to_look_at", "words", "uses_count")

    def preview_context(self, text: Any) -> dict[str, Any]:
        return response_context(text)


@admin.register(Topic)
class TopicAdmin(UsesMixin, PublishGuard):
    list_display = ("title", "slug", "position", "uses_count")


@admin.register(Source)
class SourceAdmin(UsesMixin, LookUpAdmin):
    """Sources. Each is opened by a person, one by one."""

    list_display = ("key", "authors", "year", "title", "checked", "uses_count", "to_look_up")
    list_filter = ("checked",)
    search_fields = ("key", "authors", "title")
    compared = ("authors", "year", "title", "published_in", "url")

    def enter(self, row: Source) -> None:
        row.checked = True

    def take_back(self, row: Source) -> None:
        row.checked = False

    def unsure(self) -> QuerySet[Source]:
        return Source.objects.filter(checked=False)


class OfferForm(forms.ModelForm):
    """An offer, with what the site's texts say of its host."""

    def clean(self) -> dict[str, Any]:
        """Refuse a partner that a text links to without a label."""
        data = super().clean() or self.cleaned_data
        for name, message in checks.offer_errors(Offer(**_only(data, "allowed_host"))).items():
            self.add_error(name, message)
        return data


def _only(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {name: data[name]} if name in data else {}


@admin.register(Offer)
class OfferAdmin(UsesMixin, LookUpAdmin):
    """Offers. Each is compared with the partner’s own page, one by one."""

    form = OfferForm
    compared = ("partner", "text", "button", "price_model", "url", "allowed_host")
    list_display = (
        "key",
        "partner",
        "allowed_host",
        "valid_until",
        "checked_on",
        "is_shown",
        "why_hidden",
        "uses_count",
        "to_look_up",
    )
    list_filter = (ShownFilter,)

    def enter(self, row: Offer) -> None:
        row.checked_on = timezone.localdate()

    def take_back(self, row: Offer) -> None:
        row.checked_on = None

    def unsure(self) -> QuerySet[Offer]:
        return Offer.objects.unsure()

    @admin.display(boolean=True, description="shown")
    def is_shown(self, offer: Offer) -> bool:
        """Whether readers see it: still valid, checked within 180 days, no placeholder."""
        return not offer.why_hidden

    @admin.display(description="why not")
    def why_hidden(self, offer: Offer) -> str:
        """Why readers don't see it."""
        return offer.why_hidden


@admin.register(Helpline)
class HelplineAdmin(UsesMixin, LookUpAdmin):
    """Helplines. Who looked one up, and when, is in its history."""

    form = HelplineForm
    compared = ("phone", "extra", "sms", "sms_keyword", "hours", "chat", "url")
    list_display = (
        "name",
        "country_name",
        "region",
        "what_for",
        "phone",
        "sms",
        "checked_on",
        "doubt",
        "uses_count",
        "to_look_up",
    )
    list_filter = (DoubtFilter, "country_name", NeedFilter)
    search_fields = ("name", "phone", "sms")

    def enter(self, row: Helpline) -> None:
        row.checked_on = timezone.localdate()

    def take_back(self, row: Helpline) -> None:
        row.checked_on = None

    def unsure(self) -> QuerySet[Helpline]:
        return Helpline.objects.doubtful().exclude(url="")

    def summary(self, row: Helpline) -> str:
        return row.numbers

    @admin.display(description="needs")
    def what_for(self, helpline: Helpline) -> str:
        """What people call it for."""
        return ", ".join(helpline.needs)

    @admin.display(description="in doubt because")
    def doubt(self, helpline: Helpline) -> str:
        """What keeps its numbers from being sure."""
        return helpline.doubt

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        doubtful = Helpline.objects.doubtful().count()
        subtitle = (
            f"{doubtful} to look up on their own pages"
            if doubtful
            else "All looked up within 180 days"
        )
        return super().changelist_view(request, {"subtitle": subtitle, **(extra_context or {})})


@admin.register(CrisisWord)
class CrisisWordAdmin(UsesMixin, PublishGuard):
    """Crisis words. Those that ship with the site stay as they are; more can be added."""

    list_display = ("phrase", "kind", "ships")
    list_filter = ("kind",)
    search_fields = ("phrase",)
    fields = ("phrase", "kind")

    def has_change_permission(self, request: HttpRequest, obj: CrisisWord | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_shipped)

    def has_delete_permission(self, request: HttpRequest, obj: CrisisWord | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_shipped)

    @admin.display(boolean=True, description="ships with the site")
    def ships(self, word: CrisisWord) -> bool:
        """Whether it ships with the site, and so can't be changed or deleted here."""
        return word.is_shipped


@admin.register(Synonym)
class SynonymAdmin(UsesMixin, PublishGuard):
    """Synonyms: what people type for things that our texts call by other names."""

    list_display = ("phrase", "means")
    search_fields = ("phrase", "means")
    fields = ("phrase", "means")


@admin.register(Snippet)
class SnippetAdmin(UsesMixin, FaultsMixin, PublishGuard):
    """Snippets. The form says in which texts one stands, and so what a change of it changes."""

    list_display = ("title", "key", "to_look_at", "uses_count")
    search_fields = ("title", "key", "body")
    fields = ("title", "key", "links", "body", "directive", "used_in")
    readonly_fields = ("directive",)

    def save_model(self, request: HttpRequest, obj: Snippet, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "body" in form.changed_data:
            number = len(obj.used_in())
            words = ngettext("It changed %d text.", "It changed %d texts.", number) % number
            messages.info(request, words)

    @admin.display(description="to use it")
    def directive(self, snippet: Snippet) -> str:
        """The line that puts it into a text."""
        return f":::snippet {snippet.key or 'key'} on a line of its own"
