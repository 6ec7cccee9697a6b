"""The subscribers' admin: people found by address, with their consent; imported and exported.

An address is typed into a form and never stands in an address bar, a log or the history.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST

from newsletter import consent, hashing
from newsletter.admin import subscriber_files
from newsletter.admin.keyset import KeysetChangeList
from newsletter.admin.read_only import ReadOnlyAdmin
from newsletter.bounces import bounces
from newsletter.models import Subscriber, Suppression
from newsletter.subscribing import data_export, signup
from newsletter.subscribing.forms import AddressForm


class WordingFilter(admin.SimpleListFilter):
    """By the words that were agreed to, without reading everybody's."""

    title, parameter_name = "wording agreed to", "wording"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((version, version) for version in consent.AGREED), ("-", "None of ours")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(wording="" if self.value() == "-" else self.value())


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    """People on the list."""

    list_display = (
        "__str__",
        "address",
        "state",
        "wants_letters",
        "wording",
        "asked_at",
        "confirmed_at",
        "guide_sent_at",
        "returned_at",
    )
    actions = ("write_again",)
    list_filter = ("state", "wants_letters", WordingFilter, ("basis", admin.EmptyFieldListFilter))
    sortable_by = ()
    fields = ("address", "state", "data_held", "mails")
    change_list_template = "admin/newsletter/subscriber/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        prefix = "newsletter_subscriber"
        return [
            path("find/", view(require_POST(self.find)), name=f"{prefix}_find"),
            path("import/", view(subscriber_files.import_file), name=f"{prefix}_import"),
            path("import/<int:pk>/", view(subscriber_files.import_job), name=f"{prefix}_job"),
            path(
                "import/<int:pk>/problems.csv",
                view(subscriber_files.import_problems),
                name=f"{prefix}_problems",
            ),
            path("export/", view(self.export), name=f"{prefix}_export"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "data_held", "mails"]

    # -- one person --

    def find(self, request: HttpRequest) -> HttpResponse:
        """Open the page of who has the posted address.

        Or say that nobody has, and whether it may be written to.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AddressForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors.get("address", []))))
            return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))
        fingerprint = hashing.fingerprint(form.cleaned_data["address"])
        person = Subscriber.objects.filter(fingerprint=fingerprint).first()
        if person:
            url = reverse("admin:newsletter_subscriber_change", args=[person.pk])
            return HttpResponseRedirect(url)
        message = "Nobody on the list has that address."
        suppressed = Suppression.objects.filter(fingerprint=fingerprint).first()
        if suppressed:
            reason, since = suppressed.get_reason_display(), f"{suppressed.since:%-d %B %Y}"
            message += f" It is not to be written to: {reason}, {since}."
        messages.info(request, message)
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))

    @admin.display(description="what we hold")
    def data_held(self, person: Subscriber) -> str:
        """All that is held about a person, in the words they see themselves."""
        rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", data_export.rows(person))
        return format_html("<dl>{}</dl>", rows)

    @admin.display(description="mails")
    def mails(self, person: Subscriber) -> str:
        """The way to the mails to this person."""
        where = reverse("admin:newsletter_delivery_changelist")
        return format_html(
            '<a href="{}?subscriber__id__exact={}">How their mails fared</a>', where, person.pk
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes with a person: their mails, which nobody may delete alone."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        """Erase a person who asked for it; nobody writes to them again."""
        signup.leave(obj.fingerprint, Suppression.Reason.ERASED)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Erase several."""
        for subscriber in queryset:
            self.delete_model(request, subscriber)

    @admin.action(description="Write to them again", permissions=["change"])
    def write_again(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """End the rest of addresses whose mail came back.

        Nothing goes out by it: the next issue tries them.
        """
        rested = list(queryset.filter(state=Subscriber.State.RETURNED))
        number = bounces.end_rest(queryset)
        for person in rested:
            self.log_change(request, person, "Written to again after returned mail.")
        plural = "" if number == 1 else "es"
        messages.success(
            request, f"{number} address{plural} written to again, from the next letter on."
        )

    # -- files --

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Take out the list as it was filtered."""
        if not subscriber_files.may_export(request):
            raise PermissionDenied
        try:
            subscribers = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:  # a filter that isn't: the list says so
            return redirect("admin:newsletter_subscriber_changelist")
        return subscriber_files.export_list(request, subscribers)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the ways to bring in and take out files for who may."""
        context = {
            "has_import_permission": subscriber_files.may_import(request),
            "has_export_permission": subscriber_files.may_export(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)
