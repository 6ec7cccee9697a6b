"""What stands beside the articles: pages, responses, topics, sources, offers, helplines."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from articles.admin.history import HistoryMixin
from articles.admin.uses import UsesMixin
from articles.editing import checks
from articles.editing.article_form import LinesField
from articles.models import CrisisWord, Helpline, Offer, Page, Response, Source, Synonym, Topic
from prose import helpline_needs as needs
from trustsite.desk.publishing import PublishGuard, may_change

LOOK_UP_REFUSED = (
    "Readers see when a line was looked up, so somebody who may publish or review enters it."
    " Nothing has changed."
)


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


@admin.register(Page)
class PageAdmin(UsesMixin, HistoryMixin, PublishGuard):
    list_display = ("title", "slug", "updated_at", "checked_on")


class ResponseForm(forms.ModelForm):
    """A response's fields."""

    related = LinesField(
        required=False, label="Related articles", help_text="Slugs, one a line, the closest first."
    )

    class Meta:
        model = Response
        fields = "__all__"


@admin.register(Response)
class ResponseAdmin(UsesMixin, HistoryMixin, PublishGuard):
    form = ResponseForm
    restored = (
        *HistoryMixin.restored,
        "belief",
        "tagline",
        "at_a_glance",
        "reassurance",
        "related",
    )
    also_compared = ("key", "position")
    list_display = ("title", "key", "words")


@admin.register(Topic)
class TopicAdmin(UsesMixin, PublishGuard):
    list_display = ("title", "slug", "position")


@admin.register(Source)
class SourceAdmin(UsesMixin, PublishGuard):
    list_display = ("key", "authors", "year", "title", "checked")
    list_filter = ("checked",)
    search_fields = ("key", "authors", "title")


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
class OfferAdmin(UsesMixin, PublishGuard):
    form = OfferForm
    list_display = (
        "key",
        "partner",
        "allowed_host",
        "valid_until",
        "checked_on",
        "is_shown",
        "why_hidden",
    )
    list_filter = (ShownFilter,)

    @admin.display(boolean=True, description="shown")
    def is_shown(self, offer: Offer) -> bool:
        """Whether readers see it: still valid, checked within 180 days, no placeholder."""
        return not offer.why_hidden

    @admin.display(description="why not")
    def why_hidden(self, offer: Offer) -> str:
        """Why readers don't see it."""
        return offer.why_hidden


@admin.register(Helpline)
class HelplineAdmin(UsesMixin, PublishGuard):
    """Helplines. Who looked one up, and when, is in its history."""

    form = HelplineForm
    list_display = (
        "name",
        "country_name",
        "region",
        "what_for",
        "phone",
        "sms",
        "checked_on",
        "doubt",
    )
    list_filter = (DoubtFilter, "country_name", NeedFilter)
    search_fields = ("name", "phone", "sms")
    actions = ("look_up",)

    @admin.display(description="needs")
    def what_for(self, helpline: Helpline) -> str:
        """What people call it for."""
        return ", ".join(helpline.needs)

    @admin.display(description="in doubt because")
    def doubt(self, helpline: Helpline) -> str:
        """What keeps its numbers from being sure."""
        return helpline.doubt

    @admin.action(permissions=["change"], description="I looked these up today")
    def look_up(self, request: HttpRequest, queryset: QuerySet[Helpline]) -> None:
        """Enter today as the day a person looked these up on their own pages."""
        if not all(may_change(request.user, one, Helpline.CHECK_FIELDS) for one in queryset):
            self.message_user(request, LOOK_UP_REFUSED, messages.ERROR)
            return
        for helpline in queryset:
            helpline.checked_on = timezone.localdate()
            helpline.save()
            self.log_change(request, helpline, f"Looked up: {helpline.numbers}.")
        self.message_user(request, f"Today is entered for {len(queryset)} of them.")

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
