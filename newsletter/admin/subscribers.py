"""The list manager's view of people: found by address, with their consent; brought in and taken out as files.

An address is typed into a form and never stands in an address bar, a log or the history.
"""

import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST
from import_export.admin import ExportMixin, ImportMixin
from import_export.formats.base_formats import CSV, JSON
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm

from newsletter import hashing
from newsletter.admin import subscriber_export, subscriber_import
from newsletter.admin.deliveries import ReadOnly, note
from newsletter.models import Subscriber, Suppression
from newsletter.outbox import bounces
from newsletter.subscribing import data_export as held
from newsletter.subscribing import signup
from newsletter.subscribing.forms import AddressForm

logger = logging.getLogger(__name__)
COLUMNS = ("basis", "address_column", "day_column")


class FileForm(ImportForm):  # type: ignore[misc]
    """A file with people, and on what basis we may write to them."""

    basis = forms.CharField(
        label="What they agreed to, where and when",
        max_length=200,
        help_text="It stands at the foot of every mail to them: “because you asked for it elsewhere: …”. "
        "For example: on paper, at our stall in Leeds, in May 2026.",
        error_messages={"required": "Without it there is no leave to write to anybody."},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    address_column = forms.CharField(
        label="Column with the address",
        initial="address",
        max_length=80,
        help_text="As the first line names it.",
    )
    day_column = forms.CharField(
        label="Column with the day they agreed",
        required=False,
        max_length=80,
        help_text="Leave it empty for today.",
    )

    def __init__(self, formats: Any, resources: Any, **options: Any) -> None:
        super().__init__(formats, resources, **options)
        self.fields["import_file"].label = "File"
        self.fields["import_file"].widget.attrs["accept"] = ".csv,text/csv"
        self.fields[
            "import_file"
        ].help_text = "CSV, in UTF-8, one person a line; its first line names the columns."
        self.fields["format"].widget = forms.HiddenInput()
        self.initial["format"] = "0"

    @property
    def media(self) -> forms.Media:
        """No script of theirs: there is one format."""
        return forms.Media()

    def clean_basis(self) -> str:
        """Return it as the end of a sentence, to which the foot adds the stop."""
        return str(self.cleaned_data["basis"]).rstrip(". ")

    def clean_import_file(self) -> Any:
        """Refuse a file that can't be read as text, or doesn't fit into the page that asks for confirmation."""
        file = self.cleaned_data["import_file"]
        try:
            subscriber_import.pack(file.read())
        except UnicodeDecodeError:
            raise ValidationError(
                "This file isn’t text in UTF-8. Save it as “CSV UTF-8” and try again."
            ) from None
        except subscriber_import.TooLong:
            raise ValidationError(
                "This file is too long to take in at once. Split it: 5,000 lines each fit."
            ) from None
        file.seek(0)
        return file


class ConfirmForm(ConfirmImportForm):  # type: ignore[misc]
    """The file itself, packed into the page, and what was said about it."""

    basis = forms.CharField(max_length=200, widget=forms.HiddenInput)
    address_column = forms.CharField(max_length=80, widget=forms.HiddenInput)
    day_column = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def clean_import_file_name(self) -> str:
        """Take back what we gave out, and nothing else."""
        packed = str(self.cleaned_data["import_file_name"])
        try:
            subscriber_import.unpack(packed)
        except signing.BadSignature:
            raise ValidationError(
                "This page had been open for too long. Choose the file once more."
            ) from None
        return packed


@admin.register(Subscriber)
class SubscriberAdmin(ImportMixin, ExportMixin, ReadOnly):  # type: ignore[misc]
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
    list_filter = ("state", "wants_letters", "wording", ("basis", admin.EmptyFieldListFilter))
    ordering = ("-asked_at",)
    fields = ("address", "state", "held", "mails")
    import_export_change_list_template = "admin/newsletter/subscriber/change_list.html"
    import_template_name = "admin/newsletter/subscriber/import.html"
    export_template_name = "admin/newsletter/subscriber/export.html"
    import_form_class, confirm_form_class = FileForm, ConfirmForm
    export_form_class = ExportForm  # type: ignore[assignment]
    import_formats, export_formats = (CSV,), (CSV, JSON)
    tmp_storage_class = subscriber_import.InThePage  # type: ignore[assignment]
    # One line says what was done; import-export's would be one a person.
    skip_admin_log = True  # type: ignore[assignment]

    def get_urls(self) -> list[URLPattern]:
        find = path(
            "find/",
            self.admin_site.admin_view(require_POST(self.find)),
            name="newsletter_subscriber_find",
        )
        return [find, *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "held", "mails"]

    # -- one person --

    def find(self, request: HttpRequest) -> HttpResponse:
        """Open the page of who has the posted address; or say that nobody has, and whether it may be written to."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AddressForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors.get("address", []))))
            return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))
        fingerprint = hashing.fingerprint(form.cleaned_data["address"])
        if found := Subscriber.objects.filter(fingerprint=fingerprint).first():
            return HttpResponseRedirect(
                reverse("admin:newsletter_subscriber_change", args=[found.pk])
            )
        refused = Suppression.objects.filter(fingerprint=fingerprint).first()
        why = (
            f" It is not to be written to: {refused.get_reason_display()}, {refused.since:%-d %B %Y}."
            if refused
            else ""
        )
        messages.info(request, f"Nobody on the list has that address.{why}")
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))

    @admin.display(description="what we hold")
    def held(self, person: Subscriber) -> str:
        """All that is held about a person, in the words they see themselves."""
        return format_html(
            "<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", held.rows(person))
        )

    @admin.display(description="mails")
    def mails(self, person: Subscriber) -> str:
        """The way to the mails to this person."""
        where = reverse("admin:newsletter_delivery_changelist")
        return format_html(
            '<a href="{}?subscriber__id__exact={}">How their mails fared</a>', where, person.pk
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes with a person: their mails, which nobody may delete alone."""
        found, counts, _, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        """Erase a person who asked for it; nobody writes to them again."""
        signup.leave(obj.fingerprint, Suppression.Reason.ERASED)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Erase several."""
        for subscriber in queryset:
            self.delete_model(request, subscriber)

    @admin.action(description="Write to them again", permissions=["change"])
    def write_again(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """End the rest of addresses whose mail came back. Nothing goes out by it: the next letter tries them."""
        rested = list(queryset.filter(state=Subscriber.State.RETURNED))
        number = bounces.end_rest(queryset)
        for person in rested:
            self.log_change(request, person, "Written to again after returned mail.")
        plural = "" if number == 1 else "es"
        messages.success(
            request, f"{number} address{plural} written to again, from the next letter on."
        )

    # -- files --

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may bring people in."""
        return request.user.has_perm("newsletter.add_subscriber")  # type: ignore[union-attr]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may take the whole list out: to look at one person takes less."""
        return request.user.has_perm("newsletter.change_subscriber")  # type: ignore[union-attr]

    def get_import_resource_classes(self, request: HttpRequest) -> list[type]:
        return [subscriber_import.PeopleToAdd]

    def get_export_resource_classes(self, request: HttpRequest) -> list[type]:
        return [subscriber_export.ThePeople]

    def get_import_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        form = options.get("form")
        said = getattr(form, "cleaned_data", {})
        return {name: said[name] for name in COLUMNS if name in said}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        said = import_form.cleaned_data if import_form else {}
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        return initial | {name: said.get(name) for name in COLUMNS}

    def process_dataset(self, dataset: Any, form: Any, request: HttpRequest, **options: Any) -> Any:
        """Bring them in, all or none."""
        resource = subscriber_import.PeopleToAdd(
            **self.get_import_resource_kwargs(request, form=form)
        )
        return resource.import_data(
            dataset,
            dry_run=False,
            use_transactions=True,
            rollback_on_validation_errors=True,
            user=request.user,
        )

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Say what became of the file, and write it into the history: numbers and the basis, no address."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(
                request,
                "The list has changed in between, so nothing was taken in. Choose the file once more.",
            )
            return HttpResponseRedirect(reverse("admin:newsletter_subscriber_import"))
        added = result.totals["new"]
        left_out = "".join(
            f" {number} left out: {reason}." for reason, number in result.left_out.items()
        )
        self._note(
            request,
            ADDITION,
            f"{added} brought in, {sum(result.left_out.values())} left out: {result.basis}.",
        )
        messages.success(request, f"{added} brought in. Nothing was mailed to them.{left_out}")
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: Any, **options: Any
    ) -> Any:
        """Return the file, and note who took out how many."""
        data = super().get_export_data(file_format, request, queryset, **options)
        self._note(
            request, CHANGE, f"{queryset.count()} taken out as {file_format.get_title().upper()}."
        )
        return data

    def _note(self, request: HttpRequest, flag: int, words: str) -> None:
        note(request, Subscriber, "The list", flag, words)
        logger.info("The list, by user %d: %s", request.user.pk, words)
