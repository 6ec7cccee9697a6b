"""The admin of e-mails' words: an editor's own in place of the shipped ones, with checks and history."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from simple_history.admin import SimpleHistoryAdmin

from newsletter.emails import samples, words
from newsletter.emails.preview import Finding, preview_response
from newsletter.emails.words import EDITABLE
from newsletter.issues import email_words
from newsletter.models import Delivery, EmailWords
from trustsite.desk.writing.admin import WritingMixin


class WordsForm(forms.ModelForm):
    """A mail's words. What can't be sent isn't kept."""

    class Meta:
        model = EmailWords
        fields = ("kind", "subject", "body", "day", "is_sent")
        widgets = {
            "kind": forms.HiddenInput(),
            "subject": forms.TextInput(attrs={"class": "vTextField", "size": 60}),
            "body": forms.Textarea(
                attrs={"rows": 24, "class": "vLargeTextField", "spellcheck": "true"}
            ),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse what can't stand in this mail, each thing at its field."""
        values = self.cleaned_data
        if values.get("kind") not in {kind.value for kind in EDITABLE}:
            raise forms.ValidationError("The words of this mail can’t be changed.")
        is_note = values["kind"] in email_words.NOTES
        own = EmailWords(
            kind=values["kind"],
            subject=values.get("subject", ""),
            body=values.get("body", ""),
            day=values.get("day") if is_note else None,
        )
        values |= {"day": own.day, "is_sent": values.get("is_sent", True) or not is_note}
        for name, found in email_words.problems(own).items():
            if name not in self.errors:
                self.add_error(name, found)
        return values


@admin.register(EmailWords)
class EmailWordsAdmin(WritingMixin, SimpleHistoryAdmin):
    """One mail's words at a time; deleting them brings the shipped ones back."""

    form = WordsForm
    list_display = ("kind", "subject", "day", "is_sent", "changed_at")
    actions = None
    history_list_display = ["subject"]
    change_form_template = "admin/newsletter/emailwords/change_form.html"

    class Media:
        css = {"all": ["admin/newsletter.css"]}
        js = [
            forms.Script(f"admin/{name}.js", type="module")
            for name in ("toolbar", "insert", "slash", "paste", "issue_preview")
        ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        preview = view(require_POST(self.preview))
        return [
            path("preview/", preview, name="newsletter_emailwords_preview"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the shipped words."""
        kind = _kind(request.GET.get("kind", "")) or Delivery.Kind.CONFIRM
        subject, body = words.shipped(kind)
        day = email_words.shipped_day(kind)
        return {"kind": kind.value, "subject": subject, "body": body, "day": day, "is_sent": True}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Open what there is already for this mail; without a mail, lead to the list of them."""
        kind = _kind(request.GET.get("kind", "")) or Delivery.Kind.CONFIRM
        own = words.own(kind.value)
        if own:
            where = reverse("admin:newsletter_emailwords_change", args=[own.pk])
            return HttpResponseRedirect(where)
        return super().add_view(request, form_url, _context(kind, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say which placeholders the mail has."""
        own = EmailWords.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        context = _context(Delivery.Kind(own.kind) if own else None, extra_context)
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: EmailWords, form: Any, change: bool) -> None:
        email_words.save(obj)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show the posted words as the mail they would be; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        kind = _kind(request.POST.get("kind", ""))
        if kind is None:
            raise Http404
        subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
        day = request.POST.get("day", "")
        own = EmailWords(kind=kind.value, subject=subject, body=body)
        own.day = int(day) if day.isdecimal() and len(day) < 4 else None
        found = email_words.problems(own)
        findings = [
            Finding(name, message) for name, messages in found.items() for message in messages
        ]
        with words.trying(words.finish(own)):
            return preview_response(request, samples.render(kind), findings)


def _context(kind: Delivery.Kind | None, context: dict[str, Any] | None) -> dict[str, Any]:
    places = EDITABLE[kind].placeholders if kind else {}
    named = [f"{{{name}}}" for name in places]
    return {"mail": kind, "placeholders": named, "is_note": kind in email_words.NOTES} | (
        context or {}
    )


def _kind(name: str) -> Delivery.Kind | None:
    return next((kind for kind in EDITABLE if kind.value == name), None)
